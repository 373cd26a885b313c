/** Of what was tapped: what is asked most, by whom of whom, how fast and how well. */
import { Link } from '@tanstack/react-router';
import { type StoredRecord, type TopRow, topRows } from '@weft/signals';
import { useMemo } from 'react';
import { Badge, Panel } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { duration, percent } from '../kit/words.ts';

const mostRows = 100;

/** Who has no workload is known by the address alone. */
const searchFor = ({ source, destination, path }: TopRow) => ({
  ...(source.includes('/') ? { caller: source } : { address: source }),
  ...(destination.includes('/') && { server: destination }),
  ...(path !== '' && { path }),
});

const askedFor = ({ method, path }: TopRow): string => `${method} ${path}`.trim() || 'connection';

const columns: readonly Column<TopRow>[] = [
  { id: 'count', name: 'Count', number: true, value: ({ count }) => count },
  { id: 'source', name: 'Who', value: ({ source }) => source },
  { id: 'destination', name: 'Whom', value: ({ destination }) => destination },
  {
    id: 'asked',
    name: 'For what',
    value: askedFor,
    cell: (row) => (
      <Link to={'/security/access' as string} search={searchFor(row) as never}>
        <code>{askedFor(row)}</code>
      </Link>
    ),
  },
  { id: 'best', name: 'Best', number: true, value: ({ best }) => best, cell: ({ best }) => duration(best) },
  { id: 'worst', name: 'Worst', number: true, value: ({ worst }) => worst, cell: ({ worst }) => duration(worst) },
  {
    id: 'success',
    name: 'Success',
    number: true,
    value: ({ success }) => success,
    cell: ({ success, failure }) =>
      success === 1 ? (
        percent(1)
      ) : (
        <Badge tone="bad" {...(failure && { title: failure.words })}>
          {percent(success)}
        </Badge>
      ),
  },
];

export const Most = ({ records }: { readonly records: readonly StoredRecord[] }) => {
  const rows = useMemo(
    () =>
      topRows(
        records.map(({ record }) => record),
        mostRows,
      ),
    [records],
  );
  return (
    <Panel title="What is asked most">
      <Table
        name="What is asked most"
        rows={rows}
        columns={columns}
        keyOf={({ source, destination, method, path, route }) => JSON.stringify([source, destination, method, path, route])}
        empty="Nothing came yet."
      />
    </Panel>
  );
};
