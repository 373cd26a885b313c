/** A table that is sorted, filtered and exported; of long ones only what is seen is in the page. */
import {
  columnFilteringFeature,
  createFilteredRowModel,
  createSortedRowModel,
  filterFns,
  globalFilteringFeature,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { Export, type Fuller } from './Export.tsx';
import { Empty } from './states.tsx';

export interface Column<Row> {
  readonly id: string;
  readonly name: string;
  /** What is sorted, filtered and exported. */
  readonly value: (row: Row) => string | number | undefined;
  /** What is seen; the value where nothing is said. */
  readonly cell?: (row: Row) => ReactNode;
  readonly number?: boolean;
}

export interface TableProps<Row> {
  /** What it lists, for screen readers and the name of the exported file. */
  readonly name: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** Column id, with `-` before it for the largest first. */
  readonly sort?: string;
  /** Absent: kept here alone. Pages keep it in their URL. */
  readonly onSort?: (sort: string) => void;
  /** What rows must contain in any column. */
  readonly filter?: string;
  readonly empty?: ReactNode;
  /** There is more behind the last row: asked for when that is near, or by a button. */
  readonly onMore?: () => void;
  /** What the exported file has beside what is seen. */
  readonly fuller?: Fuller<Row>;
}

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
  sortFns,
  filterFns,
});

const sortingOf = (sort: string | undefined): SortingState => (sort ? [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }] : []);

const sortOf = ([first]: SortingState): string => (first ? `${first.desc ? '-' : ''}${first.id}` : '');

/** Rows may be anything; what the library takes is an object. */
interface Held<Row> {
  readonly row: Row;
}

const rowHeight = 30;
/** Longer tables are drawn in part. */
const wholeUpTo = 200;

const isNearEnd = ({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean =>
  scrollTop + clientHeight > scrollHeight - 10 * rowHeight;

export function Table<Row>(props: TableProps<Row>): ReactNode {
  const { name, rows, columns, keyOf, filter = '', onSort, empty = 'Nothing to show.', onMore, fuller } = props;
  const [own, setOwn] = useState(props.sort);
  const sorting = useMemo(() => sortingOf(onSort ? props.sort : own), [onSort, props.sort, own]);
  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.name,
        accessorFn: ({ row }: Held<Row>) => column.value(row),
        sortUndefined: 'last' as const,
      })),
    [columns],
  );
  const data = useMemo(() => rows.map((row) => ({ row })), [rows]);
  const table = useTable<typeof features, Held<Row>>({
    features,
    columns: definitions,
    data,
    getRowId: ({ row }) => keyOf(row),
    globalFilterFn: 'includesString',
    getColumnCanGlobalFilter: () => true,
    state: { sorting, globalFilter: filter },
    onSortingChange: (next) => {
      const sort = sortOf(typeof next === 'function' ? next(sorting) : next);
      setOwn(sort);
      onSort?.(sort);
    },
  });
  const shown = table.getRowModel().rows;
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 20,
    enabled: shown.length > wholeUpTo,
  });
  const items = shown.length > wholeUpTo ? virtual.getVirtualItems() : undefined;
  const drawn = items ? items.flatMap(({ index }) => shown[index] ?? []) : shown;
  const above = items?.[0]?.start ?? 0;
  const below = items ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  return (
    <div className="stack">
      <div className="scroll" ref={scroll} onScroll={onMore && (({ currentTarget }) => isNearEnd(currentTarget) && onMore())}>
        <table className="table" aria-label={name} aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {table.getHeaderGroups()[0]?.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={byId.get(header.column.id)?.number ? 'number' : undefined}
                    aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
                  >
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      {byId.get(header.column.id)?.name}
                      {sorted === 'asc' ? ' ↑' : sorted === 'desc' ? ' ↓' : ''}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr style={{ height: above }} />}
            {drawn.map((row) => (
              <tr key={row.id}>
                {columns.map((column) => (
                  <td key={column.id} className={column.number ? 'number' : undefined}>
                    {column.cell ? column.cell(row.original.row) : (column.value(row.original.row) ?? '-')}
                  </td>
                ))}
              </tr>
            ))}
            {below > 0 && <tr style={{ height: below }} />}
          </tbody>
        </table>
      </div>
      <div className="tools soft">
        <span>
          {shown.length === rows.length ? `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}` : `${shown.length} of ${rows.length} rows`}
        </span>
        {onMore && (
          <button type="button" className="button plain" onClick={onMore}>
            More
          </button>
        )}
        <Export {...{ name, columns, fuller }} rows={() => shown.map(({ original }) => original.row)} />
      </div>
    </div>
  );
}
