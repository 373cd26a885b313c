/** Desired state as it was: read back from what revisions did. */
import type { Resource } from '@weft/model';
import { refKey, refOf } from '@weft/model';
import type { Database } from './database.ts';
import { historyKept } from './objects.ts';

export interface PastState {
  readonly resources: readonly Resource[];
  /** The last one that changed an object. */
  readonly revision: number;
  /** Something was changed since. */
  readonly changedSince: boolean;
}

/** @returns undefined for a time of which nothing is known any more */
export type Past = (at: number) => PastState | undefined;

/** @param since when all is known */
export const pastIn = ({ sql }: Database, since: () => number | undefined, now: () => number): Past => {
  const later = sql.prepare('SELECT count(*) AS count FROM history WHERE at > ?');
  const then = sql.prepare(
    `SELECT resource, max(revision) AS revision FROM history WHERE at <= ? GROUP BY kind, namespace, name ORDER BY kind, namespace, name`,
  );
  return (at) => {
    const first = since();
    if (first === undefined || first > at || at < now() - historyKept) return undefined;
    const rows = then.all(at);
    const resources = rows.flatMap(({ resource }) => (resource === null ? [] : [JSON.parse(String(resource)) as Resource]));
    const byKey = new Map(resources.map((resource) => [refKey(refOf(resource)), resource]));
    return {
      resources: [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, resource]) => resource),
      revision: Math.max(0, ...rows.map(({ revision }) => Number(revision))),
      changedSince: Number(later.get(at)?.['count']) > 0,
    };
  };
};
