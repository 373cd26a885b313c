/**
 * A proxy's page → measurements for a collector: Istio's metrics under Istio's names and labels, each with what it stands at since it began to
 * count. A series begins with its proxy, or where it was last seen to be nothing: Envoy drops what nobody calls, and begins anew [E41].
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportMetricsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import type { KeyValue } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';
import {
  AggregationTemporality,
  HistogramDataPointSchema,
  MetricSchema,
  NumberDataPointSchema,
} from '@weft/envoy/gen/opentelemetry/proto/metrics/v1/metrics_pb.js';
import { constantsOf, istioLabels, type Labels, labelsIn, readPage, seriesKey, standardHelp } from '@weft/signals';
import type { Reading } from '../metrics/reading.ts';
import { attribute } from './attribute.ts';
import type { Beginning } from './beginnings.ts';
import type { Written } from './remote-write.ts';

/** A collector takes no message above four megabytes (gRPC's default); a point has up to 1.5 kB. */
const pointsAtOnce = 2_000;

interface Point {
  readonly metric: string;
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** A counter's value, or a histogram's buckets and their sum. */
  readonly values: number[];
}

/** Several of Envoy's series may be one of Istio's: subsets and ports of a service. */
const pointsOf = ({ page, own }: Reading): ReadonlyMap<string, Point> => {
  const constants = constantsOf(own);
  const points = new Map<string, Point>();
  readPage(page, ({ metric, labels: written, bounds, values }) => {
    const read = labelsIn(written);
    if (!read) return;
    const labels = istioLabels(metric, read, constants);
    const key = seriesKey(metric, labels);
    const known = points.get(key);
    if (known) for (const [index, value] of values.entries()) known.values[index] = (known.values[index] ?? 0) + value;
    else points.set(key, { metric, labels, bounds, values: [...values] });
  });
  return points;
};

/** How often something was counted: what never falls while it counts on. */
const countOf = ({ bounds, values }: Point): number =>
  bounds.length === 0 ? (values[0] ?? 0) : values.slice(0, -1).reduce((sum, value) => sum + value, 0);

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;

const attributesOf = (labels: Labels): KeyValue[] => Object.entries(labels).map(([label, value]) => attribute(label, value));

interface Told extends Point {
  readonly count: number;
  readonly began: number;
}

const times = ({ began }: Told, at: number) => ({ startTimeUnixNano: nanoseconds(began), timeUnixNano: nanoseconds(at) });

const unitOf = (metric: string): string => {
  if (metric.endsWith('_milliseconds')) return 'ms';
  return /_bytes(_total)?$/.test(metric) ? 'By' : '';
};

const metricOf = (name: string, points: readonly Told[], at: number) => {
  const isCounter = points[0]?.bounds.length === 0;
  const cumulative = { aggregationTemporality: AggregationTemporality.CUMULATIVE };
  const counters = (): ReturnType<typeof create<typeof NumberDataPointSchema>>[] =>
    points.map((point) =>
      create(NumberDataPointSchema, {
        ...times(point, at),
        attributes: attributesOf(point.labels),
        value: { case: 'asInt', value: BigInt(Math.round(point.count)) },
      }),
    );
  const histograms = (): ReturnType<typeof create<typeof HistogramDataPointSchema>>[] =>
    points.map((point) =>
      create(HistogramDataPointSchema, {
        ...times(point, at),
        attributes: attributesOf(point.labels),
        count: BigInt(point.count),
        sum: point.values.at(-1) ?? 0,
        bucketCounts: point.values.slice(0, -1).map(BigInt),
        explicitBounds: [...point.bounds],
      }),
    );
  return create(MetricSchema, {
    name,
    description: standardHelp.get(name.replace(/_total$/, '')) ?? '',
    unit: unitOf(name),
    data: isCounter
      ? { case: 'sum', value: { ...cumulative, isMonotonic: true, dataPoints: counters() } }
      : { case: 'histogram', value: { ...cumulative, dataPoints: histograms() } },
  });
};

/** As OpenTelemetry calls what a pod is; `service.*` are what Prometheus makes `job` and `instance` of. */
const resourceOf = ({ target, own }: Reading): KeyValue[] => {
  const [namespace = '', pod = ''] = target.split('/');
  return Object.entries({
    'service.name': own.canonicalService,
    'service.namespace': namespace,
    'service.instance.id': pod,
    'service.version': own.canonicalRevision,
    'k8s.namespace.name': namespace,
    'k8s.pod.name': pod,
    'k8s.cluster.name': own.cluster,
    'weft.workload': own.workload,
  }).map(([key, value]) => attribute(key, value));
};

const messageOf = (points: readonly Told[], reading: Reading): Written => {
  const byMetric = Map.groupBy(points, ({ metric }) => metric);
  const metrics = [...byMetric].map(([name, all]) => metricOf(name, all, reading.at));
  const message = create(ExportMetricsServiceRequestSchema, {
    resourceMetrics: [{ resource: { attributes: resourceOf(reading) }, scopeMetrics: [{ scope: { name: 'weft' }, metrics }] }],
  });
  return { body: toBinary(ExportMetricsServiceRequestSchema, message), samples: points.length };
};

/** @param begin says when a series began to count, by its key and what it stands at. */
export const writeMeasurements = (reading: Reading, begin: Beginning): readonly Written[] => {
  const points = [...pointsOf(reading)].map(([key, point]): Told => {
    const count = countOf(point);
    return { ...point, count, began: begin(key, count) };
  });
  const messages = Math.ceil(points.length / pointsAtOnce);
  return Array.from({ length: messages }, (_, index) => messageOf(points.slice(index * pointsAtOnce, (index + 1) * pointsAtOnce), reading));
};
