/**
 * What was measured, wherever it is kept: in the embedded store, or a server that speaks Prometheus' language. Objectives, golden signals,
 * edges and alerts are computed from what is answered here and from nothing else.
 */
import type { Labels } from './prometheus/exposition.ts';
import type { Window } from './series/looks.ts';
import type { Amount, Gauge, Measured, Observations, Step } from './series/steps.ts';

/** Label → the values that are let through. A label that a series does not have is the empty text, as in Prometheus. */
export type Where = Readonly<Record<string, readonly string[]>>;

export interface Question {
  /** As Prometheus calls it; a histogram without `_bucket`: `istio_requests_total`, `istio_request_duration_milliseconds`. */
  readonly metric: string;
  readonly where?: Where;
  /** One group for each combination of these labels' values; none: everything is one group. */
  readonly by?: readonly string[];
  /** Unix milliseconds; `to` itself is left out. Steps that are only partly within count as a whole. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds. Where only longer steps are kept, the answer's are those: look at `step` there. */
  readonly step: number;
  /** All of the time is one step, and `step` only says how finely its ends are told. */
  readonly whole?: boolean;
}

export interface SeriesGroup<Value extends Measured> {
  /** Those asked for by `by`, each with its value, which may be empty. */
  readonly labels: Labels;
  /** In the order of time. Those in which nothing happened are left out, unless something is missing in them. */
  readonly steps: readonly Step<Value>[];
}

export interface Answered<Value extends Measured> {
  /** Milliseconds; at least what was asked for. */
  readonly step: number;
  readonly groups: readonly SeriesGroup<Value>[];
  /** Starts of those steps in which nobody looked at all: nothing in them does not mean that nothing happened. */
  readonly gaps: readonly number[];
  /** From the first look within what was asked for to the end of the last one; absent where that is not known. */
  readonly looked?: Window;
}

export interface SignalsQuery {
  /** By how much counters grew: never negative, and what began anew counts from 0. A histogram's `_sum` is one, too. */
  counters(question: Question): Promise<Answered<Amount>>;
  /** Buckets are merged exactly. */
  histograms(question: Question): Promise<Answered<Observations>>;
  /** What many series said in one step counts as many looks at one thing: ask `by` what tells them apart. */
  gauges(question: Question): Promise<Answered<Gauge>>;
}

export const isWhere = (labels: Labels, where: Where = {}): boolean =>
  Object.entries(where).every(([label, values]) => values.includes(labels[label] ?? ''));

export const groupLabels = (labels: Labels, by: readonly string[] = []): Labels =>
  Object.fromEntries(by.map((label) => [label, labels[label] ?? '']));
