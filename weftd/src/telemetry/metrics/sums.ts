/** Values of a shard's series in one step, summed up in memory, and as bytes. */
import { Reader, Writer } from './numbers.ts';
import { type Family, type Kind, shardSize, widthOf } from './shard.ts';

/** Within a value of a gauge. */
const [smallest, largest, total, looks, last] = [0, 1, 2, 3, 4];

export interface Sums {
  readonly family: Family;
  readonly width: number;
  readonly values: Float64Array;
  /** By slot: 0 where nothing is; 1; 3 where something is missing too. */
  readonly state: Uint8Array;
}

export const emptySums = (family: Family): Sums => {
  const width = widthOf(family);
  return { family, width, values: new Float64Array(shardSize * width), state: new Uint8Array(shardSize) };
};

/** Adds one value to what is at `to`. */
export const addValue = (
  kind: Kind,
  into: Float64Array,
  [to, from, width]: readonly [number, number, number],
  values: ArrayLike<number>,
) => {
  if (kind !== 'gauge') {
    for (let index = 0; index < width; index += 1) into[to + index] = (into[to + index] ?? 0) + (values[from + index] ?? 0);
    return;
  }
  const isFirst = into[to + looks] === 0;
  const low = values[from + smallest] ?? 0;
  const high = values[from + largest] ?? 0;
  into[to + smallest] = isFirst ? low : Math.min(into[to + smallest] ?? low, low);
  into[to + largest] = isFirst ? high : Math.max(into[to + largest] ?? high, high);
  into[to + total] = (into[to + total] ?? 0) + (values[from + total] ?? 0);
  into[to + looks] = (into[to + looks] ?? 0) + (values[from + looks] ?? 0);
  into[to + last] = values[from + last] ?? 0;
};

export const addTo = (sums: Sums, slot: number, { values, gap }: { readonly values: ArrayLike<number>; readonly gap: boolean }): void => {
  addValue(sums.family.kind, sums.values, [slot * sums.width, 0, sums.width], values);
  sums.state[slot] = (sums.state[slot] ?? 0) | (gap ? 3 : 1);
};

/** Of a stretch of time that begins at 0 and ends at 1. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

const whole: Part = { from: 0, to: 1 };

/** Requests stay whole: the parts of a number are numbers of their own, and together what it was. */
const partOf = (value: number, { from, to }: Part): number =>
  Number.isInteger(value) ? Math.floor(value * to) - Math.floor(value * from) : value * (to - from);

const writer = new Writer();
const entry = new Writer();

const writeEntry = ({ values, width }: Sums, slot: number, part: Part): Buffer => {
  entry.sparse(width, (index) => partOf(values[slot * width + index] ?? 0, part));
  return entry.taken();
};

/** For each series: how many slots are passed over, whether something is missing, how many bytes; then its values that are not 0. */
export const toBytes = (sums: Sums, part = whole): Buffer => {
  let before = -1;
  for (let slot = 0; slot < shardSize; slot += 1) {
    const state = sums.state[slot] ?? 0;
    if (state === 0) continue;
    const bytes = writeEntry(sums, slot, part);
    writer.whole((slot - before - 1) * 2 + (state === 3 ? 1 : 0));
    writer.whole(bytes.length);
    writer.bytes(bytes);
    before = slot;
  }
  return writer.taken();
};

/** What a chunk holds, series by series. */
export class Entries {
  readonly #reader: Reader;
  #end = 0;
  slot = -1;
  gap = false;

  constructor(bytes: Uint8Array) {
    this.#reader = new Reader(bytes);
  }

  /** On to the next one, whether or not this one was read. @returns whether there is one */
  next(): boolean {
    this.#reader.at = this.#end;
    if (this.#reader.ended) return false;
    const skipped = this.#reader.whole();
    this.slot += 1 + Math.floor(skipped / 2);
    this.gap = skipped % 2 === 1;
    this.#end = this.#reader.whole() + this.#reader.at;
    return true;
  }

  /** Adds its values to what is there from `to` on. */
  addTo(into: Float64Array, to: number): void {
    this.#reader.addSparse(this.#end, into, to);
  }

  /** The last of its `width` values. */
  last(width: number): number {
    return this.#reader.lastOfSparse(this.#end, width - 1);
  }
}

/** Adds what a chunk holds. */
export const addChunk = (sums: Sums, bytes: Uint8Array): void => {
  const values = new Float64Array(sums.width);
  for (const entries = new Entries(bytes); entries.next(); ) {
    values.fill(0);
    entries.addTo(values, 0);
    addTo(sums, entries.slot, { values, gap: entries.gap });
  }
};
