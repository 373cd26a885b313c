/**
 * Questions in Prometheus' language. How much a counter grew in a step is the difference of what it stood at: `increase()` guesses what happened
 * between the last reading and the step's end, and leaves out the first requests of each new series, which may be the first failures.
 */
import type { Question, Where } from '@weft/signals';

const text = (value: string): string => JSON.stringify(value);

const escaped = (value: string): string => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const matcher = ([label, values]: readonly [string, readonly string[]]): string =>
  values.length === 1 ? `${label}=${text(values[0] ?? '')}` : `${label}=~${text(values.map(escaped).join('|'))}`;

export const selector = (metric: string, where: Where = {}): string => {
  const matchers = Object.entries(where).map(matcher);
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`;
};

const milliseconds = (ms: number): string => `${ms}ms`;

/** Says whether a proxy was asked at all. */
export const looked = 'weft_proxy_answered';

/**
 * Per series, in the step that ends when it is asked: what it grew by; all of it where it began anew; all of it where it is new and its proxy
 * was asked before, since then it was 0.
 */
const grown = (series: string, step: string): string => {
  const before = `${series} offset ${step}`;
  const known = `(${looked} offset ${step} == 1)`;
  return `((${series} - ${before}) >= 0 or (${series} < ${before}) or ((${series} unless ${before}) and on (namespace, pod) ${known}))`;
};

const grouped = (labels: readonly string[]): string => (labels.length === 0 ? 'sum' : `sum by (${labels.join(', ')})`);

/** A reading at the end of the step before belongs to that one: until Prometheus 3 a range had both its ends. */
export const within = (step: number): string => `[${milliseconds(step - 1)}]`;

/** Milliseconds. */
export interface Lengths {
  /** Of what one value is about. */
  readonly step: number;
  /** How often it is looked at within, so that nothing is missed which began anew in between; a divisor of `step`. */
  readonly fine: number;
}

/** @param more labels than are asked for. What did not grow is told of too, as 0. */
export const growthOf = ({ metric, where, by = [] }: Question, { step, fine }: Lengths, more: readonly string[] = []): string => {
  const growth = `${grouped([...by, ...more])} (${grown(selector(metric, where), milliseconds(fine))})`;
  return fine === step ? growth : `sum_over_time((${growth})[${milliseconds(step - 1)}:${milliseconds(fine)}])`;
};

/** Of one thing in each group, over a step. */
export const over = (what: 'min' | 'max' | 'sum' | 'count' | 'last', { metric, where, by = [] }: Question, step: number): string => {
  const together = { min: 'min', max: 'max', sum: 'sum', count: 'sum', last: 'max' }[what];
  const groups = by.length === 0 ? together : `${together} by (${by.join(', ')})`;
  return `${groups} (${what}_over_time(${selector(metric, where)}${within(step)}))`;
};
