/** How full things are: processors and memory of a workload, and what circuit breakers let through to a service. */
import type { NamedSaturation, Saturation } from '@weft/model';
import type { Labels } from '../prometheus/exposition.ts';
import type { SignalsQuery } from '../query.ts';
import { measuredShares, type Span } from './measured.ts';

const ofWorkloads = {
  weft_proxy_cpu_cores: 'proxyCpu',
  weft_application_cpu_cores: 'applicationCpu',
  weft_proxy_memory_bytes: 'proxyMemory',
  weft_application_memory_bytes: 'applicationMemory',
} as const satisfies Readonly<Record<string, keyof Saturation>>;

const ofServices = {
  weft_connections_used_share: 'connections',
  weft_pending_requests_used_share: 'pendingRequests',
} as const satisfies Readonly<Record<string, keyof Saturation>>;

/** By key: the most that anyone of them had. */
const fullest = async (
  query: SignalsQuery,
  span: Span,
  { metrics, by }: { readonly metrics: Readonly<Record<string, keyof Saturation>>; readonly by: readonly string[] },
): Promise<ReadonlyMap<string, Saturation>> => {
  const found = new Map<string, Saturation>();
  for (const [metric, field] of Object.entries(metrics)) {
    const { groups } = await query.gauges({ ...span, metric, by });
    for (const { labels, steps } of groups) {
      const key = by.map((label) => labels[label]).join('/');
      found.set(key, { ...found.get(key), [field]: Math.max(...steps.map(({ value }) => value.max)) });
    }
  }
  return found;
};

const withMeasured = async (
  query: SignalsQuery,
  measures: readonly NamedSaturation[],
  { found, span }: { readonly found: ReadonlyMap<string, Saturation>; readonly span: Span },
): Promise<ReadonlyMap<string, Saturation>> => {
  const all = new Map(found);
  for (const { namespace, workload, name, share } of await measuredShares(query, measures, span)) {
    const key = `${namespace}/${workload}`;
    const known = all.get(key);
    all.set(key, { ...known, measured: { ...known?.measured, [name]: share } });
  }
  return all;
};

export interface SaturationQuestion extends Span {
  readonly of: string;
  readonly measures: readonly NamedSaturation[];
}

export interface Fullness {
  /** What there is to say of a workload or service. */
  of(labels: Labels): Saturation | undefined;
  /** Those that there is something to say of, by their labels: also who has no traffic uses processors and memory. */
  readonly known: readonly Labels[];
}

const workloadLabels = (key: string): Labels => {
  const [namespace = '', workload = ''] = key.split('/');
  return { destination_workload: workload, destination_workload_namespace: namespace };
};

/** @returns undefined where nothing is said of such subjects */
export const saturationOf = async (
  query: SignalsQuery,
  { of, measures, ...span }: SaturationQuestion,
): Promise<Fullness | undefined> => {
  if (of === 'workload') {
    const found = await fullest(query, span, { metrics: ofWorkloads, by: ['namespace', 'workload'] });
    const all = await withMeasured(query, measures, { found, span });
    return {
      of: (labels) => all.get(`${labels['destination_workload_namespace']}/${labels['destination_workload']}`),
      known: [...all.keys()].map(workloadLabels),
    };
  }
  if (of !== 'service') return undefined;
  const found = await fullest(query, span, { metrics: ofServices, by: ['destination_service'] });
  return { of: (labels) => found.get(labels['destination_service'] ?? ''), known: [] };
};
