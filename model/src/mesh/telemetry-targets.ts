/** Who else keeps what is observed: addresses of the administrator's own, in annotations of the mesh's settings. */
import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { cidrFault, network } from '../text/host.ts';
import { childPath } from '../yaml/json.ts';

/** What is sent by OTLP. */
export const otlpSignals = ['metrics', 'traces', 'logs'] as const;
export type OtlpSignal = (typeof otlpSignals)[number];

export interface TelemetryTarget {
  readonly address: string;
  /** Name of the Secret with which it is asked, in the root namespace. */
  readonly secret?: string;
}

/** Its address over HTTP is whole (`…/v1/traces`); over gRPC it has no path. */
export interface OtlpTarget extends TelemetryTarget {
  readonly protocol: 'http' | 'grpc';
}

export interface TelemetryTargets {
  /** A server that speaks Prometheus' language: measurements are read from it instead of Weft's own store. */
  readonly prometheus?: TelemetryTarget;
  /** Where measurements are written by Prometheus' remote write. */
  readonly remoteWrite?: TelemetryTarget;
  readonly otlp: { readonly [Signal in OtlpSignal]?: OtlpTarget };
  /** CIDR blocks of addresses inside, where these may be all the same. */
  readonly networks: readonly string[];
}

type Annotations = Metadata['annotations'];

const own = (name: string): string => `mesh.weft.dev/${name}`;
const prometheusName = own('prometheus');
const remoteWriteName = own('remote-write');
/** Of all signals, unless one has its own: as OTEL_EXPORTER_OTLP_ENDPOINT and its like (opentelemetry.io/docs/specs/otel/protocol/exporter). */
const collectorName = own('otlp-collector');
const signalName = (signal: OtlpSignal): string => own(`otlp-${signal}`);
const networksName = own('telemetry-networks');

const httpNames = [prometheusName, remoteWriteName];
const otlpNames = [collectorName, ...otlpSignals.map(signalName)];

/** The annotation that names the Secret with which that of this name is asked. */
const secretName = (annotation: string): string => `${annotation}-secret`;

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

interface Address {
  readonly scheme: string;
  /** With its port, where one is written. */
  readonly host: string;
  readonly port?: number;
  readonly path: string;
}

const form = /^([a-z]+):\/\/((?:\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?)((?:\/[\w./~%-]*)?)$/i;

/** As libraries know addresses: they have no platform. */
const addressIn = (text: string): Address | undefined => {
  const [, scheme = '', host, port, path = ''] = form.exec(text) ?? [];
  return host === undefined
    ? undefined
    : { scheme: scheme.toLowerCase(), host, ...(port !== undefined && { port: Number(port) }), path: path.replace(/\/+$/, '') };
};

/** @returns what is wrong with it */
const flawOf = (text: string, schemes: readonly string[]): string | undefined => {
  const address = addressIn(text);
  // It is not repeated: people write passwords into addresses.
  if (!address || !schemes.includes(address.scheme)) return 'no address that can be asked';
  const { scheme, port, path } = address;
  if (port !== undefined && (port < 1 || port > 65_535)) return `${port} is no port`;
  return scheme.startsWith('grpc') && path !== '' ? 'gRPC knows no paths' : undefined;
};

const http = ['http', 'https'];
const otlp = [...http, 'grpc', 'grpcs'];

/** OTLP's ports: 4317 for gRPC, 4318 for HTTP (the same page). */
const grpcPort = 4317;

const isGrpc = ({ scheme, port, path }: Address): boolean => scheme.startsWith('grpc') || (port === grpcPort && path === '');

const otlpTarget = (text: string, path: string): OtlpTarget | undefined => {
  const address = addressIn(text);
  if (!address || flawOf(text, otlp)) return undefined;
  const { scheme, host, port } = address;
  if (!isGrpc(address)) return { protocol: 'http', address: `${scheme}://${host}${address.path}${path}` };
  return { protocol: 'grpc', address: `${scheme.endsWith('s') ? 'https' : 'http'}://${host}${port === undefined ? `:${grpcPort}` : ''}` };
};

const secretOf = (annotations: Annotations, annotation: string): Pick<TelemetryTarget, 'secret'> => {
  const secret = annotations[secretName(annotation)];
  return secret === undefined || secret === '' ? {} : { secret };
};

const httpTarget = (annotations: Annotations, annotation: string): TelemetryTarget | undefined => {
  const address = annotations[annotation];
  if (address === undefined || flawOf(address, http)) return undefined;
  return { address: address.replace(/\/+$/, ''), ...secretOf(annotations, annotation) };
};

/** In place of an address: this signal is not sent. */
const nobody = 'none';

const signalTarget = (annotations: Annotations, signal: OtlpSignal): OtlpTarget | undefined => {
  const annotation = signalName(signal);
  const [written, collector] = [annotations[annotation], annotations[collectorName]];
  if (written === nobody) return undefined;
  const [name, target] =
    written === undefined
      ? [collectorName, otlpTarget(collector ?? '', `/v1/${signal}`)]
      : // What stands there is the whole address.
        [annotation, otlpTarget(written, '')];
  return target && { ...target, ...secretOf(annotations, name) };
};

/** What cannot be read counts as not written. */
export const readTelemetryTargets = (annotations: Annotations): TelemetryTargets => {
  const [prometheus, remoteWrite] = httpNames.map((name) => httpTarget(annotations, name));
  const signals = otlpSignals.flatMap((signal) => {
    const target = signalTarget(annotations, signal);
    return target ? [[signal, target] as const] : [];
  });
  const networks = listed(annotations[networksName])
    .filter((block) => cidrFault(block) === undefined)
    .map(network);
  return { ...(prometheus && { prometheus }), ...(remoteWrite && { remoteWrite }), otlp: Object.fromEntries(signals), networks };
};

const httpHelp = 'Write `http://host:port/path` or `https://…`, without user, password and query.';
const otlpHelp =
  'Write `http://host:4318`, `https://…`, or for gRPC `http://host:4317`, `grpc://host:port` or `grpcs://…`, without user, password and query.';

const path = (annotation: string): string => childPath('metadata.annotations', annotation);

function* checkAddress(annotations: Annotations, annotation: string): Iterable<Problem> {
  const [written, secret] = [annotations[annotation], annotations[secretName(annotation)]];
  const isOtlp = otlpNames.includes(annotation);
  if (written === undefined && secret !== undefined)
    yield doubtful('WEFT0101', path(secretName(annotation)), [
      `nobody is asked with it: \`${annotation}\` is not there`,
      'Name the address, or remove it.',
    ]);
  if (written === undefined || (written === nobody && isOtlp && annotation !== collectorName)) return;
  const flaw = flawOf(written, isOtlp ? otlp : http);
  if (flaw) yield invalid(path(annotation), flaw, isOtlp ? otlpHelp : httpHelp);
}

export function* checkTelemetryTargets(annotations: Annotations): Iterable<Problem> {
  for (const annotation of [...httpNames, ...otlpNames]) yield* checkAddress(annotations, annotation);
  for (const block of listed(annotations[networksName])) {
    const fault = cidrFault(block);
    if (fault) yield invalid(path(networksName), fault, 'Write addresses and CIDR blocks, separated by commas.');
  }
}

/** An annotation that names a Secret, and whom is asked with it. */
export interface NamedSecret {
  readonly annotation: string;
  readonly secret: string;
  readonly address: string;
}

/** Those of addresses that count. */
export const telemetrySecrets = (annotations: Annotations): readonly NamedSecret[] =>
  [...httpNames, ...otlpNames].flatMap((name) => {
    const annotation = secretName(name);
    const secret = annotations[annotation];
    const target = otlpNames.includes(name) ? otlpTarget(annotations[name] ?? '', '') : httpTarget(annotations, name);
    return target && secret !== undefined ? [{ annotation, secret, address: target.address }] : [];
  });
