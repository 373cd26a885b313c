/** What was measured as a list, for tests of what is computed from it. */
import type { Labels } from './prometheus/exposition.ts';
import { type Answered, groupLabels, isWhere, type Question, type SignalsQuery } from './query.ts';
import { type Histogram, mergeHistograms } from './series/histogram.ts';
import { gaugeOf, inLongerSteps, type Measured, type Step } from './series/steps.ts';

/** One value of one series; `at` in Unix milliseconds. */
export interface Measurement<Value extends Measured = Measured> {
  readonly metric: string;
  readonly labels: Labels;
  readonly at: number;
  readonly value: Value;
  readonly gap?: true;
}

export const grown = (metric: string, labels: Labels, [at, amount]: readonly [number, number]): Measurement => ({
  metric,
  labels,
  at,
  value: { kind: 'amount', amount },
});

export const observed = (metric: string, labels: Labels, [at, histogram]: readonly [number, Histogram]): Measurement => ({
  metric,
  labels,
  at,
  value: { kind: 'observations', histogram: mergeHistograms([histogram]) },
});

export const looked = (metric: string, labels: Labels, [at, value]: readonly [number, number]): Measurement => ({
  metric,
  labels,
  at,
  value: gaugeOf(value),
});

const answer = <Value extends Measured>(all: readonly Measurement[], kind: Value['kind'], question: Question): Answered<Value> => {
  const { metric, where, by, from, to, step, whole } = question;
  const first = from - (from % step);
  const found = all.filter((one) => one.metric === metric && one.value.kind === kind && one.at >= first && one.at < to);
  const groups = Map.groupBy(
    found.filter(({ labels }) => isWhere(labels, where)),
    ({ labels }) => JSON.stringify(groupLabels(labels, by)),
  );
  return {
    step,
    gaps: [],
    groups: [...groups.entries()].map(([key, measurements]) => ({
      labels: JSON.parse(key),
      steps: inLongerSteps(
        measurements
          .map(({ at, value, gap }) => ({ at: whole ? first : at, value: value as Value, ...(gap && { gap }) }))
          .sort((a, b) => a.at - b.at),
        step,
      ) as readonly Step<Value>[],
    })),
  };
};

/** @param all may grow while it is asked */
export const measured = (all: readonly Measurement[]): SignalsQuery => ({
  counters: async (question) => answer(all, 'amount', question),
  histograms: async (question) => answer(all, 'observations', question),
  gauges: async (question) => answer(all, 'gauge', question),
});
