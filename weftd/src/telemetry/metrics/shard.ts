/** Series of one metric and view are kept together, up to so many: as one chunk for each step of time. */

export type Kind = 'counter' | 'histogram' | 'gauge';

export const shardSize = 512;

/** What all series of a shard have in common. */
export interface Family {
  readonly metric: string;
  readonly kind: Kind;
  /** Upper bounds of a histogram. */
  readonly bounds: readonly number[];
}

export interface Shard extends Family {
  readonly id: number;
  /** Index in `views`. */
  readonly view: number;
  /** Of each series, by its place in the shard: the number of its labels. */
  readonly sets: number[];
  /** Of a shard with all labels: where each of its series is counted in, in the views with fewer. */
  readonly within: number[][];
}

/** Where a series is, as one number. */
export const placeOf = (shard: Shard, slot: number): number => shard.id * shardSize + slot;
export const shardOf = (place: number): number => Math.floor(place / shardSize);
export const slotOf = (place: number): number => place % shardSize;

/** How many numbers a value has: a counter's growth; buckets and their sum; smallest, largest, sum, looks and last. */
export const widthOf = ({ kind, bounds }: Family): number => (kind === 'counter' ? 1 : kind === 'gauge' ? 5 : bounds.length + 2);
