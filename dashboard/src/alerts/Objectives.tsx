/** How well services are to be served, and how they are; what burns fastest stands first. */
import { Link } from '@tanstack/react-router';
import type { ObjectiveStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { Badge, Page } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { burnOf, indicatorOf, toneOfBudget } from './objective-words.ts';
import { AlertPlaces } from './places.tsx';

const columns: readonly Column<ObjectiveStatus>[] = [
  {
    id: 'name',
    name: 'Objective',
    value: ({ namespace, name }) => `${namespace}/${name}`,
    cell: ({ namespace, name }) => (
      <Link to={`/alerts/objectives/${namespace}/${name}` as string}>
        {namespace}/{name}
      </Link>
    ),
  },
  { id: 'what', name: 'What', value: indicatorOf },
  { id: 'target', name: 'Target', number: true, value: ({ target }) => target, cell: ({ target }) => `${target} %` },
  {
    id: 'is',
    name: 'Is',
    number: true,
    value: ({ compliance }) => compliance ?? undefined,
    cell: ({ compliance }) => (compliance === null ? '-' : `${Number(compliance.toPrecision(5))} %`),
  },
  {
    id: 'budget',
    name: 'Budget left',
    number: true,
    value: ({ budget }) => budget.remaining,
    cell: ({ budget }) => <Badge tone={toneOfBudget(budget.remaining)}>{Number(budget.remaining.toPrecision(3))} %</Badge>,
  },
  { id: 'burn', name: 'Burns', number: true, value: burnOf, cell: (one) => `${Number(burnOf(one).toPrecision(2))}×` },
  { id: 'forecast', name: 'Lasts', value: ({ forecast, fault }) => fault ?? forecast.words },
];

export const Objectives = () => {
  const { ns } = useShared();
  const sort = useWord('sort') || '-burn';
  const set = useSetSearch();
  const query = { namespace: ns };
  const slos = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', query, topics: ['alerts', 'resources', 'signals'] });
  return (
    <Page title="Objectives" command={`npx weft slo${ns ? ` -n ${ns}` : ''}`} call={at('/slos', query)}>
      <AlertPlaces />
      <Answer of={slos} loading="Looking at the objectives">
        {({ items }) => (
          <Table
            name="Objectives"
            rows={items}
            columns={columns}
            keyOf={({ namespace, name }) => `${namespace}/${name}`}
            sort={sort}
            onSort={(next) => set({ sort: next })}
            empty="There is no objective (kind ServiceLevelObjective): nobody said what is good enough."
          />
        )}
      </Answer>
    </Page>
  );
};
