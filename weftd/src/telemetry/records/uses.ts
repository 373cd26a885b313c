/** What rules led and decided: counted while records are added, so that it is exact over any time, and read in a moment. */
import type { SQLOutputValue } from 'node:sqlite';
import { type AccessRecord, type Use, type UseKey, usesIn } from '@weft/signals';
import type { Database } from '../../store/database.ts';
import { stretchesOf, tiers } from './stretches.ts';

/** Unix milliseconds. */
export interface UseWindow {
  readonly from: number;
  readonly to: number;
}

export interface UsesFound {
  readonly uses: readonly Use[];
  /** Since when they are counted; absent: nothing was yet. */
  readonly since?: number;
}

export interface KeptUses {
  /** Within a transaction. */
  add(records: readonly AccessRecord[]): void;
  in(window: UseWindow, now: number): UsesFound;
  forget(now: number): void;
}

const keys = ['kind', 'object', 'place', 'route', 'cluster'] as const;
const amounts = ['count', 'failed', 'received', 'sent'] as const;

const useOf = (row: Readonly<Record<string, SQLOutputValue>>): Use => ({
  kind: String(row['kind']) as UseKey['kind'],
  object: String(row['object']),
  place: String(row['place']),
  route: String(row['route']),
  cluster: String(row['cluster']),
  count: Number(row['count']),
  failed: Number(row['failed']),
  received: Number(row['received']),
  sent: Number(row['sent']),
});

const added = (a: Use, b: Use): Use => ({
  ...a,
  count: a.count + b.count,
  failed: a.failed + b.failed,
  received: a.received + b.received,
  sent: a.sent + b.sent,
});

export const usesKept = ({ sql }: Database): KeptUses => {
  const put = sql.prepare(
    `INSERT INTO uses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET ${amounts.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`,
  );
  const list = sql.prepare(
    `SELECT ${keys.join(', ')}, ${amounts.map((name) => `sum(${name}) AS ${name}`).join(', ')}
     FROM uses WHERE step = ? AND at >= ? AND at < ? GROUP BY ${keys.join(', ')}`,
  );
  const oldest = sql.prepare('SELECT min(at) AS at FROM uses WHERE step = ?');
  const erase = sql.prepare('DELETE FROM uses WHERE step = ? AND at < ?');

  const since = (): number | undefined => {
    const kept = tiers.flatMap(({ step }) => oldest.get(step)?.['at'] ?? []).map(Number);
    return kept.length === 0 ? undefined : Math.min(...kept);
  };

  return {
    add: (records) => {
      for (const use of usesIn(records))
        for (const { step } of tiers)
          put.run(step, use.at - (use.at % step), ...keys.map((key) => use[key]), ...amounts.map((name) => use[name]));
    },
    in: ({ from, to }, now) => {
      const found = new Map<string, Use>();
      const stretches = stretchesOf({ from, to, step: to - from, whole: true }, now);
      for (const use of stretches.flatMap((one) => list.all(one.step, one.from, one.to).map(useOf))) {
        const key = JSON.stringify(keys.map((name) => use[name]));
        const known = found.get(key);
        found.set(key, known ? added(known, use) : use);
      }
      const first = since();
      return { uses: [...found.values()], ...(first !== undefined && { since: first }) };
    },
    forget: (now) => {
      for (const { step, kept } of tiers) erase.run(step, now - kept);
    },
  };
};
