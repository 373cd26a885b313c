/** ServiceLevelObjectives: how well something is to be served, over which time, and who is told how fast its error budget goes. */
import type { Problem } from '../problem.ts';
import { doubtful, wrong } from '../problem.ts';
import { parsePeriod, periodText } from './period.ts';

export interface ObjectiveCaller {
  /** As policies write it: `cluster.local/ns/shop/sa/web`. */
  readonly principal?: string;
  readonly namespace?: string;
  readonly workload?: string;
}

export interface ObjectiveSubject {
  /** Short for the own namespace, or a full host. */
  readonly service: string;
  /** Name of an HTTP route of the service's VirtualService. */
  readonly route?: string;
  readonly caller?: ObjectiveCaller;
}

export interface BurnRateSpec {
  /** How many times as fast as the budget would last for its whole period. */
  readonly factor: number;
  readonly long: string;
  readonly short: string;
  readonly severity?: string;
}

export type CalendarUnit = 'Day' | 'Week' | 'Month' | 'Quarter' | 'Year';

export interface ServiceLevelObjectiveSpec {
  readonly description?: string;
  readonly subject: ObjectiveSubject;
  readonly indicator: {
    readonly availability?: Readonly<Record<string, never>>;
    readonly latency?: { readonly threshold: string };
  };
  /** Percent of requests, or of time slices. */
  readonly target: number;
  readonly period: { readonly rolling?: string; readonly calendar?: CalendarUnit; readonly timeZone?: string };
  /** A slice of time is good if so many percent of its requests were; absent: requests are counted themselves. */
  readonly timeSlices?: { readonly length: string; readonly target: number };
  /** Absent: those of the SRE workbook. */
  readonly burnRates?: readonly BurnRateSpec[];
}

/** Google's SRE Workbook, chapter 5, table 5-8, and its last row for what burns slowly. */
export const workbookBurnRates: readonly BurnRateSpec[] = [
  { factor: 14.4, long: '1h', short: '5m', severity: 'page' },
  { factor: 6, long: '6h', short: '30m', severity: 'page' },
  { factor: 3, long: '1d', short: '2h', severity: 'ticket' },
  { factor: 1, long: '3d', short: '6h', severity: 'ticket' },
];

/** Upper bounds, in milliseconds, of the buckets that proxies count durations in (Envoy's own, [E42]). */
export const latencyBounds: readonly number[] = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000],
];

const day = 86_400_000;
const minute = 60_000;
/** Proxies are asked what they counted no more often. */
const shortestWindow = 10_000;

const invalid = (path: string, message: string, help: string): Problem => wrong('WEFT0024', path, [message, help]);

const noPeriod = (path: string, text: string): Problem =>
  invalid(path, `\`${text.slice(0, 40)}\` is no time`, 'Write a number with a unit: 5m, 6h, 28d, 4w.');

/** Routes are counted by the minute: shorter windows would end before what they are about is known. */
export const shortestRouteWindow = 2 * minute;

/** @returns what is wrong with it, and what to write */
export const principalFault = (principal: string): readonly [message: string, help: string] | undefined =>
  /^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/.test(principal)
    ? undefined
    : [`\`${principal.slice(0, 80)}\` is no principal`, 'Write it as policies do: cluster.local/ns/shop/sa/web.'];

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** Milliseconds as objectives about latency write them: `300ms`, `1.5s`. */
export const parseThreshold = (text: string): number | undefined => {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s)$/.exec(text) ?? [];
  const ms = number === undefined ? 0 : Math.round(Number(number) * (unit === 's' ? 1000 : 1) * 1000) / 1000;
  return ms > 0 ? ms : undefined;
};

function* checkIndicator({ availability, latency }: ServiceLevelObjectiveSpec['indicator']): Iterable<Problem> {
  const path = 'spec.indicator';
  if ((availability === undefined) === (latency === undefined))
    yield invalid(path, 'an objective is about one of `availability` and `latency`', 'Write one of them; two objectives for both.');
  if (latency === undefined) return;
  const at = `${path}.latency.threshold`;
  const threshold = parseThreshold(latency.threshold);
  if (threshold === undefined) yield invalid(at, `\`${latency.threshold.slice(0, 40)}\` is no time`, 'Write 300ms or 1.5s.');
  else if (!latencyBounds.includes(threshold)) {
    const above = latencyBounds.find((bound) => bound > threshold);
    const below = latencyBounds.findLast((bound) => bound < threshold) ?? 0;
    yield above === undefined
      ? invalid(at, 'proxies tell no times above an hour apart', 'Write 3600s or less.')
      : doubtful('WEFT0025', at, [
          `proxies count durations up to ${below}ms and up to ${above}ms: what is between is estimated`,
          `Write ${below > 0 ? `${below}ms or ` : ''}${above}ms to have it counted.`,
        ]);
  }
}

function* checkPeriod({ rolling, calendar, timeZone }: ServiceLevelObjectiveSpec['period']): Iterable<Problem> {
  const path = 'spec.period';
  if ((rolling === undefined) === (calendar === undefined))
    yield invalid(path, 'a period is one of `rolling` and `calendar`', 'Write `rolling: 28d` or `calendar: Month`.');
  if (rolling !== undefined) {
    const length = parsePeriod(rolling);
    if (length === undefined) yield noPeriod(`${path}.rolling`, rolling);
    else if (length < 3_600_000 || length > 366 * day)
      yield invalid(`${path}.rolling`, 'a period from 1h to 366d', 'Write 28d, for example.');
    if (timeZone !== undefined) yield invalid(`${path}.timeZone`, 'a rolling period has no time zone', 'Remove it.');
  } else if (timeZone !== undefined && !isTimeZone(timeZone))
    yield invalid(
      `${path}.timeZone`,
      `\`${timeZone.slice(0, 60)}\` is no time zone`,
      'Write a name of the IANA database, for example Europe/Berlin.',
    );
}

const calendarDays: Readonly<Record<CalendarUnit, number>> = { Day: 1, Week: 7, Month: 28, Quarter: 90, Year: 365 };

/** The shortest that the period gets, in milliseconds. */
const periodLength = ({ rolling, calendar }: ServiceLevelObjectiveSpec['period']): number | undefined =>
  calendar ? calendarDays[calendar] * day : parsePeriod(rolling ?? '');

function* checkSlices({ timeSlices, period }: ServiceLevelObjectiveSpec): Iterable<Problem> {
  if (!timeSlices) return;
  const path = 'spec.timeSlices';
  const length = parsePeriod(timeSlices.length);
  if (length === undefined) yield noPeriod(`${path}.length`, timeSlices.length);
  else if (length % minute !== 0) yield invalid(`${path}.length`, 'slices are whole minutes', 'Write 1m or more.');
  else if (length * 10 > (periodLength(period) ?? Infinity))
    yield invalid(`${path}.length`, 'the period has fewer than ten slices', 'Write shorter ones.');
}

function* checkBurnRate(burn: BurnRateSpec, path: string, { target, period, subject }: ServiceLevelObjectiveSpec): Iterable<Problem> {
  const [long, short] = [parsePeriod(burn.long), parsePeriod(burn.short)];
  if (long === undefined) yield noPeriod(`${path}.long`, burn.long);
  if (short === undefined) yield noPeriod(`${path}.short`, burn.short);
  if (long === undefined || short === undefined) return;
  if (short >= long) yield invalid(`${path}.short`, 'the short window is not shorter than the long one', 'Write a twelfth of it.');
  if (short < shortestWindow) yield invalid(`${path}.short`, 'windows are 10 seconds or longer', 'Write 10s or more.');
  else if (subject.route !== undefined && short < shortestRouteWindow)
    yield invalid(`${path}.short`, 'routes are counted by the minute', `Write ${periodText(shortestRouteWindow)} or more.`);
  if (long > (periodLength(period) ?? Infinity))
    yield invalid(`${path}.long`, 'the window is longer than the period', 'Write a shorter one.');
  // Rounded, since 1 - 0.999 is not 0.001.
  const fastest = Math.round(1e6 * (100 / (100 - target))) / 1e6;
  if (burn.factor >= fastest)
    yield doubtful('WEFT0025', `${path}.factor`, [
      `this never fires: at a target of ${target} % nothing burns faster than ${fastest} times`,
      'Write a smaller factor.',
    ]);
}

export function* checkServiceLevelObjective(spec: ServiceLevelObjectiveSpec): Iterable<Problem> {
  const { principal } = spec.subject.caller ?? {};
  const fault = principal === undefined ? undefined : principalFault(principal);
  if (fault) yield invalid('spec.subject.caller.principal', ...fault);
  yield* checkIndicator(spec.indicator);
  if (!(spec.target > 0 && spec.target < 100))
    yield invalid(
      'spec.target',
      `${spec.target} leaves no budget, or nothing but budget`,
      'Write a share in percent, above 0 and below 100.',
    );
  yield* checkPeriod(spec.period);
  yield* checkSlices(spec);
  for (const [index, burn] of (spec.burnRates ?? []).entries()) yield* checkBurnRate(burn, `spec.burnRates[${index}]`, spec);
}
