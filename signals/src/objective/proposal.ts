/** What could be promised, by how it went: the strictest usual target that the measured past kept with half of its budget left. */

const targets = [99.99, 99.95, 99.9, 99.5, 99, 98, 95, 90, 80, 50] as const;

/** Thresholds that people choose, and Envoy's histograms tell exactly: bounds of its buckets, in milliseconds (histogram_impl.cc). */
const thresholds = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000] as const;

/** Of its budget the past may have used. */
const spent = 0.5;

/** @returns percent; undefined where even the laxest would have been broken */
export const availabilityProposal = (failedShare: number): number | undefined =>
  targets.find((target) => failedShare * 100 <= (100 - target) * spent);

export interface LatencyProposal {
  readonly thresholdMs: number;
  /** Percent. */
  readonly target: number;
}

/** As fast as ninety-nine of a hundred were, promised of ninety-eight: again half of the budget is left. */
export const latencyProposal = ({ p99 }: { readonly p99: number }): LatencyProposal | undefined => {
  const thresholdMs = thresholds.find((one) => one >= p99);
  return thresholdMs === undefined ? undefined : { thresholdMs, target: 98 };
};
