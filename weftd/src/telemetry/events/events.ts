/** What happened: a short history for people who ask what changed around a moment. Configuration has its own, in the store of objects. */
import type { MeshChange } from '@weft/model';
import { openDatabase } from '../../store/database.ts';

export interface EventsOptions {
  readonly maxAgeMs: number;
  readonly maxEvents: number;
}

export interface EventsAsked {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

export interface Events {
  /** On disk when it returns. */
  add(events: readonly MeshChange[]): void;
  /** The newest first. */
  query(asked: EventsAsked): readonly MeshChange[];
  /** The last of its kind. */
  last(kind: MeshChange['kind']): MeshChange | undefined;
  maintain(now: number): void;
  close(): void;
}

const migrations = [
  `
  CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL) STRICT;
  CREATE INDEX events_by_time ON events (at);
  `,
];

export const openEvents = (path: string, { maxAgeMs, maxEvents }: EventsOptions): Events => {
  const { sql, transaction, close } = openDatabase(path, migrations);
  const put = sql.prepare('INSERT INTO events (at, kind, event) VALUES (?, ?, ?)');
  const found = sql.prepare('SELECT event FROM events WHERE at >= ? AND at < ? ORDER BY at DESC, id DESC LIMIT ?');
  const last = sql.prepare('SELECT event FROM events WHERE kind = ? ORDER BY id DESC LIMIT 1');
  const forget = sql.prepare('DELETE FROM events WHERE at < ? OR id <= (SELECT max(id) FROM events) - ?');
  return {
    add: (events) =>
      transaction(() => {
        for (const event of events) put.run(event.at, event.kind, JSON.stringify(event));
      }),
    query: ({ from, to, limit }) => found.all(from, to, limit).map(({ event }) => JSON.parse(String(event)) as MeshChange),
    last: (kind) => {
      const row = last.get(kind);
      return row && (JSON.parse(String(row['event'])) as MeshChange);
    },
    maintain: (now) => void forget.run(now - maxAgeMs, maxEvents),
    close,
  };
};
