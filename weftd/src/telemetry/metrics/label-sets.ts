/**
 * Sets of labels as numbers: each value is one text in memory whoever has it, and each set a row of the values' numbers. A mesh has some ten
 * thousand sets of twenty labels each; as objects they would take more room than all else, and questions would compare texts.
 */
import type { Labels } from '@weft/signals';
import { withRoom } from './numbers.ts';

/** Of the empty text, and of what a set does not have: to Prometheus both are the same. */
const nothing = 0;

export class LabelSets {
  readonly #texts: string[] = [''];
  readonly #numbers = new Map([['', nothing]]);
  readonly #names: string[] = [];
  readonly #columns = new Map<string, number>();
  readonly #ids = new Map<string, number>();
  /** Row after row, each as wide as there is room for columns. */
  #cells = new Int32Array(0);
  #width = 0;
  size = 0;

  of(labels: Labels): number {
    const row: number[] = [];
    for (const [name, value] of Object.entries(labels)) row[this.#columnOf(name)] = this.#numberOf(value);
    return this.#idOf(row);
  }

  /** The same set without the labels that are not kept: several metrics have it, and each asks in each view. */
  restriction(kept: readonly string[]): (set: number) => number {
    /** By set: what is left, and 1; or 0. */
    let known = new Int32Array(0);
    return (set) => {
      known = withRoom(known, set + 1);
      const left = known[set] || this.#only(set, kept) + 1;
      known[set] = left;
      return left - 1;
    };
  }

  labels(set: number): Labels {
    const pairs = this.#names.map((name, column) => [name, this.#texts[this.#cell(set, column)] ?? ''] as const);
    return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
  }

  /** What a set has of this label, as a number: 0 where it has nothing of it. */
  reader(name: string): (set: number) => number {
    const column = this.#columns.get(name);
    return column === undefined ? () => nothing : (set) => this.#cell(set, column);
  }

  /** Undefined: no set has it. */
  number(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  #only(set: number, kept: readonly string[]): number {
    const row: number[] = [];
    for (const name of kept) {
      const column = this.#columns.get(name);
      if (column !== undefined) row[column] = this.#cell(set, column);
    }
    return this.#idOf(row);
  }

  #cell(set: number, column: number): number {
    return this.#cells[set * this.#width + column] ?? nothing;
  }

  #idOf(row: readonly (number | undefined)[]): number {
    const full = Array.from(row, (value) => value ?? nothing);
    // Columns that came later are not in the keys of those that were there before.
    while (full.at(-1) === nothing) full.pop();
    const key = full.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.size;
    this.#reserve(id + 1, full.length);
    this.#cells.set(full, id * this.#width);
    this.#ids.set(key, id);
    this.size += 1;
    return id;
  }

  #reserve(sets: number, columns: number): void {
    if (columns <= this.#width && sets * this.#width <= this.#cells.length) return;
    const width = columns <= this.#width ? this.#width : columns + 4;
    const larger = new Int32Array(Math.max(256, Math.ceil(sets * 1.5)) * width);
    for (let set = 0; set < this.size; set += 1) larger.set(this.#cells.subarray(set * this.#width, (set + 1) * this.#width), set * width);
    this.#cells = larger;
    this.#width = width;
  }

  #columnOf(name: string): number {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const column = this.#names.push(ownCopy(name)) - 1;
    this.#columns.set(name, column);
    return column;
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const own = ownCopy(text);
    const number = this.#texts.push(own) - 1;
    this.#numbers.set(own, number);
    return number;
  }
}

/** A piece of a page would keep the whole page in memory. */
export const ownCopy = (text: string): string => Buffer.from(text).toString();
