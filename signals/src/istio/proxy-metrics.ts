/**
 * What an Envoy says of its own traffic → Istio's metrics. Envoy is told the labels that vary, since each label costs time with each
 * request; those that are the same for a proxy are added here, and its prefix is taken off.
 */
import { type Family, type Labels, type Sample, seriesKey } from '../prometheus/exposition.ts';
import { type Known, knownOf } from './known-by-envoy.ts';
import { missing, peerLabels, type Reporter, standardHelp, standardLabels, type WorkloadLabels } from './standard.ts';

const envoyPrefix = /^envoy_(?=istio_)/;

const renamed = (family: Family): Family => ({
  ...family,
  name: family.name.replace(envoyPrefix, ''),
  samples: family.samples.map((sample) => ({ ...sample, name: sample.name.replace(envoyPrefix, '') })),
});

export type Constants = Readonly<Record<Reporter, Labels>>;

/** A server speaks for the services behind it too, where a connection was for none of them by name [S143]. */
export const constantsOf = (own: WorkloadLabels): Constants => ({
  source: peerLabels('source', own),
  destination: {
    ...peerLabels('destination', own),
    destination_service: own.canonicalService,
    destination_service_name: own.canonicalService,
    destination_service_namespace: own.namespace,
  },
});

/** Envoy says it of whatever it counts; messages have none [S141]. */
const policyLabel = 'connection_security_policy';

/** A label that somebody set and that has no value says so [S142]. */
const completed = ({ labels, removed, set }: Known, standard: readonly string[], constants: Constants): Labels => {
  const own = constants[labels['reporter'] === 'source' ? 'source' : 'destination'];
  const known = standard
    .map((label) => [label, set.includes(label) ? labels[label] || 'unknown' : labels[label] || own[label] || missing(label)] as const)
    .filter(([label, value]) => value !== '' && !removed.has(label));
  const more = Object.entries(labels).filter(([label, value]) => !standard.includes(label) && label !== policyLabel && value !== '');
  const unknown = set.filter((label) => !standard.includes(label) && !labels[label]).map((label) => [label, 'unknown'] as const);
  return Object.fromEntries([...known, ...more, ...unknown]);
};

/** @param metric as Prometheus calls it, a histogram without suffix */
export const istioLabels = (metric: string, labels: Labels, constants: Constants): Labels =>
  completed(knownOf(labels), standardLabels.get(metric.replace(/_total$/, '')) ?? [], constants);

/** What one of Envoy's series is to Istio. */
interface Told {
  readonly known: Known;
  /** Without `le`. */
  readonly labels: Labels;
  /** The same for those that are the same to Istio. */
  readonly key: string;
}

/** A histogram's lines have the same labels but for `le`: what they are to Istio is found once. */
const teller = (standard: readonly string[], constants: Constants): ((labels: Labels) => Told) => {
  const told = new Map<string, Told>();
  return (labels) => {
    let written = '';
    for (const label in labels) if (label !== 'le') written += `${label}\0${labels[label]}\0`;
    const found = told.get(written);
    if (found) return found;
    const { le: _, ...others } = labels;
    const known = knownOf(others);
    const own = completed(known, standard, constants);
    const made = { known, labels: own, key: seriesKey('', own) };
    told.set(written, made);
    return made;
  };
};

/** Several of Envoy's series may be one of Istio's: subsets and ports of a service. */
const istioFamily = (family: Family, constants: Constants): Family => {
  const tell = teller(standardLabels.get(family.name) ?? [], constants);
  const samples = new Map<string, Sample>();
  for (const sample of family.samples) {
    const { known, labels, key: series } = tell(sample.labels);
    const { le } = sample.labels;
    const key = `${sample.name} ${le} ${series}`;
    const value = valueOf(sample, known) + (samples.get(key)?.value ?? 0);
    samples.set(key, { ...(samples.get(key) ?? sample), value, labels: le === undefined ? labels : { ...labels, le } });
  }
  return { ...family, help: standardHelp.get(family.name) ?? '', samples: [...samples.values()] };
};

/** How many series Envoy keeps of one kind; above, it drops without a word [E40]. */
export interface SeriesLimits {
  readonly counters: number;
  readonly histograms: number;
}

const gauge = (name: string, help: string, samples: readonly Omit<Sample, 'name'>[]): Family => ({
  name,
  type: 'gauge',
  help,
  samples: samples.map((sample) => ({ name, ...sample })),
});

const seriesOf = ({ type, samples }: Family): number =>
  type === 'histogram' ? samples.filter(({ name }) => name.endsWith('_count')).length : samples.length;

/**
 * The limit holds for each place in the configuration that counts, and what was counted does not say where: so this may warn of a loss that
 * was none, where several places together have as many series, but misses none.
 */
const overflow = (families: readonly Family[], limits: SeriesLimits): readonly Family[] => {
  const kinds = (['counters', 'histograms'] as const).map((kind) => {
    const counted = families.filter(({ type }) => (type === 'histogram') === (kind === 'histograms'));
    return { kind, count: counted.reduce((sum, family) => sum + seriesOf(family), 0), limit: limits[kind] };
  });
  const each = (value: (kind: (typeof kinds)[number]) => number) => kinds.map((one) => ({ labels: { kind: one.kind }, value: value(one) }));
  return [
    gauge(
      'weft_metrics_series',
      'Series of mesh metrics that this proxy has.',
      each(({ count }) => count),
    ),
    gauge(
      'weft_metrics_series_limit',
      'Series from which on this proxy drops new ones.',
      each(({ limit }) => limit),
    ),
    gauge(
      'weft_metrics_overflow',
      '1 where series may have been dropped: the figures of this proxy are too low.',
      each(({ count, limit }) => Number(count >= limit)),
    ),
  ];
};

/** Of calls with as many messages Envoy says how many there were. */
const valueOf = ({ name, value }: Sample, { messages }: Known): number =>
  messages ? value * ((name.startsWith('istio_response') ? messages[1] : messages[0]) ?? 0) : value;

/** @param families of `/stats/prometheus`; what is not the mesh's stays as it is */
export const proxyMetrics = (families: readonly Family[], own: WorkloadLabels, limits: SeriesLimits): readonly Family[] => {
  const constants = constantsOf(own);
  const all = families.map(renamed);
  const counted = all.filter(({ name }) => standardLabels.has(name));
  const mesh = counted.map((family) => istioFamily(family, constants));
  return [...mesh, ...overflow(counted, limits), ...all.filter(({ name }) => !standardLabels.has(name))];
};
