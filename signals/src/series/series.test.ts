import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atMost, fromCumulative, type Histogram, mergeHistograms, quantile, total } from './histogram.ts';
import { isGap } from './looks.ts';
import { type Amount, gaugeOf, inLongerSteps, type Observations, type Step } from './steps.ts';

describe('looks', () => {
  test('one that comes late is none that is missing', () => {
    expect(isGap(0, 20_000, { interval: 10_000 })).toBe(false);
    expect(isGap(0, 30_000, { interval: 10_000 })).toBe(true);
  });
});

const bounds = [1, 5, 10, 50];
const observed = (values: readonly number[], edges: readonly number[] = bounds): Histogram => {
  const counts: number[] = Array(edges.length + 1).fill(0);
  for (const value of values) {
    const index = edges.findIndex((bound) => value <= bound);
    const at = index < 0 ? edges.length : index;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { bounds: edges, counts, sum: values.reduce((sum, value) => sum + value, 0) };
};

describe('histograms', () => {
  test('as Prometheus writes them', () => {
    const lines = [
      { bound: Infinity, count: 7 },
      { bound: 1, count: 2 },
      { bound: 5, count: 6 },
    ];
    const histogram = fromCumulative(lines, 30);
    expect(histogram).toEqual({ bounds: [1, 5], counts: [2, 4, 1], sum: 30 });
    expect(fromCumulative(lines.slice(1), 30)).toBeUndefined();
    expect(fromCumulative([...lines, { bound: 3, count: 9 }], 30)).toBeUndefined();
    expect(fromCumulative([...lines, { bound: 1, count: 2 }], 30)).toBeUndefined();
  });

  test('quantiles as `histogram_quantile` gives them', () => {
    const histogram = { bounds: [0.5, 1, 5], counts: [10, 10, 20, 0], sum: 60 };
    expect(quantile(histogram, 0.5)).toEqual({ value: 1, low: 0.5, high: 1 });
    expect(quantile(histogram, 0.75)).toEqual({ value: 3, low: 1, high: 5 });
    expect(quantile(histogram, 0)?.value).toBe(0);
    expect(quantile({ ...histogram, counts: [0, 0, 0, 3] }, 0.99)).toEqual({ value: 5, low: 5, high: Infinity });
    expect(quantile({ bounds, counts: [0, 0, 0, 0, 0], sum: 0 }, 0.5)).toBeUndefined();
  });

  const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 50 });

  test('the true quantile is in the bucket that is told', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (all, q) => {
        const found = quantile(observed(all), q);
        const truth = [...all].sort((a, b) => a - b)[Math.ceil(q * all.length) - 1] ?? 0;
        expect(truth).toBeGreaterThanOrEqual(found?.low ?? Infinity);
        expect(truth).toBeLessThanOrEqual(found?.high ?? -Infinity);
      }),
    );
  });

  test('merging is as if all had been counted in one, with the bounds that all have', () => {
    fc.assert(
      fc.property(values, values, fc.subarray(bounds), (one, other, fewer) => {
        const merged = mergeHistograms([observed(one), observed(other, fewer)]);
        expect(merged).toEqual({ ...observed([...one, ...other], fewer), sum: expect.closeTo(merged.sum, 6) });
      }),
    );
    expect(mergeHistograms([])).toEqual({ bounds: [], counts: [0], sum: 0 });
  });

  test('what is fast enough', () => {
    const histogram = observed([0.5, 3, 3, 7, 60]);
    expect(atMost(histogram, 5)).toEqual({ count: 3, exact: true });
    expect(atMost(histogram, 7.5)).toEqual({ count: 3.5, exact: false });
    expect(atMost(histogram, 50)).toEqual({ count: 4, exact: true });
    expect(atMost(histogram, 1000)).toEqual({ count: 4, exact: false });
  });
});

describe('longer steps', () => {
  const step = (at: number, amount: number): Step<Amount> => ({ at, value: { kind: 'amount', amount } });

  test('sums stay, gaps are remembered', () => {
    const steps = [step(0, 1), { ...step(10_000, 2), gap: true as const }, step(60_000, 4)];
    expect(inLongerSteps(steps, 60_000)).toEqual([{ ...step(0, 3), gap: true }, step(60_000, 4)]);
  });

  test('gauges keep their extremes and their mean', () => {
    const [first] = inLongerSteps(
      [1, 9, 2].map((value, index) => ({ at: index, value: gaugeOf(value) })),
      60_000,
    );
    expect(first?.value).toEqual({ kind: 'gauge', min: 1, max: 9, sum: 12, looks: 3, last: 2 });
  });

  test('nothing is lost on any way to hours', () => {
    const some = fc.array(fc.tuple(fc.nat(500), fc.nat(9)), { maxLength: 40 });
    fc.assert(
      fc.property(some, (parts) => {
        const steps = parts
          .map(
            ([minute, count]): Step<Observations> => ({
              at: minute * 60_000,
              value: { kind: 'observations', histogram: observed([count]) },
            }),
          )
          .sort((a, b) => a.at - b.at);
        const hours = inLongerSteps(inLongerSteps(steps, 300_000), 3_600_000);
        expect(hours).toEqual(inLongerSteps(steps, 3_600_000));
        expect(hours.reduce((sum, { value }) => sum + total(value.histogram), 0)).toBe(steps.length);
      }),
    );
  });
});
