/** A day as if each step had been as the ones that were taken, in the store's own tables. */
import { DatabaseSync } from 'node:sqlite';
import { tiers } from '../weftd/src/telemetry/metrics/tiers.ts';

export interface Day {
  /** Unix milliseconds. */
  readonly start: number;
  readonly day: number;
  readonly interval: number;
  /** When the measured steps begin that all others are like; the day's start unless it is said. */
  readonly sample?: number;
}

const minute = 60_000;

const fillChunks = (db: DatabaseSync, { start, day, interval, sample = start }: Day): void => {
  const first = db.prepare('SELECT shard, bytes FROM chunk WHERE step = ? AND at = ?');
  const put = db.prepare('INSERT OR REPLACE INTO chunk (step, at, shard, bytes) VALUES (?, ?, ?, ?)');
  const look = db.prepare('INSERT OR IGNORE INTO look (step, at, looked) VALUES (?, ?, 1)');
  const reached = db.prepare('INSERT OR REPLACE INTO tier (step, summed, kept) VALUES (?, ?, 0)');
  const chunks = first.all(interval, sample + interval);
  if (chunks.length === 0) throw new Error('nothing is kept of the steps that the day is made of');
  for (const { step, keep } of tiers) {
    const first = Math.ceil(Math.max(start, start + day - keep) / step) * step;
    for (let at = first; at + step <= start + day; at += step) {
      for (const { shard, bytes } of chunks) put.run(step, at, shard ?? 0, bytes ?? null);
      look.run(step, at);
    }
    reached.run(step, Math.floor((start + day) / step) * step);
  }
};

/** A month of days, and of the last one all minutes but the very last, which is still open; what they are summed up to is left to the store. */
const fillTopology = (db: DatabaseSync, { start, day }: Day): void => {
  const [row] = db.prepare('SELECT revision, size, bounds, bytes FROM topology WHERE step = ? ORDER BY at DESC LIMIT 1').all(minute);
  if (!row) throw new Error('no minute of topology is recorded yet: measure seven rounds or more');
  const put = db.prepare('INSERT INTO topology (step, at, revision, size, bounds, bytes) VALUES (?, ?, ?, ?, ?, ?)');
  db.exec('DELETE FROM topology');
  for (let before = 1; before < 30; before += 1)
    put.run(day, start - before * day, 0, row['size'] ?? 0, row['bounds'] ?? '[]', row['bytes'] ?? new Uint8Array());
  for (let at = start; at < start + day - minute; at += minute) {
    const revision = Math.floor((at - start) / 3_600_000);
    put.run(minute, at, revision, row['size'] ?? 0, row['bounds'] ?? '[]', row['bytes'] ?? new Uint8Array());
  }
};

export const fillDay = (path: string, day: Day): void => {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA synchronous = OFF; BEGIN');
  fillChunks(db, day);
  fillTopology(db, day);
  db.exec('COMMIT');
  db.close();
};
