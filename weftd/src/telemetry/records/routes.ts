/** Counts of each route, by the minute for a day and by the hour for a quarter: added up while records are added. */
import type { SQLOutputValue } from 'node:sqlite';
import { latencyBounds } from '@weft/model';
import { type AccessRecord, type KeptRoutes, type Question, type RouteCount, routeCounts, routeStep } from '@weft/signals';
import type { Database } from '../../store/database.ts';
import { dayMs } from './parts.ts';

export interface Routes {
  /** Within a transaction. */
  add(records: readonly AccessRecord[]): void;
  /** What the question's time needs, as finely as it is kept. */
  in(question: Question, now: number): KeptRoutes;
  forget(now: number): void;
}

const hourMs = 3_600_000;

interface Tier {
  readonly step: number;
  readonly kept: number;
}

/** For budgets of up to a quarter of a year. */
const oldest: Tier = { step: hourMs, kept: 92 * dayMs };
const tiers: readonly Tier[] = [{ step: routeStep, kept: dayMs }, oldest];

const buckets = Array.from({ length: latencyBounds.length + 1 }, (_, index) => `b${index}`);

const countOf = (row: Readonly<Record<string, SQLOutputValue>>): RouteCount => ({
  labels: JSON.parse(String(row['text'])) as RouteCount['labels'],
  at: Number(row['at']),
  durations: { bounds: latencyBounds, counts: buckets.map((name) => Number(row[name])), sum: Number(row['sum']) },
});

export const routesIn = ({ sql }: Database): Routes => {
  const find = sql.prepare('SELECT id FROM route_labels WHERE labels = ?');
  const name = sql.prepare('INSERT INTO route_labels VALUES (NULL, ?)');
  const put = sql.prepare(
    `INSERT INTO route_counts VALUES (?, ?, ?, ?${', ?'.repeat(buckets.length)}) ON CONFLICT DO UPDATE SET
       sum = sum + excluded.sum, ${buckets.map((bucket) => `${bucket} = ${bucket} + excluded.${bucket}`).join(', ')}`,
  );
  const list = sql.prepare(
    `SELECT route_counts.*, route_labels.labels AS text FROM route_counts JOIN route_labels ON route_labels.id = route_counts.labels
     WHERE step = ? AND at >= ? AND at < ?`,
  );
  const erase = sql.prepare('DELETE FROM route_counts WHERE step = ? AND at < ?');
  const unname = sql.prepare('DELETE FROM route_labels WHERE id NOT IN (SELECT labels FROM route_counts)');

  const numberOf = (text: string): number => Number(find.get(text)?.['id'] ?? name.run(text).lastInsertRowid);

  return {
    add: (records) => {
      for (const { labels, at, durations } of routeCounts(records)) {
        const id = numberOf(JSON.stringify(labels));
        for (const { step } of tiers) put.run(step, at - (at % step), id, durations.sum, ...durations.counts);
      }
    },
    in: ({ from, to }, now) => {
      const { step: length } = tiers.find(({ kept }) => from >= now - kept) ?? oldest;
      return { step: length, rows: list.all(length, from - (from % length), to).map(countOf) };
    },
    forget: (now) => {
      for (const { step, kept } of tiers) erase.run(step, now - kept);
      unname.run();
    },
  };
};
