/** What counts for an objective: requests, or slices of time. */

import { atMost, type Histogram, total } from '../series/histogram.ts';
import type { Window } from '../series/looks.ts';
import type { Objective } from './objective.ts';

/** Requests in a step of time. */
export interface Count {
  /** Start, in Unix milliseconds. */
  readonly at: number;
  readonly good: number;
  readonly total: number;
}

/** gRPC statuses that are the server's fault, as OpenTelemetry reads them (semantic conventions of gRPC spans, "server"). */
const serverFaults = new Set(['2', '4', '12', '13', '14', '15']);

export interface Answer {
  readonly code: string;
  /** Empty where it was no gRPC. */
  readonly grpcStatus: string;
}

/** A caller that went away before there was an answer is nobody's success or failure. */
export const isCounted = ({ code }: Answer): boolean => code !== '0';

/** Whether the server is to blame: 5xx, or a gRPC status of its own. 4xx and its like are the caller's fault. */
export const isFailure = ({ code, grpcStatus }: Answer): boolean => /^5\d\d$/.test(code) || serverFaults.has(grpcStatus);

/** Of a step's answers, how many were good. */
export const availability = (at: number, answers: readonly (Answer & { readonly amount: number })[]): Count => {
  const counted = answers.filter(isCounted);
  const sum = (all: readonly { readonly amount: number }[]): number => all.reduce((amount, one) => amount + one.amount, 0);
  return { at, good: sum(counted.filter((answer) => !isFailure(answer))), total: sum(counted) };
};

export const latency = (at: number, histogram: Histogram, threshold: number): Count => ({
  at,
  good: atMost(histogram, threshold).count,
  total: total(histogram),
});

/** Good and all of what an objective counts. */
export interface Tally {
  readonly good: number;
  readonly total: number;
}

/** Where the first count stands that is not before `time`. */
const firstFrom = (counts: readonly Count[], time: number): number => {
  let [low, high] = [0, counts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((counts[middle]?.at ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Counts are in the order of time, and years of them may be there. */
const within = (counts: readonly Count[], { from, to }: Window): readonly Count[] =>
  counts.slice(firstFrom(counts, from), firstFrom(counts, to));

const sumOf = (counts: readonly Count[]): Tally => ({
  good: counts.reduce((sum, { good }) => sum + good, 0),
  total: counts.reduce((sum, one) => sum + one.total, 0),
});

/** In a slice without requests nobody was failed. */
const isGood = ({ good, total }: Tally, target: number): boolean => total === 0 || good / total >= target;

/** How many slices there are, whether or not somebody called in them. */
export const slicesIn = ({ from, to }: Window, length: number): number => Math.max(0, Math.ceil(to / length) - Math.ceil(from / length));

export const tally = ({ slices }: Objective, counts: readonly Count[], window: Window): Tally => {
  const found = within(counts, window);
  if (!slices) return sumOf(found);
  const { length, target } = slices;
  const whole = { from: Math.ceil(window.from / length) * length, to: Math.ceil(window.to / length) * length };
  const bySlice = Map.groupBy(within(counts, whole), ({ at }) => Math.floor(at / length));
  const bad = [...bySlice.values()].filter((slice) => !isGood(sumOf(slice), target)).length;
  const all = slicesIn(window, length);
  return { good: all - bad, total: all };
};
