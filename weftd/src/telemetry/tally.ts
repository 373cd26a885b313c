/**
 * What weftd did since it began, in the words of Istio's board of its control plane (istio/istio, pilot/pkg/xds/monitoring.go,
 * security/pkg/server/ca/monitoring.go, pkg/webhooks/validation/server/monitoring.go). To count costs nothing: it happens where proxies wait.
 */
import type { Family, Sample } from '@weft/signals';

const counters = {
  pilot_xds_pushes: 'Responses that proxies were sent.',
  pilot_total_xds_rejects: 'Responses that proxies refused.',
  pilot_total_xds_internal_errors: 'Streams that ended by a mistake of weftd’s.',
  citadel_server_csr_count: 'Certificates that were asked for.',
  citadel_server_success_cert_issuance_count: 'Certificates that were issued.',
  citadel_server_authentication_failure_count: 'Those who asked for a certificate and could not prove who they are.',
  galley_validation_passed: 'Objects that were taken by the API.',
  galley_validation_failed: 'Objects that were refused by the API.',
} as const;

const histograms = {
  pilot_xds_push_time: {
    help: 'Until a response was handed to the proxy’s connection, in seconds.',
    bounds: [0.01, 0.1, 1, 3, 5, 10, 20, 30],
  },
  pilot_xds_config_size_bytes: { help: 'Size of responses.', bounds: [1, 10_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000] },
  pilot_proxy_convergence_time: {
    help: 'From when configuration was there for a proxy until the proxy had all of it, in seconds.',
    bounds: [0.1, 0.5, 1, 3, 5, 10, 20, 30],
  },
} as const;

export type Counted = keyof typeof counters;
export type Observed = keyof typeof histograms;

/** With what each is told apart: `type` of responses, `resource` of objects. */
type Apart = Readonly<Record<string, string>>;

export interface Tally {
  count(metric: Counted, apart?: Apart): void;
  observe(metric: Observed, value: number, apart?: Apart): void;
  families(): readonly Family[];
}

interface Buckets {
  readonly labels: Apart;
  /** One more than bounds. */
  readonly counts: number[];
  sum: number;
}

const app = { app: 'istiod' };

/** Zero where nothing happened yet: what is not there cannot grow. */
const counterFamily = ([name, help]: readonly [string, string], values: ReadonlyMap<string, number>): Family => ({
  ...{ name, type: 'counter', help },
  samples:
    values.size === 0
      ? [{ name, labels: app, value: 0 }]
      : [...values].map(([labels, value]) => ({ name, labels: { ...(JSON.parse(labels) as Apart), ...app }, value })),
});

const bucketSamples = (name: string, bounds: readonly number[], { labels, counts, sum }: Buckets): readonly Sample[] => {
  let below = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((le, index) => {
    below += counts[index] ?? 0;
    return { name: `${name}_bucket`, labels: { ...labels, ...app, le }, value: below };
  });
  const all = { ...labels, ...app };
  return [...buckets, { name: `${name}_sum`, labels: all, value: sum }, { name: `${name}_count`, labels: all, value: below }];
};

export const makeTally = (): Tally => {
  const counted = new Map<string, Map<string, number>>(Object.keys(counters).map((name) => [name, new Map()]));
  const observed = new Map<string, Map<string, Buckets>>(Object.keys(histograms).map((name) => [name, new Map()]));
  return {
    count: (metric, apart = {}) => {
      const key = JSON.stringify(apart);
      const values = counted.get(metric);
      values?.set(key, (values.get(key) ?? 0) + 1);
    },
    observe: (metric, value, apart = {}) => {
      const { bounds } = histograms[metric];
      const key = JSON.stringify(apart);
      const series = observed.get(metric);
      const buckets = series?.get(key) ?? { labels: apart, counts: Array<number>(bounds.length + 1).fill(0), sum: 0 };
      series?.set(key, buckets);
      const place = bounds.findIndex((bound) => value <= bound);
      const index = place < 0 ? bounds.length : place;
      buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
      buckets.sum += value;
    },
    families: () => [
      ...Object.entries(counters).map((told) => counterFamily(told, counted.get(told[0]) ?? new Map())),
      ...Object.entries(histograms).map(
        ([name, { help, bounds }]): Family => ({
          ...{ name, type: 'histogram', help },
          samples: [...(observed.get(name)?.values() ?? [])].flatMap((buckets) => bucketSamples(name, bounds, buckets)),
        }),
      ),
    ],
  };
};
