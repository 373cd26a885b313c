/** Arrivals by the hour: they are counted while records are added, so that what a month holds is read in a moment. */
import type { SQLOutputValue } from 'node:sqlite';
import { type AccessRecord, type Arrivals, arrivalsIn, type Protection } from '@weft/signals';
import type { Database } from '../../store/database.ts';
import { dayMs } from './parts.ts';

export interface ArrivalWindow {
  /** Unix milliseconds. Whole hours are counted: what came in the same hour before `from` counts too. */
  readonly from: number;
  readonly to: number;
}

export interface KeptArrivals {
  /** Within a transaction. */
  add(records: readonly AccessRecord[]): void;
  in(window: ArrivalWindow): readonly Arrivals[];
  /** Of the oldest hour that is kept; undefined while there is none. */
  since(): number | undefined;
  forget(now: number): void;
}

const hourMs = 3_600_000;
const keptMs = 30 * dayMs;
/** Of one workload in an hour; whoever comes from further ones is counted under no address. */
const mostAddresses = 1000;

const arrivalsOf = (row: Readonly<Record<string, SQLOutputValue>>): Arrivals => ({
  namespace: String(row['namespace']),
  workload: String(row['workload']),
  port: Number(row['port']),
  protection: String(row['protection']) as Protection,
  principal: String(row['principal']),
  sourceNamespace: String(row['source_namespace']),
  sourceWorkload: String(row['source_workload']),
  address: String(row['address']),
  count: Number(row['count']),
  first: Number(row['first']),
  last: Number(row['last']),
});

export const arrivalsKept = ({ sql }: Database): KeptArrivals => {
  const put = sql.prepare(
    `INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, first = min(first, excluded.first), last = max(last, excluded.last)`,
  );
  const rows = sql.prepare('SELECT count(*) AS count FROM arrivals WHERE hour = ? AND namespace = ? AND workload = ?');
  const isKnown = sql.prepare('SELECT 1 FROM arrivals WHERE hour = ? AND namespace = ? AND workload = ? AND address = ? LIMIT 1');
  const list = sql.prepare(
    `SELECT namespace, workload, port, protection, principal, source_namespace, source_workload, address,
       sum(count) AS count, min(first) AS first, max(last) AS last
     FROM arrivals WHERE hour >= ? AND hour < ? AND last >= ?
     GROUP BY namespace, workload, port, protection, principal, source_namespace, source_workload, address`,
  );
  const oldest = sql.prepare('SELECT min(first) AS first FROM arrivals WHERE hour = (SELECT min(hour) FROM arrivals)');
  const erase = sql.prepare('DELETE FROM arrivals WHERE hour < ?');

  const addressOf = (hour: number, { namespace, workload, address }: Arrivals): string => {
    if (address === '' || isKnown.get(hour, namespace, workload, address)) return address;
    return Number(rows.get(hour, namespace, workload)?.['count']) < mostAddresses ? address : '';
  };

  return {
    add: (records) => {
      for (const [hour, all] of Map.groupBy(records, ({ at }) => Math.floor(at / hourMs)))
        for (const one of arrivalsIn(all)) {
          const { namespace, workload, port, protection, principal, sourceNamespace, sourceWorkload, count, first, last } = one;
          const who = [principal, sourceNamespace, sourceWorkload, addressOf(hour, one)];
          put.run(hour, namespace, workload, port, protection, ...who, count, first, last);
        }
    },
    in: ({ from, to }) => list.all(Math.floor(from / hourMs), Math.ceil(to / hourMs), from).map(arrivalsOf),
    since: () => {
      const first = oldest.get()?.['first'];
      return first === null || first === undefined ? undefined : Number(first);
    },
    forget: (now) => void erase.run(Math.floor((now - keptMs) / hourMs)),
  };
};
