/** What was read and is not yet written: by the stretch of time that it belongs to. */
import type { Catalogue } from './catalogue.ts';
import { type Shard, shardOf, slotOf } from './shard.ts';
import { addTo, addValue, emptySums, type Sums } from './sums.ts';
import { longestKept, startOf, tiers } from './tiers.ts';

const shortest = tiers[0]?.step ?? 0;

/** Multiples of the shortest step. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Proxies are read around the ends of steps: what was read a little after one belongs to the step before. */
export const stepOf = (at: number): number => startOf(at - shortest / 2, shortest);

export const stepEnd = (at: number): number => stepOf(at) + shortest;

/** The steps between two readings; where both fall into one, that one. */
export const stretchOf = (before: number, at: number): Stretch => {
  const last = stepOf(at);
  // Before it nothing is kept: what is said to have begun then, by a clock that was wrong perhaps, is not spread over ages.
  const first = Math.max(stepOf(before) + shortest, last - longestKept);
  return { from: Math.min(last, first), to: last + shortest };
};

export interface Pending extends Stretch {
  readonly sums: Map<Shard, Sums>;
}

export interface Increase {
  readonly values: ArrayLike<number>;
  readonly gap: boolean;
}

const sumsOf = (sums: Map<Shard, Sums>, shard: Shard): Sums => {
  const known = sums.get(shard) ?? emptySums(shard);
  sums.set(shard, known);
  return known;
};

/** Summed up once for all that was read: most series are said by several pods. */
const addWithin = (sums: Map<Shard, Sums>, from: Shard, catalogue: Catalogue): void => {
  const own = sumsOf(sums, from);
  for (const places of from.within) {
    if (!places) continue;
    for (const [slot, place] of places.entries()) {
      const state = own.state[slot] ?? 0;
      const shard = state === 0 ? undefined : catalogue.shard(shardOf(place));
      if (!shard) continue;
      const into = sumsOf(sums, shard);
      const to = slotOf(place);
      addValue(from.kind, into.values, [to * own.width, slot * own.width, own.width], own.values);
      into.state[to] = (into.state[to] ?? 0) | state;
    }
  }
};

export class Waiting {
  readonly #catalogue: Catalogue;
  readonly #stretches = new Map<string, Pending>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  add({ from, to }: Stretch, place: number, increase: Increase): void {
    const shard = this.#catalogue.shard(shardOf(place));
    if (!shard) return;
    const key = `${from}-${to}`;
    let pending = this.#stretches.get(key);
    if (!pending) {
      pending = { from, to, sums: new Map() };
      this.#stretches.set(key, pending);
    }
    addTo(sumsOf(pending.sums, shard), slotOf(place), increase);
  }

  /** All of it, in each view; nothing is left. */
  taken(): readonly Pending[] {
    const all = [...this.#stretches.values()];
    this.#stretches.clear();
    for (const { sums } of all) for (const shard of [...sums.keys()]) addWithin(sums, shard, this.#catalogue);
    return all;
  }
}
