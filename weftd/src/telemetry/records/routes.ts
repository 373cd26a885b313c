/** Counts of each route, by the minute for some hours and by the hour for a quarter: added up while records are added. */
import { latencyBounds } from '@weft/model';
import { type AccessRecord, isWhere, type KeptRoutes, type Question, type RouteCount, routeCounts } from '@weft/signals';
import type { Database } from '../../store/database.ts';
import { hourMs, routeSets } from './route-sets.ts';
import { hours, type Stretch, stretchesOf, tiers } from './stretches.ts';

/** What is asked of routes, whatever of them. */
export type RoutesAsked = Pick<Question, 'where' | 'from' | 'to' | 'step' | 'whole'>;

export interface Routes {
  /** Within a transaction. */
  add(records: readonly AccessRecord[]): void;
  /** What came with a transaction that was taken back is not known any more. */
  undone(): void;
  /** What the question's time needs, as finely as it is kept. */
  in(asked: RoutesAsked, now: number): KeptRoutes;
  forget(now: number): void;
}

const buckets = Array.from({ length: latencyBounds.length + 1 }, (_, index) => `b${index}`);

interface Summed extends RouteCount {
  readonly durations: { readonly bounds: readonly number[]; readonly counts: number[]; sum: number };
}

interface Reading {
  /** Sets of labels. */
  readonly asked: ReadonlySet<number>;
  /** Of the steps that are summed up to, and those that are read. */
  readonly length: number;
  readonly stretches: readonly Stretch[];
}

export const routesIn = ({ sql }: Database): Routes => {
  const sets = routeSets(sql);
  const put = sql.prepare(
    `INSERT INTO route_counts VALUES (?, ?, ?, ?, ?${', ?'.repeat(buckets.length)}) ON CONFLICT DO UPDATE SET
       sum = sum + excluded.sum, ${buckets.map((bucket) => `${bucket} = ${bucket} + excluded.${bucket}`).join(', ')}`,
  );
  // SQLite would take five times as long to sum them up.
  const list = sql.prepare(
    `SELECT labels, at, sum, ${buckets.join(', ')} FROM route_counts WHERE step = ? AND service = ? AND at >= ? AND at < ?`,
  );
  list.setReturnArrays(true);
  const erase = sql.prepare('DELETE FROM route_counts WHERE step = ? AND service = ? AND at < ?');

  const summed = (service: number, { asked, length, stretches }: Reading): readonly RouteCount[] => {
    const found = new Map<string, Summed>();
    for (const { step, from, to } of stretches) {
      for (const row of list.iterate(step, service, from, to) as Iterable<readonly number[]>) {
        const [id = 0, at = 0, sum = 0] = row;
        if (!asked.has(id)) continue;
        const start = at - (at % length);
        const key = `${id} ${start}`;
        let count = found.get(key);
        if (!count) {
          count = { labels: sets.labels(id), at: start, durations: { bounds: latencyBounds, counts: buckets.map(() => 0), sum: 0 } };
          found.set(key, count);
        }
        const { durations } = count;
        durations.sum += sum;
        for (let index = 0; index < buckets.length; index += 1)
          durations.counts[index] = (durations.counts[index] ?? 0) + (row[3 + index] ?? 0);
      }
    }
    return [...found.values()];
  };

  return {
    add: (records) => {
      for (const { labels, at, durations } of routeCounts(records)) {
        const { id, service } = sets.of(labels, at);
        for (const { step } of tiers) put.run(step, service, at - (at % step), id, durations.sum, ...durations.counts);
      }
    },
    undone: sets.forget,
    in: (asked, now) => {
      const stretches = stretchesOf(asked, now);
      const kept = Math.min(...stretches.map(({ step }) => step));
      // Of all the time together everything is one step.
      const length = asked.whole ? Number.MAX_SAFE_INTEGER : Math.ceil(Math.max(asked.step, kept) / kept) * kept;
      const isAsked = new Set(sets.all().flatMap(({ id, labels }) => (isWhere(labels, asked.where) ? [id] : [])));
      const reading = { asked: isAsked, length, stretches };
      const rows = sets.servicesOf(isAsked).flatMap((service) => summed(service, reading));
      return { step: kept, rows };
    },
    forget: (now) => {
      for (const service of sets.services()) for (const { step, kept } of tiers) erase.run(step, service, now - kept);
      sets.erase(now - hours.kept - hourMs);
    },
  };
};
