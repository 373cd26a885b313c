/**
 * Two readings of one process → what each of its counters grew by in between. With this, not with the counters themselves, the store is
 * fed: sums over series, workloads and time are then plain sums, and the first requests of a new series count.
 */
import { isGap, type Looks } from './counter.ts';

/** All counters of a process at one moment. */
export interface Reading {
  /** Unix milliseconds. */
  readonly at: number;
  /** Another one after each start of the process. */
  readonly epoch: string;
  /** By series. */
  readonly values: ReadonlyMap<string, number>;
}

export interface Difference {
  readonly from: number;
  readonly to: number;
  /** By series; those that did not grow are left out. */
  readonly amounts: ReadonlyMap<string, number>;
  /** The process began anew: what the one before counted since the last reading is lost. */
  readonly restarted?: true;
  /** Series that began anew within one process. */
  readonly resets: number;
  /** Nobody read for so long that when they grew is not known. */
  readonly gap?: true;
}

/**
 * @returns undefined for the first reading: how much of it is new nobody knows. A reading that is older than the last, or has its time,
 * says nothing.
 */
export const difference = (before: Reading | undefined, now: Reading, looks: Looks): Difference | undefined => {
  if (!before || now.at <= before.at) return undefined;
  const restarted = before.epoch !== now.epoch;
  const amounts = new Map<string, number>();
  let resets = 0;
  for (const [series, value] of now.values) {
    // What was not there was 0.
    const last = restarted ? 0 : (before.values.get(series) ?? 0);
    if (value < last) resets += 1;
    const amount = value < last ? value : value - last;
    if (amount > 0) amounts.set(series, amount);
  }
  return {
    from: before.at,
    to: now.at,
    amounts,
    resets,
    ...(restarted && { restarted: true as const }),
    ...(isGap(before.at, now.at, looks) && { gap: true as const }),
  };
};
