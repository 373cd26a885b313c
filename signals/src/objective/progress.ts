/** How an objective did over time: each step alone, and the period that it was in by then. */
import type { ObjectiveProgress } from '@weft/model';
import { budget } from './budget.ts';
import { type Count, tally } from './events.ts';
import type { Objective } from './objective.ts';

const mostSteps = 1_000;

export interface ProgressSearch {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Of a negative crumb zero is left, not minus zero. */
const percent = (share: number): number => Math.round(share * 1e8) / 1e6 + 0;

/** @param counts of its subject, in the order of time. Steps that are not over by `now` are left out, and those before anything was counted. */
export const objectiveProgress = (
  objective: Objective,
  counts: readonly Count[],
  { from, to, step, now }: ProgressSearch & { readonly now: number },
): ObjectiveProgress => {
  const { slices: _, ...requests } = objective;
  const first = from - (from % step);
  const begun = counts[0]?.at ?? Number.POSITIVE_INFINITY;
  const many = Math.max(0, Math.floor((Math.min(to, now) - first) / step));
  if (many > mostSteps) throw new RangeError(`the span has more than ${mostSteps} steps`);
  const starts = Array.from({ length: many }, (_, index) => first + index * step).filter((at) => at + step > begun);
  const items = starts.map((at) => {
    const end = at + step;
    const alone = tally(requests, counts, { from: at, to: end });
    // At its very end a calendar's next period begins.
    const { compliance, remaining } = budget(objective, counts, end - 1);
    return {
      at,
      ...alone,
      indicator: alone.total === 0 ? null : percent(alone.good / alone.total),
      compliance: compliance === undefined ? null : percent(compliance),
      remaining: percent(remaining),
    };
  });
  return { from, to, step, items };
};
