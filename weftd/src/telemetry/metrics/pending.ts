/** What was read and is not yet written: by the stretch of time that it belongs to. */
import type { Shard } from './shard.ts';
import { addTo, emptySums, type Sums } from './sums.ts';
import { startOf, tiers } from './tiers.ts';

const shortest = tiers[0]?.step ?? 0;

/** Before it nothing is kept: what is said to have begun then, by a clock that was wrong perhaps, is not spread over ages. */
const longest = tiers.at(-1)?.keep ?? 0;

/** Multiples of the shortest step. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Proxies are read around the ends of steps: what was read a little after one belongs to the step before. */
export const stepOf = (at: number): number => startOf(at - shortest / 2, shortest);

/** The steps between two readings; where both fall into one, that one. */
export const stretchOf = (before: number, at: number): Stretch => {
  const last = stepOf(at);
  const first = Math.max(stepOf(before) + shortest, last - longest);
  return { from: Math.min(last, first), to: last + shortest };
};

export interface Pending extends Stretch {
  readonly sums: Map<Shard, Sums>;
}

export interface Increase {
  readonly values: ArrayLike<number>;
  readonly gap: boolean;
}

export class Waiting {
  readonly #stretches = new Map<string, Pending>();

  add({ from, to }: Stretch, { shard, slot }: { readonly shard: Shard; readonly slot: number }, increase: Increase): void {
    const key = `${from}-${to}`;
    let pending = this.#stretches.get(key);
    if (!pending) {
      pending = { from, to, sums: new Map() };
      this.#stretches.set(key, pending);
    }
    let sums = pending.sums.get(shard);
    if (!sums) {
      sums = emptySums(shard);
      pending.sums.set(shard, sums);
    }
    addTo(sums, slot, increase);
  }

  /** All of it; nothing is left. */
  taken(): readonly Pending[] {
    const all = [...this.#stretches.values()];
    this.#stretches.clear();
    return all;
  }
}
