/** Where telemetry goes, in the mesh's settings (`extensionProviders`): objects of kind Telemetry name them. */
import { parseDuration } from '../duration.ts';
import type { Problem } from '../problem.ts';
import { ineffective, invalid, isPort, portHelp } from '../rule.ts';
import { isHeaderName } from '../text/header.ts';
import { flawOfLogFormat } from '../text/log-format.ts';
import { childPath, type Json } from '../yaml/json.ts';

/** Of the mesh's own, beside those of its settings: Istio's two, and the mesh's own records and spans. */
export const builtInProviders = { metrics: 'prometheus', file: 'envoy', own: 'weft' } as const;

interface Collector {
  readonly service?: string;
  readonly port?: number;
}

interface SentHeader {
  readonly name?: string;
  readonly value?: string;
  readonly envName?: string;
}

export interface ZipkinSettings extends Collector {
  readonly maxTagLength?: number;
  readonly enable64bitTraceId?: boolean;
  readonly path?: string;
  readonly traceContextOption?: 'USE_B3' | 'USE_B3_WITH_W3C_PROPAGATION';
  readonly timeout?: string;
  readonly headers?: readonly SentHeader[];
}

export interface OpenTelemetrySettings extends Collector {
  readonly maxTagLength?: number;
  readonly http?: { readonly path?: string; readonly timeout?: string; readonly headers?: readonly SentHeader[] };
  readonly grpc?: { readonly timeout?: string; readonly initialMetadata?: readonly SentHeader[] };
  readonly resourceDetectors?: unknown;
  readonly serviceAttributeEnrichment?: string;
  readonly dynatraceSampler?: unknown;
}

interface LogFormat {
  readonly text?: string;
  readonly labels?: Readonly<Record<string, Json>>;
}

export interface FileLogSettings {
  readonly path?: string;
  readonly logFormat?: LogFormat;
  readonly omitEmptyValues?: boolean;
}

export interface GrpcLogSettings extends Collector {
  readonly logName?: string;
  readonly filterStateObjectsToLog?: readonly string[];
  readonly additionalRequestHeadersToLog?: readonly string[];
  readonly additionalResponseHeadersToLog?: readonly string[];
  readonly additionalResponseTrailersToLog?: readonly string[];
}

export interface OtelLogSettings extends Collector {
  readonly logName?: string;
  readonly logFormat?: LogFormat;
}

/** One of them. */
export interface TelemetryProvider {
  readonly prometheus?: object;
  readonly envoyFileAccessLog?: FileLogSettings;
  readonly envoyHttpAls?: GrpcLogSettings;
  readonly envoyTcpAls?: GrpcLogSettings;
  readonly envoyOtelAls?: OtelLogSettings;
  readonly opentelemetry?: OpenTelemetrySettings;
  readonly zipkin?: ZipkinSettings;
}

function* checkCollector({ service, port }: Collector, path: string): Iterable<Problem> {
  if (!service) yield invalid(`${path}.service`, 'names nobody to send to', 'Write the host of a service of the mesh.');
  if (!isPort(port)) yield invalid(`${path}.port`, `${port ?? 'nothing'} is no port`, portHelp);
}

/** A value of the proxy's environment is nothing that one configuration for many could hold. */
function* checkHeaders(headers: readonly SentHeader[] | undefined, path: string): Iterable<Problem> {
  for (const [index, { name = '', envName }] of (headers ?? []).entries()) {
    if (!isHeaderName(name))
      yield invalid(`${path}[${index}].name`, `\`${name.slice(0, 80)}\` is no header name`, 'Use letters, digits and `-`.');
    if (envName !== undefined) yield invalid(`${path}[${index}].envName`, 'values of the environment cannot be sent', 'Write `value`.');
  }
}

function* checkTimeout(timeout: string | undefined, path: string): Iterable<Problem> {
  if (timeout !== undefined && !(parseDuration(timeout) ?? 0))
    yield invalid(path, `\`${timeout.slice(0, 40)}\` is no duration`, 'Write for example `5s`.');
}

/** Every text of the labels, however deep. */
const textsOf = (value: Json): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

const flawOfValue = (value: Json): string | undefined => textsOf(value).flatMap((text) => flawOfLogFormat(text) ?? [])[0];

export const flawOfLabels = (labels: Readonly<Record<string, Json>>): string | undefined =>
  Object.values(labels).flatMap((value) => flawOfValue(value) ?? [])[0];

function* checkFormat({ text, labels }: LogFormat = {}, path: string): Iterable<Problem> {
  const flaw = text === undefined ? undefined : flawOfLogFormat(text);
  if (flaw) yield invalid(`${path}.text`, flaw, 'Write Envoy’s format of access logs.');
  for (const [key, value] of Object.entries(labels ?? {})) {
    const first = flawOfValue(value);
    if (first) yield invalid(childPath(`${path}.labels`, key), first, 'Write Envoy’s format of access logs.');
  }
}

export const streams = ['/dev/stdout', '/dev/stderr'] as const;

function* checkFile({ path: file = streams[0], logFormat }: FileLogSettings, path: string): Iterable<Problem> {
  if (!streams.some((stream) => stream === file))
    yield invalid(`${path}.path`, 'a proxy has no files that anybody could read', `Write \`${streams[0]}\` or \`${streams[1]}\`.`);
  if (logFormat?.text !== undefined && logFormat.labels)
    yield invalid(`${path}.logFormat`, 'a line is one text or has labels', 'Write `text` or `labels`.');
  yield* checkFormat(logFormat, `${path}.logFormat`);
}

function* checkOpenTelemetry(settings: OpenTelemetrySettings, path: string): Iterable<Problem> {
  yield* checkCollector(settings, path);
  const { http, grpc, resourceDetectors, dynatraceSampler } = settings;
  yield* checkTimeout(http?.timeout, `${path}.http.timeout`);
  yield* checkTimeout(grpc?.timeout, `${path}.grpc.timeout`);
  yield* checkHeaders(http?.headers, `${path}.http.headers`);
  yield* checkHeaders(grpc?.initialMetadata, `${path}.grpc.initialMetadata`);
  if (resourceDetectors !== undefined)
    yield ineffective(`${path}.resourceDetectors`, 'proxies say their names without detectors, and nothing else', 'Remove it.');
  if (dynatraceSampler !== undefined)
    yield ineffective(`${path}.dynatraceSampler`, 'this sampler is not known', 'Write `randomSamplingPercentage` in a Telemetry.');
}

function* checkZipkin(settings: ZipkinSettings, path: string): Iterable<Problem> {
  yield* checkCollector(settings, path);
  yield* checkTimeout(settings.timeout, `${path}.timeout`);
  yield* checkHeaders(settings.headers, `${path}.headers`);
  if (settings.path && !settings.path.startsWith('/')) yield invalid(`${path}.path`, 'a path begins with `/`', 'Begin it with `/`.');
}

/** @returns `undefined` where it is for something else; else what makes it useless: errors, and what has no effect of it: warnings */
export const telemetryFaults = (provider: TelemetryProvider, path: string): readonly Problem[] | undefined => {
  const { envoyFileAccessLog, envoyHttpAls, envoyTcpAls, envoyOtelAls, opentelemetry, zipkin } = provider;
  if (provider.prometheus) return [];
  if (envoyFileAccessLog) return [...checkFile(envoyFileAccessLog, `${path}.envoyFileAccessLog`)];
  if (envoyHttpAls) return [...checkCollector(envoyHttpAls, `${path}.envoyHttpAls`)];
  if (envoyTcpAls) return [...checkCollector(envoyTcpAls, `${path}.envoyTcpAls`)];
  if (envoyOtelAls)
    return [
      ...checkCollector(envoyOtelAls, `${path}.envoyOtelAls`),
      ...checkFormat(envoyOtelAls.logFormat, `${path}.envoyOtelAls.logFormat`),
    ];
  if (opentelemetry) return [...checkOpenTelemetry(opentelemetry, `${path}.opentelemetry`)];
  if (zipkin) return [...checkZipkin(zipkin, `${path}.zipkin`)];
  return undefined;
};
