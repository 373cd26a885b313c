/** Pages of statistics of a large mesh: workloads with some pods each, that call ten others and are called by as many. */
import type { Reading } from '../weftd/src/telemetry/metrics/reading.ts';

export interface Size {
  readonly proxies: number;
  /** Label sets of each, with a counter and three histograms. */
  readonly sets: number;
  readonly podsOfEach: number;
}

/** Of the 20 buckets that Envoy counts durations in, bytes as well. */
const bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000];
const histograms = ['istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes'];
const codes = ['200', '201', '301', '304', '400', '404', '429', '500', '503', '504'];

const nameOf = (workload: number): string => `workload-${workload}`;
const namespaceOf = (workload: number): string => `team-${workload % 20}`;
const principalOf = (workload: number): string => `spiffe://cluster.local/ns/${namespaceOf(workload)}/sa/${nameOf(workload)}`;

const hostOf = (workload: number): string => `${nameOf(workload)}.${namespaceOf(workload)}.svc.cluster.local`;

/** As Envoy tells it, in one label: half of the sets are calls, the others what was served. */
const labelsOf = (workload: number, index: number, workloads: number): string => {
  const code = codes[index % codes.length];
  const away = 1 + Math.floor(index / (2 * codes.length));
  const isCall = index % (2 * codes.length) >= codes.length;
  const other = (workload + (isCall ? away : workloads - away)) % workloads;
  const peer = `${principalOf(other)} ${nameOf(other)}.${nameOf(other)}.v1.local.meta.mesh`;
  const way = isCall ? `- outbound|8080||${hostOf(other)}` : `${hostOf(workload)} inbound|8080||`;
  return `mesh="${isCall ? 's' : 'm'} http ${code} - - ${peer} ${way}"`;
};

/** In the `round`-th scrape each set has counted ten requests more, most of them in the third bucket. */
const histogramLines = (metric: string, labels: string, round: number): string => {
  const lines = [...bounds, '+Inf'].map((bound, index) => {
    const count = round * [0, 2, 7, 9][Math.min(index, 3)]! + (index > 3 ? round : 0);
    return `envoy_${metric}_bucket{${labels},le="${bound}"} ${count}`;
  });
  return `${lines.join('\n')}\nenvoy_${metric}_sum{${labels}} ${round * 47.3}\nenvoy_${metric}_count{${labels}} ${round * 10}`;
};

const pageOf = (sets: readonly string[], round: number): string =>
  [
    '# TYPE envoy_istio_requests_total counter',
    ...sets.map((labels) => `envoy_istio_requests_total{${labels}} ${round * 10}`),
    ...histograms.flatMap((metric) => [`# TYPE envoy_${metric} histogram`, ...sets.map((labels) => histogramLines(metric, labels, round))]),
    '',
  ].join('\n');

/** @param at Unix milliseconds of this scrape */
export function* readingsOf({ proxies, sets, podsOfEach }: Size, round: number, at: number): Iterable<readonly Reading[]> {
  const workloads = Math.ceil(proxies / podsOfEach);
  for (let workload = 0; workload < workloads; workload += 1) {
    const labels = Array.from({ length: sets }, (_, index) => labelsOf(workload, index, workloads));
    const page = pageOf(labels, round);
    const [name, namespace] = [nameOf(workload), namespaceOf(workload)];
    const own = {
      ...{ workload: name, namespace, principal: principalOf(workload), app: name, version: 'v1', cluster: 'local' },
      ...{ canonicalService: name, canonicalRevision: 'v1' },
    };
    yield Array.from({ length: podsOfEach }, (_, pod) => ({
      target: `${namespace}/${name}-${pod}`,
      own,
      at,
      started: at - round * 10_000,
      page,
    }));
  }
}
