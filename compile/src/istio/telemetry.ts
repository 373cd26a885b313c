/** Objects of kind Telemetry as the mesh has them: modes as sides, metrics by their names, expressions as Envoy takes them. */
import {
  type Resource,
  readExpression,
  type SpanTag as SpanTagSettings,
  type TagOverride,
  type TelemetryLoggingSpec,
  type TelemetryMetric,
  type TelemetryMetricsSpec,
  type TelemetryMode,
  type TelemetrySpec,
  type TelemetryTracingSpec,
} from '@weft/model';
import {
  type LabelChange,
  type LoggingEntry,
  type MetricName,
  type MetricsEntry,
  metricNames,
  type SpanTag,
  type Telemetry,
  type TelemetrySide,
  type TracingEntry,
} from '../mesh/index.ts';
import { attachedTo } from './authorization-policy.ts';

const sidesOf = (mode: TelemetryMode | undefined): readonly TelemetrySide[] => {
  if (mode === 'CLIENT') return ['calls'];
  return mode === 'SERVER' ? ['served'] : ['calls', 'served'];
};

const byName: Readonly<Record<TelemetryMetric, MetricName>> = {
  REQUEST_COUNT: 'istio_requests_total',
  REQUEST_DURATION: 'istio_request_duration_milliseconds',
  REQUEST_SIZE: 'istio_request_bytes',
  RESPONSE_SIZE: 'istio_response_bytes',
  GRPC_REQUEST_MESSAGES: 'istio_request_messages_total',
  GRPC_RESPONSE_MESSAGES: 'istio_response_messages_total',
  TCP_OPENED_CONNECTIONS: 'istio_tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'istio_tcp_connections_closed_total',
  TCP_SENT_BYTES: 'istio_tcp_sent_bytes_total',
  TCP_RECEIVED_BYTES: 'istio_tcp_received_bytes_total',
};

/** Words between proxies and the mesh, and what is no label: told as findings, and left as they are. */
const isFixed = (label: string): boolean =>
  !/^[A-Za-z_]\w*$/.test(label) || /^(?:__.*|le|reporter|mesh|changed|messages|namespace|pod)$/.test(label);

const labelChange = (label: string, { operation = 'UPSERT', value = '' }: TagOverride): readonly LabelChange[] => {
  if (isFixed(label)) return [];
  if (operation === 'REMOVE') return [{ label }];
  const read = readExpression(value, 'value');
  return typeof read === 'string' ? [] : [{ label, expression: read.text }];
};

const providersOf = ({ providers = [] }: { readonly providers?: readonly { readonly name: string }[] }): readonly string[] =>
  providers.map(({ name }) => name.toLowerCase());

const metricsEntry = (spec: TelemetryMetricsSpec): MetricsEntry => ({
  providers: providersOf(spec),
  overrides: (spec.overrides ?? [])
    .filter(({ match }) => match?.customMetric === undefined)
    .map(({ match: { metric = 'ALL_METRICS', mode } = {}, disabled, tagOverrides = {} }) => ({
      sides: sidesOf(mode),
      metrics: metric === 'ALL_METRICS' ? metricNames : [byName[metric as TelemetryMetric]],
      all: metric === 'ALL_METRICS',
      ...(disabled !== undefined && { dropped: disabled }),
      labels: Object.entries(tagOverrides).flatMap(([label, override]) => labelChange(label, override)),
    })),
});

const loggingEntry = (spec: TelemetryLoggingSpec): LoggingEntry => {
  const condition = spec.filter?.expression ? readExpression(spec.filter.expression, 'condition') : undefined;
  return {
    sides: sidesOf(spec.match?.mode),
    providers: providersOf(spec),
    ...(spec.disabled !== undefined && { off: spec.disabled }),
    ...(typeof condition === 'object' && { condition: condition.text }),
  };
};

const spanTag = (name: string, { literal, environment, header }: SpanTagSettings): readonly SpanTag[] => {
  if (literal) return [{ name, kind: 'literal', value: literal.value }];
  if (environment) return [{ name, kind: 'environment', variable: environment.name, otherwise: environment.defaultValue ?? '' }];
  if (header) return [{ name, kind: 'header', header: header.name, otherwise: header.defaultValue ?? '' }];
  return [];
};

const tracingEntry = (spec: TelemetryTracingSpec): TracingEntry => {
  const [provider] = providersOf(spec);
  const { disableSpanReporting: off, randomSamplingPercentage: sampling, useRequestIdForTraceSampling: byRequestId } = spec;
  return {
    sides: sidesOf(spec.match?.mode),
    ...(provider !== undefined && { provider }),
    ...(off !== undefined && { off }),
    ...(sampling !== undefined && { sampling }),
    ...(byRequestId !== undefined && { byRequestId }),
    ...(spec.enableIstioTags !== undefined && { ownTags: spec.enableIstioTags }),
    ...(spec.disableContextPropagation !== undefined && { passOn: !spec.disableContextPropagation }),
    ...(spec.customTags && { tags: Object.entries(spec.customTags).flatMap(([name, tag]) => spanTag(name, tag)) }),
  };
};

export const telemetryOf = ({ metadata, spec }: Resource<TelemetrySpec>): Telemetry => {
  const selector = spec.selector?.matchLabels;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    ...(selector && Object.keys(selector).length > 0 && { selector }),
    ...attachedTo(spec),
    metrics: (spec.metrics ?? []).map(metricsEntry),
    logging: (spec.accessLogging ?? []).map(loggingEntry),
    tracing: (spec.tracing ?? []).map(tracingEntry),
  };
};
