/** What changes of policies were found to be: where they became narrower, and from which objects that is judged next. */
import type { Narrowed } from '@weft/compile';
import type { Resource } from '@weft/model';
import { refKey, refOf } from '@weft/model';
import type { Database } from './database.ts';
import { asJson, tableIn } from './table.ts';

export interface Judged {
  /** By workload. */
  narrowed(): ReadonlyMap<string, Narrowed>;
  /** Replaces the whole table, and says that it tells of all that was written so far. Durable when it returns. */
  keep(narrowed: ReadonlyMap<string, Narrowed>): void;
  /** All that was written so far is judged and changes nothing, which is not worth a wait for the disk until it is much. */
  settle(): void;
  /** @param now what is stored. @returns the objects as they were when `keep` was called last, by whatever process */
  before(now: readonly Resource[]): readonly Resource[];
}

/** Objects that come and go, and that no policy is about, would be remembered for ever. */
const mostUnjudged = 1000;

export const judgedIn = (database: Database): Judged => {
  const { sql } = database;
  const settle = sql.prepare('DELETE FROM unjudged');
  const settleMuch = sql.prepare(`DELETE FROM unjudged WHERE (SELECT count(*) FROM unjudged) > ${mostUnjudged}`);
  const unjudged = sql.prepare('SELECT * FROM unjudged');
  const narrowed = tableIn<Narrowed>(database, 'narrowed', ['workload', 'ports'], asJson());
  return {
    narrowed: narrowed.all,
    keep: (next) => narrowed.replace(next, () => void settle.run()),
    settle: () => void settleMuch.run(),
    before: (now) => {
      const objects = new Map(now.map((resource) => [refKey(refOf(resource)), resource]));
      for (const row of unjudged.all()) {
        const key = refKey({ kind: String(row.kind), namespace: String(row.namespace), name: String(row.name) });
        if (row.resource === null) objects.delete(key);
        else objects.set(key, JSON.parse(String(row.resource)) as Resource);
      }
      return [...objects.values()];
    },
  };
};
