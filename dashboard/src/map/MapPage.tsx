/** Who talks to whom, how much, how well and how protected: now, or at a moment of the past. */
import './map.css';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { at as pathAt } from '../api/get.ts';
import { Page } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { Canvas } from './Canvas.tsx';
import { Controls } from './Controls.tsx';
import { Legend } from './Legend.tsx';
import { useMotion } from './motion.ts';
import { Panel } from './Panel.tsx';
import { pictureOf } from './paint/picture.ts';
import { type Placed, usePositions } from './positions.ts';
import { type Shown, useMapAnswers, useShown } from './read.ts';
import type { MapSearch } from './search.ts';
import { TimeSlider } from './TimeSlider.tsx';
import { Twin } from './Twin.tsx';
import { edgeLabel, nodeLine, shortTitle } from './words.ts';

const usePicture = ({ scene, found }: Shown, { positions }: Placed, { box = 'namespace', label = 'rate' }: MapSearch) =>
  useMemo(() => {
    const sent = new Map(scene.nodes.map(({ id, outbound }) => [id, outbound.requests]));
    return pictureOf({
      scene,
      positions,
      titleOf: (node) => shortTitle(node, box),
      lineOf: nodeLine,
      labelOf: (edge) => edgeLabel(edge, label, (node) => sent.get(node) ?? 0),
      isNodeFound: ({ id }) => found?.nodes.has(id) ?? true,
      isEdgeFound: ({ id }) => found?.edges.has(id) ?? true,
    });
  }, [scene, positions, found, box, label]);

/** What makes it another map, which has places of its own. */
const wayOf = ({ nodes, box, closed, expand, focus, hide }: MapSearch, ns: string | undefined): string =>
  JSON.stringify([nodes, box, closed, expand, focus, hide, ns]);

const Drawn = ({ shown, search, isAnimated }: { readonly shown: Shown; readonly search: MapSearch; readonly isAnimated: boolean }) => {
  const { ns } = useShared();
  const set = useSetSearch();
  const { scene } = shown;
  const placed = usePositions(scene, wayOf(search, ns));
  const picture = usePicture(shown, placed, search);
  const open = (id: string): void => {
    const node = scene.nodes.find((one) => one.id === id);
    if (node?.kind === 'group') set({ closed: [...scene.groups.keys()].filter((box) => box !== node.name && !scene.boxes.includes(box)) });
    else set({ focus: id, sel: id });
  };
  return (
    <>
      <Controls search={search} shown={shown} picture={picture} onArrange={placed.arrange} />
      <div className="map-place" data-panel={search.sel !== undefined}>
        <Canvas {...{ scene, picture, placed, isAnimated }} selected={search.sel} onSelect={(sel) => set({ sel })} onOpen={open} />
        <Panel shown={shown} search={search} />
      </div>
      <Legend />
    </>
  );
};

export const MapPage = () => {
  const search = useSearch({ strict: false }) as MapSearch;
  const { ns, at } = useShared();
  const { from, to } = useSpan();
  const answers = useMapAnswers();
  const topology = answers.topology.data;
  const shown = useShown(answers, search);
  const isCalm = !useMotion();
  const isAnimated = !isCalm && search.dots !== false && at === undefined;
  const command = ['npx weft edges', ns && `-n ${ns}`, at !== undefined && `--at ${new Date(at).toISOString()}`].filter(Boolean).join(' ');
  return (
    <Page title="Map" command={command} call={pathAt('/edges', { from, to, namespace: ns })}>
      <Answer of={answers.topology} loading="Asking who talks to whom">
        {() =>
          shown.graph.nodes.length === 0 ? (
            <Empty>Nobody called anybody in this time, and no service is configured.</Empty>
          ) : search.view === 'table' ? (
            <Twin shown={shown} search={search} />
          ) : (
            <Drawn {...{ shown, search, isAnimated }} />
          )
        }
      </Answer>
      {topology && <TimeSlider since={topology.since} revision={topology.revisions.at(-1)} reach={search.reach ?? '6h'} />}
    </Page>
  );
};
