/**
 * What is on its way to others, in one file, `outbox.db`: it waits there while they are away, up to a bound; then the oldest goes, and is counted.
 * Synchronous: it belongs on the telemetry thread.
 */
import type { StoredRecord } from '@weft/signals';
import { openDatabase } from '../../store/database.ts';
import type { Reading } from '../metrics/reading.ts';
import type { ToldTraces } from '../traces/traces.ts';
import { writeRecords } from './logs.ts';
import { RemoteWriter, type Written } from './remote-write.ts';
import { writeSpans } from './spans.ts';

export type Lane = 'metrics' | 'traces' | 'logs';

export interface OutboxOptions {
  /** Of each lane. */
  readonly maxBytes: number;
}

export interface Parcel {
  readonly id: number;
  readonly body: Uint8Array;
  /** Samples, spans or records. */
  readonly items: number;
}

export interface LaneState {
  readonly lane: Lane;
  readonly waiting: number;
  readonly sent: number;
  /** Too much waited. */
  readonly dropped: number;
  /** The other end took them never. */
  readonly refused: number;
}

export interface Outbox {
  readings(readings: readonly Reading[]): void;
  spans(told: ToldTraces): void;
  /** All of them were stored after the one that `cursor` tells. */
  records(records: readonly StoredRecord[]): void;
  /** The number of the last record that is on its way or has arrived; `since` where none is. */
  cursor(since: number): number;
  /** The oldest. */
  first(lane: Lane): Parcel | undefined;
  done(parcel: { readonly id: number; readonly isSent: boolean }): void;
  state(): readonly LaneState[];
  /** Nobody wants it any more. */
  clear(lane: Lane): void;
  maintain(): void;
  close(): void;
}

const migrations = [
  `
  CREATE TABLE parcels (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, items INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX parcels_by_lane ON parcels (lane, id, length(body), items);
  CREATE TABLE lanes (
    lane TEXT PRIMARY KEY, sent INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO lanes (lane) VALUES ('metrics'), ('traces'), ('logs');
  CREATE TABLE cursor (id INTEGER PRIMARY KEY CHECK (id = 1), record INTEGER NOT NULL) STRICT;
  `,
];

export const openOutbox = (path: string, { maxBytes }: OutboxOptions): Outbox => {
  const { sql, transaction, close } = openDatabase(path, migrations);
  const put = sql.prepare('INSERT INTO parcels (lane, items, body) VALUES (?, ?, ?)');
  const size = sql.prepare('SELECT coalesce(sum(length(body)), 0) AS bytes FROM parcels WHERE lane = ?');
  const oldest = sql.prepare('SELECT id, items, body FROM parcels WHERE lane = ? ORDER BY id LIMIT 1');
  const known = sql.prepare('SELECT lane, items FROM parcels WHERE id = ?');
  const remove = sql.prepare('DELETE FROM parcels WHERE id = ?');
  const clear = sql.prepare('DELETE FROM parcels WHERE lane = ?');
  const count = {
    sent: sql.prepare('UPDATE lanes SET sent = sent + ? WHERE lane = ?'),
    dropped: sql.prepare('UPDATE lanes SET dropped = dropped + ? WHERE lane = ?'),
    refused: sql.prepare('UPDATE lanes SET refused = refused + ? WHERE lane = ?'),
  };
  const states = sql.prepare(
    'SELECT lane, sent, dropped, refused, (SELECT coalesce(sum(items), 0) FROM parcels WHERE parcels.lane = lanes.lane) AS waiting FROM lanes',
  );
  const moved = sql.prepare('INSERT OR REPLACE INTO cursor VALUES (1, ?)');
  const at = sql.prepare('SELECT record FROM cursor');
  const writer = new RemoteWriter();

  const bytesOf = (lane: Lane): number => Number(size.get(lane)?.bytes);

  const add = (lane: Lane, { body, samples }: Written): void => {
    put.run(lane, samples, body);
    while (bytesOf(lane) > maxBytes) {
      const last = oldest.get(lane);
      if (!last) return;
      count.dropped.run(last.items ?? 0, lane);
      remove.run(last.id ?? 0);
    }
  };

  return {
    readings: (readings) =>
      transaction(() => {
        for (const reading of readings) add('metrics', writer.write(reading));
      }),
    spans: (told) => transaction(() => add('traces', writeSpans(told))),
    records: (records) =>
      transaction(() => {
        add('logs', writeRecords(records));
        moved.run(records.at(-1)?.id ?? 0);
      }),
    cursor: (since) => {
      const record = at.get()?.record;
      if (record !== undefined) return Number(record);
      moved.run(since);
      return since;
    },
    first: (lane) => {
      const row = oldest.get(lane);
      return row && { id: Number(row.id), items: Number(row.items), body: row.body as Uint8Array };
    },
    done: ({ id, isSent }) =>
      transaction(() => {
        const row = known.get(id);
        if (!row) return;
        count[isSent ? 'sent' : 'refused'].run(row.items ?? 0, row.lane ?? '');
        remove.run(id);
      }),
    state: () =>
      states.all().map((row) => ({
        lane: String(row.lane) as Lane,
        ...{ waiting: Number(row.waiting), sent: Number(row.sent), dropped: Number(row.dropped), refused: Number(row.refused) },
      })),
    clear: (lane) =>
      transaction(() => {
        clear.run(lane);
        if (lane === 'logs') sql.exec('DELETE FROM cursor');
      }),
    maintain: () => {},
    close,
  };
};
