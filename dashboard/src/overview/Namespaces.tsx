/** Where the traffic goes: requests and bytes of each namespace's services. */

import { Link } from '@tanstack/react-router';
import type { GoldenSignals } from '@weft/model';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, percent } from '../kit/words.ts';
import { useSignals } from '../signals/ask.ts';

const nameOf = ({ labels }: GoldenSignals): string => labels['destination_service_namespace'] ?? '';

const columnsOf = (all: number): readonly Column<GoldenSignals>[] => [
  {
    ...{ id: 'namespace', name: 'Namespace' },
    value: nameOf,
    cell: (one) => (
      <Link to="/" search={((before: object) => ({ ...before, ns: nameOf(one) })) as never}>
        {nameOf(one)}
      </Link>
    ),
  },
  {
    ...{ id: 'rate', name: 'Requests/s', number: true },
    value: ({ requestsPerSecond }) => requestsPerSecond,
    cell: ({ requestsPerSecond }) => count(requestsPerSecond),
  },
  {
    ...{ id: 'share', name: 'Of all', number: true },
    value: ({ requests }) => requests,
    cell: ({ requests }) => percent(all > 0 ? requests / all : undefined),
  },
  { id: 'failed', name: 'Failed', number: true, value: (one) => one.failedShare, cell: (one) => percent(one.failedShare) },
  {
    ...{ id: 'opened', name: 'TCP connections', number: true },
    value: ({ connectionsOpened }) => connectionsOpened,
    cell: ({ connectionsOpened }) => count(connectionsOpened),
  },
];

export const Namespaces = () => (
  <Panel title="Namespaces">
    <Answer of={useSignals('namespace')} loading="Looking at the namespaces">
      {({ items }) => {
        const all = items.reduce((sum, { requests }) => sum + requests, 0);
        if (items.length === 0) return <Empty>Nothing was called in this time.</Empty>;
        return <Table {...{ name: 'Namespaces', rows: items, columns: columnsOf(all), keyOf: nameOf, sort: '-rate' }} />;
      }}
    </Answer>
  </Panel>
);
