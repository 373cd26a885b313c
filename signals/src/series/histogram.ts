/** Histograms of fixed bounds, as Envoy and Prometheus count them: merged exactly, and asked for quantiles. */

export interface Histogram {
  /** Upper bounds, rising; above the last one is one bucket more. */
  readonly bounds: readonly number[];
  /** Observations in each bucket, one more than bounds; not added up as Prometheus writes them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export const total = ({ counts }: Histogram): number => {
  let sum = 0;
  for (let index = 0; index < counts.length; index += 1) sum += counts[index] ?? 0;
  return sum;
};

const emptyHistogram = (bounds: readonly number[]): Histogram => ({ bounds, counts: Array(bounds.length + 1).fill(0), sum: 0 });

/** One line of a Prometheus histogram: how many observations were at most `bound`. */
export interface Cumulative {
  readonly bound: number;
  readonly count: number;
}

/** @returns undefined where the lines are no histogram: no `+Inf`, a bound twice, or fewer observations below a higher bound. */
export const fromCumulative = (lines: readonly Cumulative[], sum: number): Histogram | undefined => {
  const rising = [...lines].sort((a, b) => a.bound - b.bound);
  if (rising.at(-1)?.bound !== Infinity) return undefined;
  const counts = rising.map(({ count }, index) => count - (rising[index - 1]?.count ?? 0));
  const isTwice = rising.some(({ bound }, index) => index > 0 && rising[index - 1]?.bound === bound);
  if (isTwice || counts.some((count) => !(count >= 0))) return undefined;
  return { bounds: rising.slice(0, -1).map(({ bound }) => bound), counts, sum };
};

/** Buckets between two common bounds become one, so that nothing is guessed. */
const coarsened = ({ counts, bounds, sum }: Histogram, common: readonly number[]): Histogram => {
  const into = emptyHistogram(common);
  const merged = [...into.counts];
  let at = 0;
  for (const [index, count] of counts.entries()) {
    const bound = bounds[index] ?? Infinity;
    while (at < common.length && bound > (common[at] ?? Infinity)) at += 1;
    merged[at] = (merged[at] ?? 0) + count;
  }
  return { bounds: common, counts: merged, sum };
};

const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((bound, index) => bound === b[index]));

/** Exact: of histograms with different bounds those are kept that all have. */
export const mergeHistograms = (histograms: readonly Histogram[]): Histogram => {
  const [first, ...others] = histograms;
  if (!first) return emptyHistogram([]);
  if (others.length === 0) return first;
  const common = others.reduce<readonly number[]>(
    (bounds, other) => (equal(bounds, other.bounds) ? bounds : bounds.filter((bound) => other.bounds.includes(bound))),
    first.bounds,
  );
  const counts: number[] = Array(common.length + 1).fill(0);
  let sum = 0;
  for (const histogram of histograms) {
    const like = equal(histogram.bounds, common) ? histogram : coarsened(histogram, common);
    // Most of what a question about all edges takes is this.
    for (let index = 0; index < counts.length; index += 1) counts[index] = (counts[index] ?? 0) + (like.counts[index] ?? 0);
    sum += histogram.sum;
  }
  return { bounds: common, counts, sum };
};

export interface Quantile {
  readonly value: number;
  /** The bucket that it is in; the true value is between these. */
  readonly low: number;
  readonly high: number;
}

/**
 * As Prometheus' `histogram_quantile`: evenly spread within a bucket, the first of which begins at 0, and in the last one its lower bound.
 * @param all of its observations, where they are counted already
 * @returns undefined without any
 */
export const quantile = (histogram: Histogram, q: number, all = total(histogram)): Quantile | undefined => {
  const { bounds, counts } = histogram;
  if (all === 0) return undefined;
  const rank = q * all;
  let below = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count === 0 || below + count < rank) {
      below += count;
      continue;
    }
    const high = bounds[index] ?? Infinity;
    const low = bounds[index - 1] ?? Math.min(0, high);
    return { value: high === Infinity ? low : low + ((high - low) * Math.max(0, rank - below)) / count, low, high };
  }
  // Only by rounding.
  const last = bounds.at(-1) ?? 0;
  return { value: last, low: last, high: Infinity };
};

export interface AtMost {
  readonly count: number;
  /** The threshold is a bound, so that nothing had to be spread. */
  readonly exact: boolean;
}

/** How many observations were at most `threshold`: what an objective about latency counts as good. */
export const atMost = ({ bounds, counts }: Histogram, threshold: number): AtMost => {
  let count = 0;
  let low = 0;
  for (const [index, own] of counts.entries()) {
    const high = bounds[index] ?? Infinity;
    if (high <= threshold) count += own;
    // Above the last bound nothing is known: none of it counts as fast.
    else
      return { count: high === Infinity ? count : count + (own * Math.max(0, threshold - low)) / (high - low), exact: threshold === low };
    low = high;
  }
  return { count, exact: true };
};
