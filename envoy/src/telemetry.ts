/** What proxies say of their traffic: where records are written, and how many series of metrics there may be. */

/** Relative to where Envoy was started: many proxies share a listener, and each has a directory of its own. */
export const recordFile = 'records.jsonl';

/** For each place that counts; above, Envoy drops without a word [E40]. */
export const seriesLimits = { counters: 20_000, histograms: 20_000 } as const;
