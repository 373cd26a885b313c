/** Sums of what is read of a question, by group and step: all of them numbers in one array, since a question about all edges has some ten thousand. */
import { type Measured, mergeHistograms } from '@weft/signals';
import { withRoom } from './numbers.ts';
import { type Kind, widthOf } from './shard.ts';
import { addValue, Entries } from './sums.ts';

/** What a group measured in a step. */
export type Take = (group: number, at: number, value: Measured, gap: boolean) => void;

interface Chunk {
  readonly bytes: Uint8Array;
  /** By slot its group, or -1. */
  readonly wanted: Int32Array;
  /** How many groups there are by now. */
  readonly groups: number;
  /** Of so many values of each series the last one only. */
  readonly lastOf: number | undefined;
}

/** Of series with the same bounds. */
export class StepSums {
  readonly #kind: Kind;
  readonly #bounds: readonly number[];
  readonly #width: number;
  /** By step, then by group: which one of `values`, and 1; or 0. */
  readonly #rows = new Map<number, Int32Array>();
  #values: Float64Array;
  readonly #gaps = new Set<number>();
  #used = 0;

  constructor(kind: Kind, bounds: readonly number[]) {
    this.#kind = kind;
    this.#bounds = bounds;
    this.#width = widthOf({ metric: '', kind, bounds });
    this.#values = new Float64Array(64 * this.#width);
  }

  add(at: number, { bytes, wanted, groups, lastOf }: Chunk): void {
    const rows = withRoom(this.#rows.get(at) ?? new Int32Array(0), groups);
    this.#rows.set(at, rows);
    for (const entries = new Entries(bytes); entries.next(); ) {
      const group = wanted[entries.slot] ?? -1;
      if (group < 0) continue;
      const row = (rows[group] ?? 0) - 1;
      const to = row < 0 ? this.#newRow() : row;
      rows[group] = to + 1;
      if (entries.gap) this.#gaps.add(to);
      if (lastOf !== undefined) this.#values[to] = (this.#values[to] ?? 0) + entries.last(lastOf);
      else this.#addEntry(entries, to * this.#width);
    }
  }

  /** In the order of time. */
  each(take: Take): void {
    for (const [at, rows] of [...this.#rows].sort(([a], [b]) => a - b)) {
      for (let group = 0; group < rows.length; group += 1) {
        const row = (rows[group] ?? 0) - 1;
        if (row >= 0) take(group, at, this.#value(row * this.#width), this.#gaps.has(row));
      }
    }
  }

  #addEntry(entries: Entries, to: number): void {
    if (this.#kind !== 'gauge') {
      entries.addTo(this.#values, to);
      return;
    }
    const values = new Float64Array(this.#width);
    entries.addTo(values, 0);
    addValue('gauge', this.#values, [to, 0, this.#width], values);
  }

  #value(from: number): Measured {
    const value = (index: number): number => this.#values[from + index] ?? 0;
    if (this.#kind === 'counter') return { kind: 'amount', amount: value(0) };
    if (this.#kind === 'gauge') return { kind: 'gauge', min: value(0), max: value(1), sum: value(2), looks: value(3), last: value(4) };
    const counts: number[] = Array(this.#width - 1).fill(0);
    for (let index = 0; index < counts.length; index += 1) counts[index] = value(index);
    return { kind: 'observations', histogram: { bounds: this.#bounds, counts, sum: value(counts.length) } };
  }

  #newRow(): number {
    this.#used += 1;
    this.#values = withRoom(this.#values, this.#used * this.#width);
    return this.#used - 1;
  }
}

/** Buckets of different bounds: one for each group and step. */
const eachJoined = (all: readonly StepSums[], take: Take): void => {
  const found: { readonly group: number; readonly at: number; readonly value: Measured; readonly gap: boolean }[] = [];
  for (const sums of all) sums.each((group, at, value, gap) => found.push({ group, at, value, gap }));
  found.sort((a, b) => a.at - b.at);
  for (const same of Map.groupBy(found, ({ group, at }) => `${group} ${at}`).values()) {
    const histograms = same.flatMap(({ value }) => (value.kind === 'observations' ? [value.histogram] : []));
    const isMissing = same.some(({ gap }) => gap);
    for (const { group, at } of same.slice(0, 1))
      take(group, at, { kind: 'observations', histogram: mergeHistograms(histograms) }, isMissing);
  }
};

export class Table {
  readonly #kind: Kind;
  readonly #byBounds = new Map<string, StepSums>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  like(bounds: readonly number[]): StepSums {
    const key = bounds.join();
    const sums = this.#byBounds.get(key) ?? new StepSums(this.#kind, bounds);
    this.#byBounds.set(key, sums);
    return sums;
  }

  /** Of each group in the order of time. */
  each(take: Take): void {
    const all = [...this.#byBounds.values()];
    const [only] = all;
    if (only && all.length === 1) only.each(take);
    else eachJoined(all, take);
  }
}
