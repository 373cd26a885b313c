/** How an objective stands: what is left of its budget, how fast it goes, how long it lasts. */
import { type ObjectiveStatus, periodText } from '@weft/model';
import { budget, forecast } from './budget.ts';
import { type Burning, burning } from './burning.ts';
import type { Count } from './events.ts';
import type { Objective } from './objective.ts';

const hour = 3_600_000;

/** Forecasts go by the rate that wakes people: that of the shortest of the long windows. */
export const forecastSpan = ({ burnRates }: Objective): number => Math.min(hour, ...burnRates.map(({ long }) => long));

const percent = (share: number): number => Math.round(share * 1e8) / 1e6;

const burnStatus = ({ condition, long, short, holds, reason }: Burning) => ({
  factor: condition.factor,
  long: periodText(condition.long),
  short: periodText(condition.short),
  severity: condition.severity,
  overLong: long ?? null,
  overShort: short ?? null,
  holds: holds ?? null,
  reason,
});

/** @param counts of its subject, in the order of time */
export const objectiveStatus = (objective: Objective, counts: readonly Count[], now: number): ObjectiveStatus => {
  const { namespace, name, description, subject, indicator, target, slices } = objective;
  const { window, good, total, compliance, allowed, failed, remaining } = budget(objective, counts, now);
  return {
    namespace,
    name,
    description,
    subject,
    indicator: indicator.kind === 'latency' ? { kind: 'latency', thresholdMs: indicator.threshold } : indicator,
    target: percent(target),
    counts: slices ? 'time slices' : 'requests',
    period: window,
    good,
    total,
    compliance: compliance === undefined ? null : percent(compliance),
    // Shares are binary fractions: they leave crumbs.
    budget: { allowed: Math.round(allowed * 1e6) / 1e6, failed, remaining: percent(remaining) },
    burnRates: burning(objective, counts, now).map(burnStatus),
    forecast: forecast(objective, counts, { now, last: forecastSpan(objective) }),
  };
};
