import { Link } from '@tanstack/react-router';
import type { ObjectiveStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Panel, type Tone } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';

/** How many times as fast as its budget lasts it burns now: over the long window that says most. */
export const burn = ({ burnRates }: ObjectiveStatus): number => Math.max(0, ...burnRates.map(({ overLong }) => overLong ?? 0));

const toneOf = (remaining: number): Tone => (remaining <= 0 ? 'bad' : remaining < 25 ? 'warn' : 'good');

const columns = [
  {
    id: 'name',
    name: 'Objective',
    value: ({ namespace, name }: ObjectiveStatus) => `${namespace}/${name}`,
  },
  {
    id: 'burn',
    name: 'Burns',
    number: true,
    value: burn,
    cell: (one: ObjectiveStatus) => `${burn(one).toPrecision(2)}×`,
  },
  {
    id: 'budget',
    name: 'Budget left',
    number: true,
    value: ({ budget }: ObjectiveStatus) => budget.remaining,
    cell: ({ budget, forecast }: ObjectiveStatus) => (
      <Badge tone={toneOf(budget.remaining)} title={forecast.words}>
        {budget.remaining.toPrecision(3)} %
      </Badge>
    ),
  },
];

/** The one that burns fastest first. */
export const Objectives = () => {
  const slos = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', topics: ['alerts', 'resources'] });
  return (
    <Panel title={<Link to="/alerts">Objectives</Link>}>
      <Answer of={slos} loading="Looking at the objectives">
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              There is no objective (kind <code>ServiceLevelObjective</code>): nobody said what is good enough.
            </Empty>
          ) : (
            <Table name="Objectives" rows={items} columns={columns} keyOf={({ namespace, name }) => `${namespace}/${name}`} sort="-burn" />
          )
        }
      </Answer>
    </Panel>
  );
};
