/** Desired state, versioned: each write is one revision, and what each revision did is kept for 30 days. */
import type { AuditAuthor, Finding, ObjectRef, Resource, StoredObject } from '@weft/model';
import { refKey, refOf } from '@weft/model';
import { type Audit, aboutObjects, type NewEntry } from './audit.ts';
import type { Database } from './database.ts';

/** Whose write it is. */
export interface Author {
  readonly source: 'file' | 'api';
  /** Of those who ask the API. */
  readonly by?: AuditAuthor;
  /** The revision that is taken back. */
  readonly undoes?: number;
}

export interface Write {
  readonly put: readonly { readonly resource: Resource; readonly findings: readonly Finding[] }[];
  readonly remove: readonly ObjectRef[];
  readonly author: Author;
}

export interface HistoryEntry {
  readonly revision: number;
  readonly at: number;
  readonly ref: ObjectRef;
  /** Absent: the revision deleted the object. */
  readonly resource?: Resource;
}

export interface Objects {
  /** Durable when it returns. @returns the new revision; the current one if there is nothing to do. */
  write(write: Write): number;
  /**
   * The same objects from other lines of their files: kept in memory only, since files are read again at each start.
   * @returns how many are new; an object that is the same in every respect keeps its identity.
   */
  touch(resources: readonly Resource[]): number;
  /** The last good version of each object by `refKey`; a live map of what is on disk. */
  all(): ReadonlyMap<string, StoredObject>;
  revision(): number;
  /** A new revision of the same objects: proxies are told the next step of a change. Durable when it returns. */
  mark(): number;
  history(ref: ObjectRef): readonly HistoryEntry[];
  /** Of which kinds objects were written or deleted after this revision. */
  kindsSince(revision: number): readonly string[];
  /**
   * Forgets what revisions older than `before` (Unix milliseconds) did, but for what was in force then: from there on, every moment can
   * be told. So it goes with those that are more than `most`. @returns how many entries went.
   */
  prune(before: number, most: number): number;
}

export const historyKept = 30 * 24 * 3600 * 1000;
/** Of objects and revisions: a program that writes all day long must not fill the disk. */
export const mostHistory = 200_000;

/** Lines are for findings, which are made anew at each start. */
const written = ({ lines: _, ...resource }: Resource): string => JSON.stringify(resource);

const samePlace = (a: Resource, b: Resource): boolean => JSON.stringify([a.origin, a.lines]) === JSON.stringify([b.origin, b.lines]);

/** In one transaction with the change: neither is there without the other. */
const entryOf = ({ put, remove, author }: Write, { at, revision }: { readonly at: number; readonly revision: number }): NewEntry => {
  const { source, by, undoes } = author;
  const refs = [...put.map(({ resource }) => refOf(resource)), ...remove];
  const action = undoes !== undefined ? 'undo' : source === 'file' ? 'file' : put.length > 0 ? 'apply' : 'delete';
  return { at, by: by ?? { user: '', how: 'file' }, action, about: aboutObjects(refs), result: 'done', revision };
};

const load = ({ sql }: Database): Map<string, StoredObject> =>
  new Map(
    sql
      .prepare('SELECT revision, resource, findings FROM objects ORDER BY kind, namespace, name')
      .all()
      .map((row): [string, StoredObject] => {
        const resource = JSON.parse(String(row.resource)) as Resource;
        const findings = JSON.parse(String(row.findings)) as readonly Finding[];
        return [refKey(refOf(resource)), { resource, revision: Number(row.revision), findings }];
      }),
  );

export const objectsIn = (database: Database, now: () => number, audit: Audit): Objects => {
  const { sql } = database;
  const upsert = sql.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)');
  const erase = sql.prepare('DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?');
  const remember = sql.prepare('INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?)');
  const sign = sql.prepare('INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?)');
  const unsign = sql.prepare('DELETE FROM revisions WHERE revision NOT IN (SELECT revision FROM history)');
  const complete = sql.prepare("INSERT INTO counter VALUES ('history', ?1) ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)");
  const newest = sql.prepare('SELECT at FROM history ORDER BY at DESC LIMIT 1 OFFSET ?');
  const spare = sql.prepare(
    `INSERT OR IGNORE INTO unjudged
     VALUES (:kind, :namespace, :name, (SELECT resource FROM objects WHERE kind = :kind AND namespace = :namespace AND name = :name))`,
  );
  const count = sql.prepare("UPDATE counter SET value = ? WHERE name = 'revision'");
  const past = sql.prepare('SELECT * FROM history WHERE kind = ? AND namespace = ? AND name = ? ORDER BY revision');
  const kinds = sql.prepare('SELECT DISTINCT kind FROM history WHERE revision > ? ORDER BY kind');
  const forget = sql.prepare(
    `DELETE FROM history AS old WHERE at < ?1 AND (resource IS NULL OR EXISTS (
       SELECT 1 FROM history AS next WHERE next.kind = old.kind AND next.namespace = old.namespace AND next.name = old.name
       AND next.revision > old.revision AND next.at < ?1))`,
  );

  const objects = load(database);
  let revision = Number(sql.prepare("SELECT value FROM counter WHERE name = 'revision'").get()?.value ?? 0);

  const commit = ({ put, remove, author }: Omit<Write, 'author'> & Partial<Write>, next: number): void =>
    database.transaction(() => {
      const at = now();
      count.run(next);
      if (author) {
        sign.run(next, author.source, author.by?.user ?? null, author.undoes ?? null);
        audit.add(entryOf({ put, remove, author }, { at, revision: next }));
      }
      for (const { resource, findings } of put) {
        const { kind, namespace, name } = refOf(resource);
        const text = written(resource);
        spare.run({ kind, namespace, name });
        upsert.run(kind, namespace, name, next, text, JSON.stringify(findings));
        remember.run(next, at, kind, namespace, name, text);
      }
      for (const { kind, namespace, name } of remove) {
        spare.run({ kind, namespace, name });
        erase.run(kind, namespace, name);
        remember.run(next, at, kind, namespace, name, null);
      }
    });

  return {
    write: (write) => {
      if (write.put.length === 0 && write.remove.length === 0) return revision;
      commit(write, revision + 1);
      revision += 1;
      // Memory follows the disk, never the other way round: a failed commit leaves both as they were.
      for (const { resource, findings } of write.put) objects.set(refKey(refOf(resource)), { resource, findings, revision });
      for (const ref of write.remove) objects.delete(refKey(ref));
      return revision;
    },
    touch: (resources) => {
      const moved = resources.filter((resource) => {
        const stored = objects.get(refKey(refOf(resource)));
        return stored && !samePlace(stored.resource, resource);
      });
      for (const resource of moved) {
        const key = refKey(refOf(resource));
        const stored = objects.get(key);
        if (stored) objects.set(key, { ...stored, resource });
      }
      return moved.length;
    },
    all: () => objects,
    revision: () => revision,
    mark: () => {
      commit({ put: [], remove: [] }, revision + 1);
      revision += 1;
      return revision;
    },
    history: ({ kind, namespace, name }) =>
      past.all(kind, namespace, name).map((row) => ({
        revision: Number(row.revision),
        at: Number(row.at),
        ref: { kind, namespace, name },
        ...(row.resource === null ? {} : { resource: JSON.parse(String(row.resource)) as Resource }),
      })),
    kindsSince: (since) => kinds.all(since).map(({ kind }) => String(kind)),
    prune: (before, most) =>
      database.transaction(() => {
        const surplus = Number(newest.get(most)?.['at'] ?? 0);
        const cut = Math.max(before, surplus);
        const gone = Number(forget.run(cut).changes);
        unsign.run();
        complete.run(cut);
        return gone;
      }),
  };
};
