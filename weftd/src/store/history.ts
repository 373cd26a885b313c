/** Revisions as they were written: who made each, what it did, and what was there before. */
import type { ListedRevision, ObjectRef, Origin, Resource } from '@weft/model';
import type { Database } from './database.ts';

/** One object in one revision; `before` and `after` are absent where there was none. */
export interface Change {
  readonly ref: ObjectRef;
  readonly before?: Resource;
  readonly after?: Resource;
}

export interface WrittenRevision {
  readonly revision: number;
  readonly at: number;
  readonly source: 'file' | 'api';
  readonly by?: string;
  readonly undoes?: number;
}

export interface RevisionFilter {
  readonly from?: number;
  readonly to?: number;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly before?: number;
  readonly limit: number;
}

export interface History {
  /** The newest first; one more than `limit`, where there are more. */
  list(filter: RevisionFilter): readonly ListedRevision[];
  /** Undefined: there is none of this number, or it is not known any more. */
  revision(revision: number): (WrittenRevision & { readonly changes: readonly Change[] }) | undefined;
  /** Objects as this revision left them. Undefined: that is not known any more, or it is still to come. */
  at(revision: number): readonly Resource[] | undefined;
  /** Unix milliseconds since when all is known; undefined: nothing was ever written. */
  since(): number | undefined;
}

/** A mesh's first revision has all its objects. */
const mostListed = 100;

type Row = Readonly<Record<string, unknown>>;

const refIn = (row: Row): ObjectRef => ({ kind: String(row['kind']), namespace: String(row['namespace']), name: String(row['name']) });

const resourceIn = (text: unknown): Resource | undefined => (typeof text === 'string' ? (JSON.parse(text) as Resource) : undefined);

/** What was written before revisions were signed was the file's if its objects are. */
const writtenIn = (row: Row): WrittenRevision => ({
  revision: Number(row['revision']),
  at: Number(row['at']),
  source: (row['source'] ?? row['origin']) === 'api' ? 'api' : 'file',
  ...(typeof row['author'] === 'string' && { by: row['author'] }),
  ...(typeof row['undoes'] === 'number' && { undoes: row['undoes'] }),
});

const actionOf = (was: boolean, is: boolean): 'created' | 'configured' | 'deleted' => (was ? (is ? 'configured' : 'deleted') : 'created');

/** The entry of the same object before `entry`. */
const earlier = (column: string): string =>
  `(SELECT ${column} FROM history AS old WHERE old.kind = entry.kind AND old.namespace = entry.namespace AND old.name = entry.name
    AND old.revision < entry.revision ORDER BY old.revision DESC LIMIT 1)`;

const conditionsOf = ({ from, to, kind, namespace, name, before }: RevisionFilter): { text: string; values: (string | number)[] } => {
  const asked: readonly (readonly [string, string | number | undefined])[] = [
    ['at >= ?', from],
    ['at < ?', to],
    ['kind = ?', kind],
    ['namespace = ?', namespace],
    ['name = ?', name],
    ['revision < ?', before],
  ];
  const said = asked.flatMap(([text, value]): [string, string | number][] => (value === undefined ? [] : [[text, value]]));
  return { text: said.map(([text]) => ` AND ${text}`).join(''), values: said.map(([, value]) => value) };
};

export const historyIn = ({ sql }: Database): History => {
  const oldest = sql.prepare('SELECT min(at) AS at FROM history');
  const known = sql.prepare("SELECT value FROM counter WHERE name = 'history'");
  const newest = sql.prepare("SELECT value FROM counter WHERE name = 'revision'");
  const head = sql.prepare(
    `SELECT entry.revision, entry.at, source, author, undoes, json_extract(coalesce(resource, ${earlier('resource')}), '$.origin.source') AS origin
     FROM history AS entry LEFT JOIN revisions ON revisions.revision = entry.revision WHERE entry.revision = ? LIMIT 1`,
  );
  const counts = sql.prepare(
    `SELECT count(*) AS count, resource IS NOT NULL AS is_there, coalesce(${earlier('resource IS NOT NULL')}, 0) AS was_there
     FROM history AS entry WHERE revision = ? GROUP BY 2, 3`,
  );
  const entries = sql.prepare(
    `SELECT kind, namespace, name, resource IS NOT NULL AS is_there, coalesce(${earlier('resource IS NOT NULL')}, 0) AS was_there,
     json_extract(coalesce(resource, ${earlier('resource')}), '$.origin') AS origin
     FROM history AS entry WHERE revision = ? ORDER BY kind, namespace, name LIMIT ${mostListed}`,
  );
  const changes = sql.prepare(
    `SELECT kind, namespace, name, resource, ${earlier('resource')} AS earlier FROM history AS entry WHERE revision = ?
     ORDER BY kind, namespace, name`,
  );
  const then = sql.prepare(
    'SELECT resource, max(revision) FROM history WHERE revision <= ? GROUP BY kind, namespace, name ORDER BY kind, namespace, name',
  );

  const since = (): number | undefined => {
    const first = oldest.get()?.['at'];
    return typeof first === 'number' ? Math.max(first, Number(known.get()?.['value'] ?? 0)) : undefined;
  };
  const headOf = (revision: number): WrittenRevision | undefined => {
    const row = head.get(revision);
    const written = row && writtenIn(row);
    return written && written.at >= (since() ?? 0) ? written : undefined;
  };

  const countsOf = (revision: number): ListedRevision['counts'] => {
    const found = { created: 0, configured: 0, deleted: 0 };
    for (const row of counts.all(revision)) found[actionOf(row['was_there'] === 1, row['is_there'] === 1)] += Number(row['count']);
    return found;
  };

  return {
    list: (filter) => {
      const { text, values } = conditionsOf(filter);
      const revisions = sql.prepare(`SELECT DISTINCT revision FROM history WHERE at >= ?${text} ORDER BY revision DESC LIMIT ?`);
      return revisions.all(since() ?? 0, ...values, filter.limit + 1).flatMap(({ revision }) => {
        const written = headOf(Number(revision));
        if (!written) return [];
        const listed = entries.all(written.revision).map((row) => ({
          ref: refIn(row),
          action: actionOf(row['was_there'] === 1, row['is_there'] === 1),
          origin: JSON.parse(String(row['origin'])) as Origin,
        }));
        return [{ ...written, counts: countsOf(written.revision), changes: listed }];
      });
    },
    revision: (revision) => {
      const written = headOf(revision);
      if (!written) return undefined;
      const found = changes.all(revision).map((row): Change => {
        const [before, after] = [resourceIn(row['earlier']), resourceIn(row['resource'])];
        return { ref: refIn(row), ...(before && { before }), ...(after && { after }) };
      });
      return { ...written, changes: found };
    },
    at: (revision) => {
      const first = sql.prepare('SELECT min(at) AS at FROM history WHERE revision > ?').get(revision)?.['at'];
      const isKnown = revision <= Number(newest.get()?.['value']) && (typeof first !== 'number' || first >= (since() ?? 0));
      return isKnown ? then.all(revision).flatMap(({ resource }) => resourceIn(resource) ?? []) : undefined;
    },
    since,
  };
};
