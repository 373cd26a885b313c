/** How much of what may fail has failed, and how long the rest lasts. */
import type { Window } from '../series/looks.ts';
import { type Count, slicesIn, tally } from './events.ts';
import type { Objective } from './objective.ts';
import { windowOf } from './period.ts';

export interface Budget {
  readonly window: Window;
  readonly good: number;
  readonly total: number;
  /** Share that was good; undefined where nothing was counted. */
  readonly compliance: number | undefined;
  /** How many may fail in the period: of requests, as many as came so far allow. */
  readonly allowed: number;
  readonly failed: number;
  /** 1: untouched; 0: gone; less: overdrawn. */
  readonly remaining: number;
}

/** @param counts of the objective's subject, in the order of time */
export const budget = (objective: Objective, counts: readonly Count[], now: number): Budget => {
  const window = windowOf(objective.period, now);
  const { good, total } = tally(objective, counts, { from: window.from, to: Math.min(window.to, now) });
  const whole = objective.slices ? slicesIn(window, objective.slices.length) : total;
  const allowed = whole * (1 - objective.target);
  const failed = total - good;
  return {
    window,
    good,
    total,
    compliance: total === 0 ? undefined : good / total,
    allowed,
    failed,
    remaining: failed === 0 ? 1 : 1 - failed / allowed,
  };
};

/**
 * How many times as fast as the budget would just last: 1 uses it up exactly at the period's end.
 * @returns undefined where nothing was counted
 */
export const burnRate = (objective: Objective, counts: readonly Count[], window: Window): number | undefined => {
  const { good, total } = tally(objective, counts, window);
  return total === 0 ? undefined : (total - good) / total / (1 - objective.target);
};

export type Forecast =
  | { readonly kind: 'unknown' | 'gone' | 'lasts'; readonly words: string }
  | { readonly kind: 'gone in'; readonly ms: number; readonly words: string };

const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
];

const inWords = (ms: number): string => {
  const [length, name] = units.find(([unit]) => ms >= unit) ?? [60_000, 'min'];
  return `${Math.max(1, Math.round(ms / length))} ${name}`;
};

/** If things go on as they did in `last`. A rolling budget also comes back: at a rate of 1 or less it lasts. */
export const forecast = (objective: Objective, counts: readonly Count[], { now, last }: { now: number; last: number }): Forecast => {
  const { remaining, window } = budget(objective, counts, now);
  const rate = burnRate(objective, counts, { from: now - last, to: now });
  if (remaining <= 0) return { kind: 'gone', words: 'budget gone' };
  if (rate === undefined) return { kind: 'unknown', words: 'nothing was counted lately' };
  const ms = (remaining * (window.to - window.from)) / rate;
  const left = objective.period.kind === 'calendar' ? window.to - now : rate <= 1 ? 0 : Infinity;
  if (ms >= left) return { kind: 'lasts', words: 'budget lasts at this rate' };
  return { kind: 'gone in', ms, words: `budget gone in ${inWords(ms)} at this rate` };
};
