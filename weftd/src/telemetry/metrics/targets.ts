/**
 * What each proxy's counters stood at when they were last read. It is kept in the same commit as what was counted of it, so that a weftd that was
 * killed goes on exactly there.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Reader, Writer } from './numbers.ts';
import type { Place } from './shard.ts';

/** One of its series, as the proxy calls it. */
export interface Slot {
  readonly offset: number;
  readonly width: number;
  /** In each view; null: not kept. Looked up when it grows. */
  places?: readonly Place[] | null;
}

export interface Target {
  readonly name: string;
  /** When it was read, and when its process began; Unix milliseconds. */
  at: number;
  started: number;
  /** By `key`. */
  slots: Map<number, Slot>;
  values: Float64Array;
  used: number;
  isChanged: boolean;
}

export interface Targets {
  get(name: string): Target | undefined;
  /** Not yet known; nothing is read of it. */
  add(name: string): Target;
  /** Of a series by its metric and labels, as the proxy writes them. */
  key(metric: string, labels: string): number;
  /** Writes those that changed, and forgets those that were not read since `before`. */
  save(before: number): void;
}

/** Keys of metrics are multiples of it. */
const most = 2 ** 32;

export const room = (target: Target, key: number, width: number): Slot => {
  const known = target.slots.get(key);
  if (known?.width === width) return known;
  const slot: Slot = { offset: target.used, width };
  target.used += width;
  if (target.used > target.values.length) {
    const larger = new Float64Array(Math.ceil(target.used * 1.1) + 64);
    larger.set(target.values);
    target.values = larger;
  }
  target.slots.set(key, slot);
  return slot;
};

const writer = new Writer();

const toBytes = ({ slots, values }: Target): Buffer => {
  for (const [key, { offset, width }] of slots) {
    writer.whole(key);
    writer.whole(width);
    for (let index = offset; index < offset + width; index += 1) writer.value(values[index] ?? 0);
  }
  return writer.taken();
};

const fromBytes = (target: Target, bytes: Uint8Array): Target => {
  for (const reader = new Reader(bytes); !reader.ended; ) {
    const key = reader.whole();
    const { offset, width } = room(target, key, reader.whole());
    for (let index = offset; index < offset + width; index += 1) target.values[index] = reader.value();
  }
  return target;
};

const empty = (name: string, at = 0, started = 0): Target => ({
  ...{ name, at, started, slots: new Map() },
  ...{ values: new Float64Array(64), used: 0, isChanged: true },
});

class Open implements Targets {
  readonly #db: DatabaseSync;
  readonly #targets = new Map<string, Target>();
  readonly #texts = new Map<string, number>();
  readonly #unsaved: string[] = [];
  #next = 1;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#load();
  }

  #load(): void {
    const used = new Set<number>();
    for (const row of this.#db.prepare('SELECT name, at, started, bytes FROM target').iterate()) {
      const target = empty(String(row['name']), Number(row['at']), Number(row['started']));
      this.#targets.set(target.name, fromBytes(target, row['bytes'] as Uint8Array));
      target.isChanged = false;
      for (const key of target.slots.keys()) used.add(key % most).add(Math.floor(key / most));
    }
    const gone = this.#db.prepare('DELETE FROM text WHERE id = ?');
    for (const { id, text } of this.#db.prepare('SELECT id, text FROM text').all()) {
      if (used.has(Number(id))) this.#learn(String(text), Number(id));
      else gone.run(id ?? 0);
    }
  }

  get(name: string): Target | undefined {
    return this.#targets.get(name);
  }

  add(name: string): Target {
    const target = empty(name);
    this.#targets.set(name, target);
    return target;
  }

  key(metric: string, labels: string): number {
    return this.#textId(metric) * most + this.#textId(labels);
  }

  save(before: number): void {
    const texts = this.#db.prepare('INSERT INTO text (id, text) VALUES (?, ?)');
    for (const text of this.#unsaved.splice(0)) texts.run(this.#texts.get(text) ?? 0, text);
    const whole = this.#db.prepare('INSERT OR REPLACE INTO target (name, at, started, bytes) VALUES (?, ?, ?, ?)');
    const looked = this.#db.prepare('UPDATE target SET at = ? WHERE name = ?');
    const gone = this.#db.prepare('DELETE FROM target WHERE name = ?');
    for (const target of this.#targets.values()) {
      if (target.at < before) {
        gone.run(target.name);
        this.#targets.delete(target.name);
      } else if (target.isChanged) whole.run(target.name, target.at, target.started, toBytes(target));
      else looked.run(target.at, target.name);
      target.isChanged = false;
    }
  }

  #learn(text: string, id: number): void {
    this.#texts.set(text, id);
    this.#next = Math.max(this.#next, id + 1);
  }

  #textId(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // A piece of a page would keep the whole page in memory.
    const own = Buffer.from(text).toString();
    this.#learn(own, this.#next);
    this.#unsaved.push(own);
    return this.#next - 1;
  }
}

export const openTargets = (db: DatabaseSync): Targets => new Open(db);
