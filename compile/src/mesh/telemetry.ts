/** What proxies count, write down and trace, and where it goes [S126, S127]. Identity-stable. */
import type { PolicyTarget } from './authorization.ts';
import type { Labels } from './workload.ts';

export { changedLabel, messagesLabel, seriesLabel, seriesParts } from '@weft/model';

/** Of a proxy's traffic: what its workload calls (all that a gateway passes on), and what its workload serves. */
export type TelemetrySide = 'calls' | 'served';

/** Istio's standard metrics [S140]. */
export const metricNames = [
  ...(['istio_requests_total', 'istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes'] as const),
  ...(['istio_request_messages_total', 'istio_response_messages_total'] as const),
  ...(['istio_tcp_connections_opened_total', 'istio_tcp_connections_closed_total'] as const),
  ...(['istio_tcp_sent_bytes_total', 'istio_tcp_received_bytes_total'] as const),
] as const;

export type MetricName = (typeof metricNames)[number];

/** Of a label: what it is made of, as Envoy evaluates it; `undefined`: there is none. */
export interface LabelChange {
  readonly label: string;
  readonly expression?: string;
}

export interface MetricChange {
  readonly metric: MetricName;
  readonly dropped?: true;
  /** By the label's name. */
  readonly labels: readonly LabelChange[];
}

/** Who takes what is sent. */
export interface Collector {
  readonly host: string;
  readonly port: number;
}

/** How a line of a log is written. */
export type LogForm = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'json'; readonly labels: LogLabels };

export type LogLabels = { readonly [label: string]: LogValue };
export type LogValue = string | number | boolean | null | readonly LogValue[] | LogLabels;

export type LogSink =
  | { readonly kind: 'stream'; readonly stream: 'stdout' | 'stderr'; readonly form: LogForm; readonly omitEmpty: boolean }
  /** Envoy's own protocol, for requests or for connections. */
  | {
      readonly kind: 'als';
      readonly of: 'requests' | 'connections';
      readonly collector: Collector;
      readonly log: string;
      readonly state: readonly string[];
      readonly requestHeaders: readonly string[];
      readonly responseHeaders: readonly string[];
      readonly responseTrailers: readonly string[];
    }
  | { readonly kind: 'otlp'; readonly collector: Collector; readonly log: string; readonly body: string; readonly attributes: LogLabels };

interface SentHeader {
  readonly name: string;
  readonly value: string;
}

interface SpanSink {
  readonly collector: Collector;
  /** Of a path in a span; absent: Envoy's. */
  readonly maxPath?: number;
  readonly headers: readonly SentHeader[];
}

export type Tracer =
  /** The mesh's own store. */
  | { readonly kind: 'own' }
  | (SpanSink & { readonly kind: 'otlp-grpc'; readonly timeout?: number })
  | (SpanSink & { readonly kind: 'otlp-http'; readonly path: string; readonly timeout: number })
  | (SpanSink & {
      readonly kind: 'zipkin';
      readonly path: string;
      readonly timeout: number;
      readonly shortIds: boolean;
      readonly w3c: boolean;
    });

/** A provider of the settings, or one that is always there. */
export type Provider = { readonly name: string } & (
  | { readonly kind: 'metrics' }
  | { readonly kind: 'log'; readonly sink: LogSink }
  | { readonly kind: 'tracer'; readonly tracer: Tracer }
);

export interface MetricsEntry {
  /** Empty: those of before. */
  readonly providers: readonly string[];
  readonly overrides: readonly {
    readonly sides: readonly TelemetrySide[];
    readonly metrics: readonly MetricName[];
    /** Every metric at once. */
    readonly all: boolean;
    readonly dropped?: boolean;
    readonly labels: readonly LabelChange[];
  }[];
}

export interface LoggingEntry {
  readonly sides: readonly TelemetrySide[];
  readonly providers: readonly string[];
  readonly off?: boolean;
  /** Of what is logged; absent: all. */
  readonly condition?: string;
}

export type SpanTag = { readonly name: string } & (
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'environment'; readonly variable: string; readonly otherwise: string }
  | { readonly kind: 'header'; readonly header: string; readonly otherwise: string }
);

export interface TracingEntry {
  readonly sides: readonly TelemetrySide[];
  readonly provider?: string;
  readonly off?: boolean;
  /** Percent. */
  readonly sampling?: number;
  readonly tags?: readonly SpanTag[];
  readonly byRequestId?: boolean;
  readonly ownTags?: boolean;
  readonly passOn?: boolean;
}

/** One object of kind Telemetry. */
export interface Telemetry {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  /** Both as an AuthorizationPolicy's. */
  readonly selector?: Labels;
  readonly targets?: readonly PolicyTarget[];
  readonly metrics: readonly MetricsEntry[];
  readonly logging: readonly LoggingEntry[];
  readonly tracing: readonly TracingEntry[];
}

/** What holds where no object says anything, and who is there to be named. */
export interface TelemetryDefaults {
  readonly providers: readonly Provider[];
  readonly metrics: readonly string[];
  readonly logging: readonly string[];
  readonly tracing: readonly string[];
  /** Of the settings' own log, where nobody names a provider; absent: none. */
  readonly log?: LogSink;
}

export interface Log {
  readonly sink: LogSink;
  readonly condition?: string;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Percent. */
  readonly sampling: number;
  readonly tags: readonly SpanTag[];
  /** Whether a request is traced is told by its id [S127]. */
  readonly byRequestId: boolean;
  /** Tags by which Istio says whose a span is. */
  readonly ownTags: boolean;
  /** The trace is told to those who are called. */
  readonly passOn: boolean;
}

export interface SideTelemetry {
  /** Absent: nothing is counted. */
  readonly metrics?: readonly MetricChange[];
  /** The mesh's own records; absent: none are written. */
  readonly records?: { readonly condition?: string };
  readonly logs: readonly Log[];
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
}

export type TelemetrySlice = Readonly<Record<TelemetrySide, SideTelemetry>>;

const byDefault: SideTelemetry = {
  metrics: [],
  records: {},
  logs: [],
  tracing: { tracer: { kind: 'own' }, sampling: 1, tags: [], byRequestId: true, ownTags: true, passOn: true },
};

/** What a mesh has that says nothing of it. */
export const defaultTelemetry: TelemetrySlice = { calls: byDefault, served: byDefault };
