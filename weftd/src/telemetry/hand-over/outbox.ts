/**
 * What is on its way to others, in one file, `outbox.db`: it waits there while they are away, up to a bound; then the oldest goes, and is counted.
 * Synchronous: it belongs on the telemetry thread.
 */
import { gzipSync } from 'node:zlib';
import { type OtlpSignal, otlpSignals } from '@weft/model';
import type { StoredRecord } from '@weft/signals';
import { openDatabase } from '../../store/database.ts';
import type { Look } from '../metrics/metrics.ts';
import type { Reading } from '../metrics/reading.ts';
import type { Telling } from '../metrics/told.ts';
import type { ToldTraces } from '../traces/traces.ts';
import { beginningsIn, beginningsTable } from './beginnings.ts';
import { writeRecords } from './logs.ts';
import { writeMeasurements } from './measurements.ts';
import { RemoteWriter, type Written, writeLooks, writeTelling } from './remote-write.ts';
import { writeSpans } from './spans.ts';

/** What is sent by OTLP is called as there. */
export type Lane = 'remote-write' | OtlpSignal;

export const lanes: readonly Lane[] = ['remote-write', ...otlpSignals];

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
  readings(readings: readonly Reading[], wanted: readonly Lane[]): void;
  /** For remote write. */
  looks(looks: readonly Look[], now: number): void;
  telling(telling: Telling): void;
  spans(told: ToldTraces): void;
  /** All of them were stored after the one that `cursor` tells. */
  records(records: readonly StoredRecord[]): void;
  /** The number of the last record that is on its way or has arrived; `since` where none is. */
  cursor(since: number): number;
  /** The oldest. */
  first(lane: Lane): Parcel | undefined;
  /** It was taken, but for so many of its items. */
  done(parcel: { readonly id: number; readonly refused: number }): void;
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
  INSERT INTO lanes (lane) VALUES ${lanes.map((lane) => `('${lane}')`).join(', ')};
  CREATE TABLE cursor (id INTEGER PRIMARY KEY CHECK (id = 1), record INTEGER NOT NULL) STRICT;
  ${beginningsTable}
  `,
];

/** Of measurements it leaves a twentieth. */
const packed = ({ body, samples }: Written): Written => ({ body: gzipSync(body, { level: 1 }), samples });

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
  const beginnings = beginningsIn(sql);

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
    readings: (readings, wanted) =>
      transaction(() => {
        for (const reading of readings) {
          if (wanted.includes('remote-write')) add('remote-write', writer.write(reading));
          if (!wanted.includes('metrics')) continue;
          for (const written of beginnings.read(reading, (begin) => writeMeasurements(reading, begin))) add('metrics', packed(written));
        }
      }),
    looks: (looks, now) => transaction(() => add('remote-write', writeLooks(looks, now))),
    telling: (telling) => transaction(() => add('remote-write', writeTelling(telling))),
    spans: (told) => transaction(() => add('traces', packed(writeSpans(told)))),
    records: (records) =>
      transaction(() => {
        add('logs', packed(writeRecords(records)));
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
    done: ({ id, refused }) =>
      transaction(() => {
        const row = known.get(id);
        if (!row) return;
        count.sent.run(Number(row.items) - refused, row.lane ?? '');
        count.refused.run(refused, row.lane ?? '');
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
        if (lane === 'metrics') beginnings.clear();
      }),
    maintain: () => {},
    close,
  };
};
