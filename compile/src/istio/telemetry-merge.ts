/** What several objects say of one proxy, as Istio merges it (`mergeMetrics`, `mergeLogs`, `Tracing` of its telemetry.go) [S126, S127]. */
import { builtInProviders } from '@weft/model';
import type {
  LabelChange,
  Log,
  LoggingEntry,
  MetricChange,
  MetricName,
  SideTelemetry,
  Telemetry,
  TelemetryDefaults,
  TelemetrySide,
  TelemetrySlice,
  Tracing,
} from '../mesh/index.ts';

type Provider = TelemetryDefaults['providers'][number];

const providerNamed = <K extends Provider['kind']>({ providers }: TelemetryDefaults, name: string, kind: K) =>
  providers.find((provider): provider is Extract<Provider, { readonly kind: K }> => provider.kind === kind && provider.name === name);

interface Change {
  dropped: boolean;
  readonly labels: Map<string, LabelChange>;
}

/** The list that names providers replaces the one before; entries for others have no effect. */
const counters = (objects: readonly Telemetry[], defaults: TelemetryDefaults) => {
  const entries = objects.flatMap(({ metrics }) => metrics);
  const named = entries.findLast(({ providers }) => providers.length > 0)?.providers ?? defaults.metrics;
  const [counting] = named.filter((name) => providerNamed(defaults, name, 'metrics')).toSorted();
  let before = defaults.metrics;
  const own = entries.filter(({ providers }) => {
    if (providers.length > 0) before = providers;
    return counting !== undefined && before.includes(counting);
  });
  return { counting, overrides: own.flatMap(({ overrides }) => overrides) };
};

const metricsOf = (
  objects: readonly Telemetry[],
  defaults: TelemetryDefaults,
  side: TelemetrySide,
): readonly MetricChange[] | undefined => {
  const { counting, overrides } = counters(objects, defaults);
  const changes = new Map<MetricName, Change>();
  let off = counting === undefined;
  for (const { sides, metrics, all, dropped, labels } of overrides) {
    if (!sides.includes(side)) continue;
    if (all && dropped) {
      off = true;
      continue;
    }
    off = counting === undefined;
    for (const metric of metrics) {
      const change: Change = changes.get(metric) ?? { dropped: false, labels: new Map() };
      if (dropped !== undefined) change.dropped = dropped;
      for (const label of labels) change.labels.set(label.label, label);
      changes.set(metric, change);
    }
  }
  if (off) return undefined;
  return [...changes]
    .map(([metric, { dropped, labels }]) => ({
      metric,
      ...(dropped && { dropped: true as const }),
      labels: [...labels.values()].sort((a, b) => (a.label < b.label ? -1 : 1)),
    }))
    .filter(({ dropped, labels }) => dropped || labels.length > 0)
    .sort((a, b) => (a.metric < b.metric ? -1 : 1));
};

type Written = { readonly off?: true; readonly condition?: string };

/** The mesh's own records are no provider that others replace. */
const withoutOwn = (entry: LoggingEntry): readonly LoggingEntry[] => {
  const providers = entry.providers.filter((name) => name !== builtInProviders.own);
  return entry.providers.length > 0 && providers.length === 0 ? [] : [{ ...entry, providers }];
};

/** Names that count on this side, with what was last said of each before anybody turned it off. */
const namedOn = (levels: readonly (readonly LoggingEntry[])[], byDefault: readonly string[]) => {
  let names: readonly string[] = byDefault;
  const said = new Map<string, Written>();
  for (const level of levels) {
    const own = [...new Set(level.flatMap(({ providers }) => providers))];
    for (const { providers, condition } of level)
      for (const name of providers) said.set(name, condition === undefined ? {} : { condition });
    if (own.length > 0) names = own;
  }
  return { names: new Set(names), said };
};

const logsOf = (objects: readonly Telemetry[], defaults: TelemetryDefaults, side: TelemetrySide): readonly Log[] => {
  const all = objects.map(({ logging }) => logging.flatMap(withoutOwn)).filter((level) => level.length > 0);
  if (all.length === 0 && defaults.logging.length === 0) return defaults.log ? [{ sink: defaults.log }] : [];
  const ofSide = (entry: LoggingEntry): boolean => entry.sides.includes(side);
  const { names, said } = namedOn(
    all.map((level) => level.filter(ofSide)),
    defaults.logging,
  );
  const written = new Map<string, Written>(all.length === 0 ? defaults.logging.map((name) => [name, {}]) : []);
  let before = defaults.logging;
  for (const entry of all.flat()) {
    before = entry.providers.length > 0 ? entry.providers : before;
    if (!ofSide(entry)) continue;
    for (const name of before) if (names.has(name)) written.set(name, entry.off ? { off: true } : (said.get(name) ?? {}));
  }
  return [...written]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { off, condition }]) => {
      const provider = providerNamed(defaults, name, 'log');
      return provider && !off ? [{ sink: provider.sink, ...(condition !== undefined && { condition }) }] : [];
    });
};

/** They stay beside all providers, until somebody turns them off by their name, or everything. */
const recordsOf = (objects: readonly Telemetry[], side: TelemetrySide): SideTelemetry['records'] => {
  let records: SideTelemetry['records'] = {};
  for (const { sides, providers, off, condition } of objects.flatMap(({ logging }) => logging)) {
    const isNamed = providers.includes(builtInProviders.own);
    if (!sides.includes(side) || (providers.length > 0 && !isNamed)) continue;
    if (off) records = undefined;
    else if (isNamed) records = condition === undefined ? {} : { condition };
    else if (off === false) records ??= {};
  }
  return records;
};

type Said = Omit<Tracing, 'tracer'> & { readonly provider: string | undefined; readonly off: boolean };

const tracingOf = (objects: readonly Telemetry[], defaults: TelemetryDefaults, side: TelemetrySide): Tracing | undefined => {
  const first: Said = {
    provider: defaults.tracing[0],
    off: false,
    sampling: 1,
    tags: [],
    byRequestId: true,
    ownTags: true,
    passOn: true,
  };
  const entries = objects.flatMap(({ tracing }) => tracing).filter(({ sides }) => sides.includes(side));
  const { provider, off, sides: _, ...rest }: Said & { sides?: unknown } = Object.assign({}, first, ...entries);
  const tracer = provider === undefined ? undefined : providerNamed(defaults, provider, 'tracer')?.tracer;
  return tracer && !off ? { tracer, ...rest } : undefined;
};

const sideOf = (objects: readonly Telemetry[], defaults: TelemetryDefaults, side: TelemetrySide): SideTelemetry => {
  const metrics = metricsOf(objects, defaults, side);
  const records = recordsOf(objects, side);
  const tracing = tracingOf(objects, defaults, side);
  return { ...(metrics && { metrics }), ...(records && { records }), logs: logsOf(objects, defaults, side), ...(tracing && { tracing }) };
};

/** @param objects for the mesh, the namespace and the workload, in this order; later ones win */
export const mergedTelemetry = (objects: readonly Telemetry[], defaults: TelemetryDefaults): TelemetrySlice => ({
  calls: sideOf(objects, defaults, 'calls'),
  served: sideOf(objects, defaults, 'served'),
});
