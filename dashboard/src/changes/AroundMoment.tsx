/** What happened, and what of it was near a moment that somebody pointed at. */
import { Link } from '@tanstack/react-router';
import type { MeshChange } from '@weft/model';
import { Badge, Panel, type Tone } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { duration, moment } from '../kit/words.ts';
import { ObjectLink } from '../security/links.tsx';
import { useSetSearch } from '../shell/time.ts';
import { type Around, useChanges } from './changes.ts';

const tones: Readonly<Record<MeshChange['kind'], Tone>> = {
  configuration: 'info',
  rollout: 'info',
  restart: 'warn',
  alert: 'bad',
  certificate: 'plain',
  weftd: 'plain',
};

const Subject = ({ objects = [], alert, namespace, workload }: MeshChange) => (
  <>
    {objects.map((object) => (
      <span key={`${object.kind} ${object.namespace}/${object.name}`} className="listed">
        <ObjectLink {...object} />
      </span>
    ))}
    {alert && <Link to={'/alerts' as string}>the alert</Link>}
    {workload !== undefined && namespace !== undefined && (
      <Link to={`/workloads/${namespace}/${workload}` as string}>
        {namespace}/{workload}
      </Link>
    )}
  </>
);

const columns: readonly Column<MeshChange>[] = [
  { id: 'at', name: 'Time', value: ({ at }) => at, cell: ({ at }) => moment(at) },
  { id: 'kind', name: 'What', value: ({ kind }) => kind, cell: ({ kind }) => <Badge tone={tones[kind]}>{kind}</Badge> },
  { id: 'words', name: 'Change', value: ({ words }) => words },
  { id: 'by', name: 'By', value: ({ by }) => by },
  { id: 'about', name: 'About', value: ({ objects = [] }) => objects.map(({ kind, name }) => `${kind} ${name}`).join(' '), cell: Subject },
];

const keyOf = ({ at, kind, words }: MeshChange): string => `${at} ${kind} ${words}`;

/** All that happened in a span, with the objects that were written. */
export const ChangesTable = ({ name, around }: { readonly name: string; readonly around: Around }) => (
  <Answer of={useChanges(around)} loading="Looking what changed">
    {({ items }) => <Table name={name} rows={items} columns={columns} keyOf={keyOf} sort="-at" empty="Nothing changed in this time." />}
  </Answer>
);

type Concerned = Pick<Around, 'namespace' | 'service'>;

const before = 15 * 60_000;
const after = 5 * 60_000;

const Near = ({ at, ...concerned }: Concerned & { readonly at: number }) => {
  const set = useSetSearch();
  const span = { from: at - before, to: at + after };
  const tools = (
    <>
      <button type="button" className="button" onClick={() => set({ ...span, since: undefined, at: undefined })}>
        Look at this time
      </button>
      <button type="button" className="button plain" onClick={() => set({ moment: undefined })}>
        Close
      </button>
    </>
  );
  return (
    <Panel title={`What changed around ${moment(at)}`} tools={tools}>
      <p className="soft">
        From {duration(before)} before it to {duration(after)} after it.
      </p>
      <ChangesTable name="Changes around this moment" around={{ ...span, ...concerned }} />
    </Panel>
  );
};

/** The moment is the URL's. */
export const AroundMoment = (concerned: Concerned) => {
  const at = Number(useWord('moment'));
  return at > 0 ? <Near {...concerned} at={at} /> : null;
};
