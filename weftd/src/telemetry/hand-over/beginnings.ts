/**
 * Since when each series of a proxy counts, with what it stood at when it was read last: kept beside what is on its way, in the same commit, so that
 * a weftd that was killed tells the same beginnings.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Reading } from '../metrics/reading.ts';

/** @returns since when the series counts; Unix milliseconds */
export type Beginning = (key: string, count: number) => number;

/** Of one proxy's series. */
interface Series {
  readonly count: number;
  readonly began: number;
}

/** Numbers of a series: its name (52 bits of a hash, exact in a double), its count, its beginning. */
const width = 3;

const nameOf = (key: string): number => Number.parseInt(hash('sha1', key, 'hex').slice(0, 13), 16);

const toBytes = (series: ReadonlyMap<number, Series>): Uint8Array => {
  const numbers = new Float64Array(series.size * width);
  let at = 0;
  for (const [name, { count, began }] of series) {
    numbers.set([name, count, began], at);
    at += width;
  }
  return new Uint8Array(numbers.buffer);
};

const fromBytes = (bytes: Uint8Array): ReadonlyMap<number, Series> => {
  const numbers = new Float64Array(Uint8Array.from(bytes).buffer);
  const series = new Map<number, Series>();
  for (let at = 0; at < numbers.length; at += width)
    series.set(numbers[at] ?? 0, { count: numbers[at + 1] ?? 0, began: numbers[at + 2] ?? 0 });
  return series;
};

export interface Beginnings {
  /** Within the transaction in which what `use` returns is put down. */
  read<Result>(reading: Reading, use: (begin: Beginning) => Result): Result;
  clear(): void;
}

/** Proxies that were not read for so long are gone; what they were read at last is older than any Envoy that still drains. */
const goneMs = 3_600_000;

export const beginningsTable = `
  CREATE TABLE beginnings (target TEXT PRIMARY KEY, at INTEGER NOT NULL, started INTEGER NOT NULL, series BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX beginnings_by_age ON beginnings (at);
`;

export const beginningsIn = (sql: DatabaseSync): Beginnings => {
  const known = sql.prepare('SELECT at, started, series FROM beginnings WHERE target = ?');
  const put = sql.prepare('INSERT OR REPLACE INTO beginnings VALUES (?, ?, ?, ?)');
  const forget = sql.prepare('DELETE FROM beginnings WHERE at < ?');
  return {
    read: ({ target, at, started }, use) => {
      const row = known.get(target);
      const isSame = row !== undefined && Number(row['started']) === started;
      const before = isSame ? fromBytes(row['series'] as Uint8Array) : new Map<number, Series>();
      const looked = isSame ? Number(row['at']) : started;
      const now = new Map<number, Series>();
      const result = use((key, count) => {
        const name = nameOf(key);
        const last = before.get(name);
        const began = last && count >= last.count ? last.began : looked;
        now.set(name, { count, began });
        return began;
      });
      put.run(target, Math.round(at), Math.round(started), toBytes(now));
      forget.run(Math.round(at) - goneMs);
      return result;
    },
    clear: () => sql.exec('DELETE FROM beginnings'),
  };
};
