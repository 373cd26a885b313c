/** Logs that objects of kind Telemetry ask for, beside the mesh's own records. */
import { type Init, milliseconds, outboundCluster, typed } from '@weft/envoy';
import type { AccessLogFilterSchema } from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { ApiVersion } from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';
import type { GrpcServiceSchema } from '@weft/envoy/gen/envoy/config/core/v3/grpc_service_pb.js';
import type { SubstitutionFormatStringSchema } from '@weft/envoy/gen/envoy/config/core/v3/substitution_format_string_pb.js';
import { AccessLogType } from '@weft/envoy/gen/envoy/data/accesslog/v3/accesslog_pb.js';
import { ExpressionFilterSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js';
import {
  type CommonGrpcAccessLogConfigSchema,
  HttpGrpcAccessLogConfigSchema,
  TcpGrpcAccessLogConfigSchema,
} from '@weft/envoy/gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js';
import { OpenTelemetryAccessLogConfigSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service_pb.js';
import { StderrAccessLogSchema, StdoutAccessLogSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import type { Collector, Log, LogForm, LogLabels, LogSink, LogValue } from '../mesh/index.ts';
import { type AccessLog, at } from './metrics.ts';

type Filter = Init<typeof AccessLogFilterSchema>;

/** Envoy can be asked for functions of texts here, which Istio's has. */
export const onCondition = (expression: string): Filter => ({
  filterSpecifier: {
    case: 'extensionFilter',
    value: typed('envoy.access_loggers.extension_filters.cel', ExpressionFilterSchema, {
      expression,
      celConfig: { enableStringConversion: true, enableStringConcat: true, enableStringFunctions: true },
    }),
  },
});

/** Besides what it is filtered by already. */
export const narrowedBy = (log: AccessLog, condition: string | undefined): AccessLog => {
  if (condition === undefined) return log;
  const filters = [...(log.filter ? [log.filter as Filter] : []), onCondition(condition)];
  const [only, ...others] = filters;
  return {
    ...log,
    ...(others.length === 0 ? only && { filter: only } : { filter: { filterSpecifier: { case: 'andFilter', value: { filters } } } }),
  };
};

export const grpcTo = ({ host, port }: Collector): Init<typeof GrpcServiceSchema> => ({
  targetSpecifier: { case: 'envoyGrpc', value: { clusterName: outboundCluster({ port, host }), authority: host } },
});

const json = (labels: LogLabels) => ({ ...labels }) as { [label: string]: never };

const formatOf = (form: LogForm, omitEmptyValues: boolean): Init<typeof SubstitutionFormatStringSchema> =>
  form.kind === 'json'
    ? { format: { case: 'jsonFormat', value: json(form.labels) }, omitEmptyValues }
    : { format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: form.text } } }, omitEmptyValues };

type Of<K extends LogSink['kind']> = Extract<LogSink, { readonly kind: K }>;

const streamLog = ({ stream, form, omitEmpty }: Of<'stream'>): AccessLog => {
  const config = { accessLogFormat: { case: 'logFormat' as const, value: formatOf(form, omitEmpty) } };
  return stream === 'stdout'
    ? typed('envoy.access_loggers.stdout', StdoutAccessLogSchema, config)
    : typed('envoy.access_loggers.stderr', StderrAccessLogSchema, config);
};

const alsLog = (sink: Of<'als'>): AccessLog => {
  const commonConfig: Init<typeof CommonGrpcAccessLogConfigSchema> = {
    logName: sink.log,
    grpcService: grpcTo(sink.collector),
    transportApiVersion: ApiVersion.V3,
    filterStateObjectsToLog: [...sink.state],
  };
  if (sink.of === 'connections') return typed('envoy.access_loggers.tcp_grpc', TcpGrpcAccessLogConfigSchema, { commonConfig });
  return typed('envoy.access_loggers.http_grpc', HttpGrpcAccessLogConfigSchema, {
    commonConfig,
    additionalRequestHeadersToLog: [...sink.requestHeaders],
    additionalResponseHeadersToLog: [...sink.responseHeaders],
    additionalResponseTrailersToLog: [...sink.responseTrailers],
  });
};

const anyValue = (value: LogValue) => ({
  value: { case: 'stringValue' as const, value: typeof value === 'string' ? value : JSON.stringify(value) },
});

const otlpLog = ({ collector, log, body, attributes }: Of<'otlp'>): AccessLog =>
  typed('envoy.access_loggers.open_telemetry', OpenTelemetryAccessLogConfigSchema, {
    grpcService: { ...grpcTo(collector), timeout: milliseconds(5_000) },
    logName: log,
    disableBuiltinLabels: false,
    body: anyValue(body),
    attributes: { values: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })) },
  });

const logOf = (sink: LogSink): AccessLog => {
  switch (sink.kind) {
    case 'stream':
      return streamLog(sink);
    case 'als':
      return alsLog(sink);
    case 'otlp':
      return otlpLog(sink);
  }
};

/** Of a connection manager. Envoy's own protocol has one form for requests and another for connections. */
export const requestLogs = (logs: readonly Log[]): readonly AccessLog[] =>
  logs.filter(({ sink }) => sink.kind !== 'als' || sink.of === 'requests').map(({ sink, condition }) => narrowedBy(logOf(sink), condition));

/** Of a TCP proxy: one line when the connection has ended. */
export const connectionLogs = (logs: readonly Log[]): readonly AccessLog[] =>
  logs
    .filter(({ sink }) => sink.kind !== 'als' || sink.of === 'connections')
    .map(({ sink, condition }) => narrowedBy({ ...logOf(sink), ...at(AccessLogType.TcpConnectionEnd) }, condition));
