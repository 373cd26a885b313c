/** Providers of telemetry in the mesh's settings, with their services looked up. */
import {
  builtInProviders,
  type ExtensionProvider,
  type FileLogSettings,
  flawOfLabels,
  flawOfLogFormat,
  type GrpcLogSettings,
  type MeshSettings,
  type OpenTelemetrySettings,
  type OtelLogSettings,
  parseDuration,
  telemetryFaults,
  type ZipkinSettings,
} from '@weft/model';
import type { Collector, LogForm, LogLabels, LogSink, Provider, Service, Tracer } from '../mesh/index.ts';

/** Istio's format (EnvoyTextLogFormat of its telemetry_logging.go), but for the spelling of the path. */
const istioText =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';

const istioLabels: LogLabels = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
};

/** Istio ends every line where its format does not. */
const textForm = (text: string): LogForm => ({ kind: 'text', text: text.endsWith('\n') ? text : `${text}\n` });

const formOf = ({ text, labels }: NonNullable<FileLogSettings['logFormat']> = {}): LogForm => {
  if (labels) return { kind: 'json', labels: Object.keys(labels).length > 0 ? (labels as LogLabels) : istioLabels };
  return textForm(text || istioText);
};

const streamSink = ({ path, logFormat, omitEmptyValues = false }: FileLogSettings): LogSink => ({
  kind: 'stream',
  stream: path === '/dev/stderr' ? 'stderr' : 'stdout',
  form: formOf(logFormat),
  omitEmpty: omitEmptyValues,
});

/** What Istio's own filters leave there is nothing that upstream Envoy has. */
const alsSink = (of: 'requests' | 'connections', settings: GrpcLogSettings, collector: Collector): LogSink => ({
  kind: 'als',
  of,
  collector,
  log: settings.logName || (of === 'requests' ? 'http_envoy_accesslog' : 'tcp_envoy_accesslog'),
  state: settings.filterStateObjectsToLog ?? [],
  requestHeaders: settings.additionalRequestHeadersToLog ?? [],
  responseHeaders: settings.additionalResponseHeadersToLog ?? [],
  responseTrailers: settings.additionalResponseTrailersToLog ?? [],
});

const otlpSink = ({ logName, logFormat: { text, labels = {} } = {} }: OtelLogSettings, collector: Collector): LogSink => ({
  kind: 'otlp',
  collector,
  log: logName || 'otel_envoy_accesslog',
  body: text || istioText,
  attributes: labels as LogLabels,
});

const headersOf = (headers: readonly { readonly name?: string; readonly value?: string }[] = []) =>
  headers.map(({ name = '', value = '' }) => ({ name, value }));

const seconds = (text: string | undefined, otherwise: number): number => parseDuration(text ?? '') ?? otherwise;

const otlpTracer = ({ http, grpc, maxTagLength }: OpenTelemetrySettings, collector: Collector): Tracer => {
  const common = { collector, ...(maxTagLength && { maxPath: maxTagLength }) };
  if (http)
    return {
      kind: 'otlp-http',
      ...common,
      path: http.path || '/',
      timeout: seconds(http.timeout, 10_000),
      headers: headersOf(http.headers),
    };
  const timeout = parseDuration(grpc?.timeout ?? '');
  return { kind: 'otlp-grpc', ...common, ...(timeout && { timeout }), headers: headersOf(grpc?.initialMetadata) };
};

const zipkinTracer = (settings: ZipkinSettings, collector: Collector): Tracer => ({
  kind: 'zipkin',
  collector,
  ...(settings.maxTagLength && { maxPath: settings.maxTagLength }),
  path: settings.path || '/api/v2/spans',
  timeout: seconds(settings.timeout, 5_000),
  headers: headersOf(settings.headers),
  shortIds: settings.enable64bitTraceId ?? false,
  w3c: settings.traceContextOption === 'USE_B3_WITH_W3C_PROPAGATION',
});

/** The settings of one that sends somewhere. */
export const collectorSettings = ({ envoyHttpAls, envoyTcpAls, envoyOtelAls, opentelemetry, zipkin }: ExtensionProvider) =>
  envoyHttpAls ?? envoyTcpAls ?? envoyOtelAls ?? opentelemetry ?? zipkin;

type Content = Provider extends infer P ? (P extends Provider ? Omit<P, 'name'> : never) : never;

const sending = (provider: ExtensionProvider, collector: Collector): Content | undefined => {
  const { envoyHttpAls, envoyTcpAls, envoyOtelAls, opentelemetry, zipkin } = provider;
  if (envoyHttpAls) return { kind: 'log', sink: alsSink('requests', envoyHttpAls, collector) };
  if (envoyTcpAls) return { kind: 'log', sink: alsSink('connections', envoyTcpAls, collector) };
  if (envoyOtelAls) return { kind: 'log', sink: otlpSink(envoyOtelAls, collector) };
  if (opentelemetry) return { kind: 'tracer', tracer: otlpTracer(opentelemetry, collector) };
  return zipkin && { kind: 'tracer', tracer: zipkinTracer(zipkin, collector) };
};

/** @returns `undefined` where it is for something else, is broken, or sends to nobody there is */
export const providerOf = (provider: ExtensionProvider, service: Service | undefined): Provider | undefined => {
  const name = (provider.name ?? '').toLowerCase();
  const faults = telemetryFaults(provider, '');
  if (name === '' || !faults || faults.some(({ severity }) => severity === 'error')) return undefined;
  if (provider.prometheus) return { name, kind: 'metrics' };
  if (provider.envoyFileAccessLog) return { name, kind: 'log', sink: streamSink(provider.envoyFileAccessLog) };
  const { port = 0 } = collectorSettings(provider) ?? {};
  const content = service && sending(provider, { host: service.hostname, port });
  return content && ({ name, ...content } as Provider);
};

/** Istio's own two, which settings may say again, and the mesh's. */
export const builtIn: readonly Provider[] = [
  { name: builtInProviders.metrics, kind: 'metrics' },
  { name: builtInProviders.own, kind: 'tracer', tracer: { kind: 'own' } },
];

const jsonForm = (text: string): LogForm => {
  try {
    const labels: unknown = JSON.parse(text);
    const isObject = typeof labels === 'object' && labels !== null && !Array.isArray(labels);
    if (isObject && !flawOfLabels(labels as LogLabels & Parameters<typeof flawOfLabels>[0]))
      return { kind: 'json', labels: labels as LogLabels };
  } catch {
    // A finding says so; Istio takes its own format then.
  }
  return { kind: 'json', labels: istioLabels };
};

/** The log of the settings' own fields. */
const meshForm = ({ accessLogFormat, accessLogEncoding }: MeshSettings): LogForm => {
  if (accessLogEncoding === 'JSON') return accessLogFormat ? jsonForm(accessLogFormat) : { kind: 'json', labels: istioLabels };
  return textForm(accessLogFormat && !flawOfLogFormat(accessLogFormat) ? accessLogFormat : istioText);
};

export const meshLog = (settings: MeshSettings, stream: 'stdout' | 'stderr'): LogSink => ({
  kind: 'stream',
  stream,
  form: meshForm(settings),
  omitEmpty: false,
});
