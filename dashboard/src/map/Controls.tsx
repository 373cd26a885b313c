/** How the map is looked at: boxes, labels, what is found and hidden; and how much of it is not mutual TLS. */
import { type ReactNode, useEffect, useState } from 'react';
import { Badge } from '../kit/parts.tsx';
import { useSetSearch } from '../shell/time.ts';
import { exportPng } from './export.ts';
import { help } from './expression.ts';
import type { Picture } from './paint/picture.ts';
import type { Shown } from './read.ts';
import { isPlain, titleOf } from './scene.ts';
import { boxings, edgeLabels, type MapSearch, nodeViews } from './search.ts';
import { listed } from './words.ts';

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly onChoose: (value: string) => void;
}

const Choice = ({ name, value, of, onChoose }: ChoiceProps) => (
  <label className="map-choice">
    {name}{' '}
    <select value={value} onChange={({ target }) => onChoose(target.value)}>
      {of.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  </label>
);

/** Typed text is looked for when somebody pauses, so that the address does not change with each letter. */
const pauseMs = 300;

const Search = ({
  name,
  value,
  problem,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly problem?: string | undefined;
  readonly onChange: (value: string) => void;
}) => {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <label className="map-choice">
      {name}{' '}
      <input
        type="search"
        value={text}
        placeholder="ns=shop error>1% !mtls"
        aria-invalid={problem !== undefined}
        aria-describedby="map-help"
        onChange={({ target }) => setText(target.value)}
      />
    </label>
  );
};

/** Said in words and by number, and a click marks them. */
const PlainCount = ({ shown: { scene } }: { readonly shown: Shown }) => {
  const set = useSetSearch();
  const nodes = new Map(scene.nodes.map((node) => [node.id, node]));
  // What a service hands to its versions came from somebody else.
  const plain = scene.edges.filter((edge) => edge.lastSeen === undefined && isPlain(edge) && nodes.get(edge.to)?.kind !== 'version');
  if (plain.length === 0) return <Badge tone="good">no plaintext seen</Badge>;
  const senders = new Set(plain.flatMap(({ from }) => nodes.get(from) ?? []));
  return (
    <button type="button" className="button map-plain" onClick={() => set({ find: '!mtls !gone' })}>
      {plain.length} {plain.length === 1 ? 'flow is' : 'flows are'} not mTLS, from {listed([...senders].map(titleOf), 3)}
    </button>
  );
};

const Told = ({ shown: { scene, found, problems } }: { readonly shown: Shown }): ReactNode => {
  const problem = problems.find ?? problems.hide;
  if (problem) return <span className="bad">{problem}</span>;
  return found ? (
    <span>{`${found.nodes.size} of ${scene.nodes.length} nodes and ${found.edges.size} of ${scene.edges.length} edges found`}</span>
  ) : undefined;
};

export interface ControlsProps {
  readonly search: MapSearch;
  readonly shown: Shown;
  readonly picture?: Picture;
  readonly onArrange?: () => void;
}

export const Controls = ({ search, shown, picture, onArrange }: ControlsProps) => {
  const set = useSetSearch();
  const { view, nodes = 'services', dots, box = 'namespace', label = 'rate', find = '', hide = '', idle, focus, expand, closed } = search;
  const isBent = focus !== undefined || expand !== undefined || closed !== undefined;
  return (
    <div className="map-controls">
      <div className="row">
        <PlainCount shown={shown} />
        <Choice
          name="Nodes are"
          value={nodes}
          of={nodeViews}
          onChoose={(value) => set({ nodes: value, sel: undefined, focus: undefined })}
        />
        <Choice name="Box by" value={box} of={boxings} onChoose={(value) => set({ box: value, closed: undefined })} />
        <Choice name="Edges say" value={label} of={edgeLabels} onChoose={(value) => set({ label: value })} />
        <Search name="Find" value={find} problem={shown.problems.find} onChange={(value) => set({ find: value || undefined })} />
        <Search name="Hide" value={hide} problem={shown.problems.hide} onChange={(value) => set({ hide: value || undefined })} />
        <label className="map-choice">
          <input type="checkbox" checked={idle !== false} onChange={({ target }) => set({ idle: target.checked ? undefined : false })} />{' '}
          unused and vanished
        </label>
        <label className="map-choice">
          <input type="checkbox" checked={dots !== false} onChange={({ target }) => set({ dots: target.checked ? undefined : false })} />{' '}
          moving dots
        </label>
        <div className="tools">
          {shown.scene.boxes.length > 1 && (
            <button type="button" className="button plain" onClick={() => set({ closed: [...shown.scene.groups.keys()] })}>
              Close boxes
            </button>
          )}
          {shown.scene.boxes.length < shown.scene.groups.size && (
            <button type="button" className="button plain" onClick={() => set({ closed: [] })}>
              Open boxes
            </button>
          )}
          {isBent && (
            <button type="button" className="button" onClick={() => set({ focus: undefined, expand: undefined, closed: undefined })}>
              Whole map
            </button>
          )}
          {onArrange && (
            <button type="button" className="button plain" onClick={onArrange}>
              Arrange
            </button>
          )}
          <button
            type="button"
            className="button plain"
            aria-pressed={view === 'table'}
            onClick={() => set({ view: view === 'table' ? undefined : 'table' })}
          >
            {view === 'table' ? 'As map' : 'As table'}
          </button>
          {picture && (
            <button type="button" className="button plain" onClick={() => exportPng(picture)}>
              PNG
            </button>
          )}
        </div>
      </div>
      <p className="soft map-help" id="map-help">
        {help}
      </p>
      <p role="status" className="map-found">
        <Told shown={shown} />
      </p>
    </div>
  );
};
