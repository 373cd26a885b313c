/** Random choices that a seed repeats. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  /** Of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
}

/** mulberry32 */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new Error('nothing to choose from');
      return items[below(items.length)] as T;
    },
  };
};
