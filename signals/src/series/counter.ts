/**
 * How much a counter grew. A counter that is smaller than it was began anew (its process restarted, or Envoy dropped an idle series [E41]),
 * so that it never shrinks: what it had counted between the last look and its end is lost, and that is said.
 */

export interface Point {
  /** Unix milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** What happened between two looks. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  /** It began anew in between: the amount is at least this. */
  readonly reset?: true;
  /** Nobody looked for so long that when it grew is not known. */
  readonly gap?: true;
}

/** Looks are missing from two and a half intervals on: one that comes late is none. */
const patience = 2.5;

export interface Looks {
  /** Milliseconds from one look to the next. */
  readonly interval: number;
}

export const isGap = (from: number, to: number, { interval }: Looks): boolean => to - from > patience * interval;

/** @param points in the order of time */
export const growths = (points: readonly Point[], looks: Looks): readonly Growth[] =>
  points.slice(1).map((point, index) => {
    const before = points[index] ?? point;
    const reset = point.value < before.value;
    return {
      from: before.at,
      to: point.at,
      amount: reset ? point.value : point.value - before.value,
      ...(reset && { reset: true as const }),
      ...(isGap(before.at, point.at, looks) && { gap: true as const }),
    };
  });

export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Rate {
  /** In the part of the window that somebody looked at. */
  readonly amount: number;
  readonly perSecond: number;
  /** Share of the window that is known, gaps not counted. */
  readonly known: number;
  readonly resets: number;
}

/** How much of a growth falls into the window, as if it had grown evenly. */
const share = ({ from, to }: Growth, window: Window): number => {
  const overlap = Math.min(to, window.to) - Math.max(from, window.from);
  return overlap <= 0 ? 0 : overlap / (to - from);
};

/**
 * @returns undefined where nobody looked. Nothing is extrapolated: what is asked for and what was counted are the same, and how much of the
 * window they are is said beside.
 */
export const rate = (all: readonly Growth[], window: Window): Rate | undefined => {
  const within = all.map((growth) => ({ growth, part: share(growth, window) })).filter(({ part }) => part > 0);
  const covered = within.reduce((sum, { growth, part }) => sum + part * (growth.to - growth.from), 0);
  if (covered === 0) return undefined;
  const amount = within.reduce((sum, { growth, part }) => sum + part * growth.amount, 0);
  const gaps = within.reduce((sum, { growth, part }) => sum + (growth.gap ? part * (growth.to - growth.from) : 0), 0);
  return {
    amount,
    perSecond: (amount * 1000) / covered,
    known: (covered - gaps) / (window.to - window.from),
    resets: within.filter(({ growth }) => growth.reset).length,
  };
};
