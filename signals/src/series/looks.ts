/** When somebody looked at counters, and when nobody did. */

export interface Window {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** Milliseconds that both have. */
export const overlap = (one: Window, other: Window): number => Math.min(one.to, other.to) - Math.max(one.from, other.from);

export interface Looks {
  /** Milliseconds from one look to the next. */
  readonly interval: number;
}

/** Looks are missing from two and a half intervals on: one that comes late is none. */
const patience = 2.5;

export const isGap = (from: number, to: number, { interval }: Looks): boolean => to - from > patience * interval;
