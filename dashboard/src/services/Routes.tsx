/** Routes of a service, and which share of its requests each took. */
import type { ConcernedObject, GoldenSignals } from '@weft/model';
import { Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { ObjectLink } from '../security/links.tsx';
import { useSignals, type Where } from '../signals/ask.ts';

const nameOf = ({ labels }: GoldenSignals): string => labels['route'] || 'without a name';

const columnsFor = (all: number): readonly Column<GoldenSignals>[] => [
  { id: 'route', name: 'Route', value: nameOf },
  {
    id: 'share',
    name: 'Share of requests',
    number: true,
    value: ({ requests }) => requests / all,
    cell: ({ requests }) => percent(requests / all),
  },
  { id: 'rate', name: 'Requests/s', number: true, value: (item) => item.requestsPerSecond, cell: (item) => count(item.requestsPerSecond) },
  { id: 'failed', name: 'Failed', number: true, value: ({ failedShare }) => failedShare, cell: ({ failedShare }) => percent(failedShare) },
  { id: 'p95', name: 'p95', number: true, value: ({ latency }) => latency?.p95, cell: ({ latency }) => duration(latency?.p95) },
  { id: 'p99', name: 'p99', number: true, value: ({ latency }) => latency?.p99, cell: ({ latency }) => duration(latency?.p99) },
  { id: 'why', name: 'Why it failed most', value: ({ reasons }) => reasons[0]?.words },
];

export interface RoutesProps {
  readonly where: Where;
  readonly objects: readonly ConcernedObject[];
}

export const Routes = ({ where, objects }: RoutesProps) => {
  const routes = useSignals('route', { where });
  const routing = objects.filter(({ concern }) => concern === 'routing');
  return (
    <Panel title="Routes">
      {routing.length > 0 && (
        <p>
          Decided by{' '}
          {routing.map((object) => (
            <span key={`${object.namespace}/${object.name}`}>
              <ObjectLink {...object} />{' '}
            </span>
          ))}
        </p>
      )}
      <Answer of={routes} loading="Looking at the routes">
        {({ items }) => (
          <Table
            {...{ name: 'Routes', rows: items, keyOf: nameOf, sort: '-share' }}
            columns={columnsFor(items.reduce((sum, { requests }) => sum + requests, 0))}
            empty="No request took a route in this time."
          />
        )}
      </Answer>
    </Panel>
  );
};
