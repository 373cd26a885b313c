/**
 * What each proxy's counters stood at when they were last read. It is kept in the same commit as what was counted of it, so that a weftd that was
 * killed goes on exactly there. In memory it lies as it does in the file: as numbers that are read when its proxy is.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ownCopy } from './label-sets.ts';
import { Reader, Writer, withRoom } from './numbers.ts';

export interface Target {
  readonly name: string;
  /** When it was read, and when its process began; Unix milliseconds. */
  at: number;
  started: number;
  /** Its series one after the other: `key`, looks since it was on the page, width, values. */
  bytes: Uint8Array;
  /** In the same order: where each series is kept. */
  places: Int32Array;
  isChanged: boolean;
}

/** Of places. */
export const [unknown, notKept] = [-1, -2];

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

/** Of a key: the number of its labels' text. */
export const textOf = (key: number): number => key % most;

/** One of a target's series. */
export interface Slot {
  readonly key: number;
  readonly index: number;
  readonly offset: number;
  readonly width: number;
  /** How often the page had nothing of it. */
  missed: number;
  place: number;
  isSeen: boolean;
  /** It did not stand anywhere. */
  readonly isNew: boolean;
}

/** What is not on the page that often is gone: an hour of looks. */
const mostMissed = 360;

const writer = new Writer();

/** One page is read at a time. */
let room: Float64Array = new Float64Array(1 << 14);

/** What a target stood at, while its page is read. */
export class Standing {
  readonly #slots: Slot[] = [];
  #used = 0;
  /** A page has its series in the order of the one before, as a rule. */
  #next = 0;
  #byKey: Map<number, Slot> | undefined;

  constructor({ bytes, places }: Pick<Target, 'bytes' | 'places'>) {
    for (const reader = new Reader(bytes); !reader.ended; ) {
      const key = reader.whole();
      const missed = reader.whole();
      const slot = this.#add(key, reader.whole(), { missed, place: places[this.#slots.length] ?? unknown, isNew: false });
      for (let index = slot.offset; index < slot.offset + slot.width; index += 1) room[index] = reader.value();
    }
  }

  /** By a slot's `offset`. */
  get values(): Float64Array {
    return room;
  }

  /** Where this series stands; one that was not there stood at 0. */
  slot(key: number, width: number): Slot {
    let slot = this.#slots[this.#next];
    if (slot?.key !== key || slot.width !== width) slot = this.#sought(key, width);
    this.#next = slot.index + 1;
    slot.isSeen = true;
    return slot;
  }

  all(): readonly Readonly<Slot>[] {
    return this.#slots;
  }

  get isMissing(): boolean {
    return this.#slots.some(({ isSeen }) => !isSeen);
  }

  /** Back to where it is kept. */
  store(target: Target): void {
    const kept = this.#slots.filter((slot) => slot.isSeen || slot.missed < mostMissed);
    for (const { key, missed, width, offset, isSeen } of kept) {
      writer.whole(key);
      writer.whole(isSeen ? 0 : missed + 1);
      writer.whole(width);
      for (let index = offset; index < offset + width; index += 1) writer.value(room[index] ?? 0);
    }
    target.bytes = writer.takenInto(target.bytes);
    target.places = Int32Array.from(kept, ({ place }) => place);
  }

  #sought(key: number, width: number): Slot {
    this.#byKey ??= new Map(this.#slots.map((slot) => [slot.key, slot]));
    const known = this.#byKey.get(key);
    if (known?.width === width) return known;
    const added = this.#add(key, width, { missed: 0, place: unknown, isNew: true });
    room.fill(0, added.offset, added.offset + width);
    this.#byKey.set(key, added);
    return added;
  }

  #add(key: number, width: number, known: Pick<Slot, 'missed' | 'place' | 'isNew'>): Slot {
    const slot: Slot = { key, index: this.#slots.length, offset: this.#used, width, ...known, isSeen: false };
    this.#used += width;
    room = withRoom(room, this.#used);
    this.#slots.push(slot);
    return slot;
  }
}

const nothing = { bytes: new Uint8Array(0), places: new Int32Array(0) };

/** Nothing is known of what it counted. */
export const afresh = (): Standing => new Standing(nothing);

/** The keys in it. */
const keysIn = (bytes: Uint8Array): readonly number[] => {
  const keys: number[] = [];
  for (const reader = new Reader(bytes); !reader.ended; ) {
    keys.push(reader.whole());
    reader.whole();
    for (let left = reader.whole(); left > 0; left -= 1) reader.value();
  }
  return keys;
};

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
      const [name, bytes] = [String(row['name']), row['bytes'] as Uint8Array];
      const keys = keysIn(bytes);
      const places = new Int32Array(keys.length).fill(unknown);
      this.#targets.set(name, { name, at: Number(row['at']), started: Number(row['started']), bytes, places, isChanged: false });
      for (const key of keys) used.add(textOf(key)).add(Math.floor(key / most));
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
    const target: Target = { name, at: 0, started: 0, ...nothing, isChanged: true };
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
      } else if (target.isChanged) whole.run(target.name, target.at, target.started, target.bytes);
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
    const own = ownCopy(text);
    this.#learn(own, this.#next);
    this.#unsaved.push(own);
    return this.#next - 1;
  }
}

export const openTargets = (db: DatabaseSync): Targets => new Open(db);
