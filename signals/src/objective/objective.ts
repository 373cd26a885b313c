/** A ServiceLevelObjective with everything said: shares instead of percents, milliseconds instead of words. */
import {
  type CalendarUnit,
  type ObjectiveSubject,
  parsePeriod,
  parseThreshold,
  type Resource,
  type ServiceLevelObjectiveSpec,
  workbookBurnRates,
} from '@weft/model';

export interface BurnRate {
  readonly factor: number;
  /** Milliseconds. */
  readonly long: number;
  readonly short: number;
  readonly severity: string;
}

export type Period =
  | { readonly kind: 'rolling'; readonly length: number }
  | { readonly kind: 'calendar'; readonly unit: CalendarUnit; readonly timeZone: string };

export interface Objective {
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly subject: ObjectiveSubject;
  readonly indicator: { readonly kind: 'availability' } | { readonly kind: 'latency'; readonly threshold: number };
  /** Share that is to be good, between 0 and 1. */
  readonly target: number;
  readonly period: Period;
  /** Absent: requests are counted themselves. */
  readonly slices?: { readonly length: number; readonly target: number };
  readonly burnRates: readonly BurnRate[];
}

/** Percents have two or three digits behind the point; binary fractions would add crumbs. */
const shareOf = (percent: number): number => Math.round(percent * 1e7) / 1e9;

const periodOf = ({ rolling, calendar, timeZone = 'UTC' }: ServiceLevelObjectiveSpec['period']): Period =>
  calendar ? { kind: 'calendar', unit: calendar, timeZone } : { kind: 'rolling', length: parsePeriod(rolling ?? '') ?? 0 };

/** The default windows that a short period has no room for are left out. */
const burnRatesOf = ({ burnRates, period }: ServiceLevelObjectiveSpec): readonly BurnRate[] => {
  const room = parsePeriod(period.rolling ?? '') ?? (period.calendar === 'Day' ? 86_400_000 : Infinity);
  return (burnRates ?? workbookBurnRates)
    .map(({ factor, long, short, severity = 'page' }) => ({
      factor,
      long: parsePeriod(long) ?? 0,
      short: parsePeriod(short) ?? 0,
      severity,
    }))
    .filter(({ long }) => long <= room);
};

/** @param resource as `parse` took it */
export const objectiveOf = ({ metadata, spec }: Resource<ServiceLevelObjectiveSpec>): Objective => ({
  namespace: metadata.namespace,
  name: metadata.name,
  description: spec.description ?? '',
  subject: spec.subject,
  indicator: spec.indicator.latency
    ? { kind: 'latency', threshold: parseThreshold(spec.indicator.latency.threshold) ?? 0 }
    : { kind: 'availability' },
  target: shareOf(spec.target),
  period: periodOf(spec.period),
  ...(spec.timeSlices && { slices: { length: parsePeriod(spec.timeSlices.length) ?? 0, target: shareOf(spec.timeSlices.target) } }),
  burnRates: burnRatesOf(spec),
});
