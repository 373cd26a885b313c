/** Traces are as old as it is since weftd heard of them first: clocks of others may be wrong. */
import type { Retention } from '@weft/model';
import type { Database } from '../../store/database.ts';

/** Small enough that nobody waits for long. */
const atOnce = 1_000;
/** Down to less than allowed, so that not each message forgets. */
const target = 0.9;

export interface Retained {
  byAge(now: number): void;
  bySize(): void;
}

/** @param retention as it is wanted now; what is forgotten makes room in the file, which itself does not shrink */
export const retentionIn = ({ sql, transaction }: Database, retention: () => Retention): Retained => {
  const pageSize = Number(sql.prepare('PRAGMA page_size').get()?.page_size);
  const pages = sql.prepare('PRAGMA page_count');
  const free = sql.prepare('PRAGMA freelist_count');
  const oldest = sql.prepare('SELECT id FROM traces WHERE received < ? ORDER BY received LIMIT ?');
  const forgetSpans = sql.prepare('DELETE FROM spans WHERE trace = ?');
  const forgetTrace = sql.prepare('DELETE FROM traces WHERE id = ?');

  const used = (): number => (Number(pages.get()?.page_count) - Number(free.get()?.freelist_count)) * pageSize;

  /** @returns whether there may be more */
  const forget = (before: number): boolean =>
    transaction(() => {
      const found = oldest.all(before, atOnce);
      for (const { id } of found) {
        forgetSpans.run(id ?? null);
        forgetTrace.run(id ?? null);
      }
      return found.length === atOnce;
    });

  return {
    byAge: (now) => {
      while (forget(now - retention().maxAgeMs));
    },
    bySize: () => {
      const { maxBytes } = retention();
      if (used() <= maxBytes) return;
      while (used() > maxBytes * target && forget(Number.MAX_SAFE_INTEGER));
    },
  };
};
