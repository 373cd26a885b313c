/**
 * What a connection manager takes out of a request's headers and puts into them, before policies and routes look at it
 * (`ConnectionManagerUtility::mutateRequestHeaders` of Envoy 1.40). No address is taken for internal.
 */
import type { Trust } from '../mesh/index.ts';
import { type Lines, linesIn, type Read, valuesOf, withLines } from './request.ts';

/** Where headers are read. */
export interface Vantage {
  /** The connection is in TLS that ends here. */
  readonly encrypted: boolean;
  /** Headers of proxies that nobody believes here. */
  readonly unbelieved: readonly string[];
  /** What becomes of the word on client certificates [S87]. */
  readonly certificates: NonNullable<Trust['certificates']>;
  /** What is said of the one that was shown; absent: none was. */
  readonly certificate?: string;
  /** Of gateways. */
  readonly edge?: Edge;
}

export interface Edge {
  /** Who opened the connection, as a PROXY header has it. */
  readonly peer: string;
  /** The client that trusted proxies speak of. */
  readonly client: string;
  readonly hops: number;
}

/** In place of what Envoy makes up. */
export const madeUp = '(made by Envoy)';
/** In place of an address that nobody has told. */
export const someAddress = '(the client’s address)';

const words = (text: string): readonly string[] => text.split(' ');

const hopByHop = words('connection upgrade keep-alive proxy-connection transfer-encoding x-envoy-internal');

/** What Envoy takes from nobody outside. */
const orders = words(
  'retry-on retry-grpc-on max-retries retriable-status-codes retriable-header-names upstream-alt-stat-name upstream-rq-timeout-ms ' +
    'upstream-rq-per-try-timeout-ms upstream-rq-timeout-alt-response expected-rq-timeout-ms hedge-on-per-try-timeout force-trace ip-tags',
).map((name) => `x-envoy-${name}`);

const ofInside = words('decorator-operation downstream-service-cluster downstream-service-node original-path original-host').map(
  (name) => `x-envoy-${name}`,
);

const appended = (before: readonly string[], value: string): readonly string[] => [[...before, value].filter(Boolean).join()];

const certificateLines = (before: readonly string[], { certificates, certificate }: Vantage): readonly string[] => {
  if (certificates === 'ALWAYS_FORWARD_ONLY') return before;
  if (certificates === 'SANITIZE' || certificate === undefined) return [];
  if (certificates === 'FORWARD_ONLY') return before;
  return certificates === 'APPEND_FORWARD' ? appended(before, certificate) : [certificate];
};

const edgeLines = (request: Read, { peer, client }: Edge): Lines => ({
  'x-forwarded-for': appended(valuesOf(request, 'x-forwarded-for'), peer),
  'x-envoy-external-address': [client],
  'x-request-id': [madeUp],
});

const certificateHeader = 'x-forwarded-client-cert';

/** As policies and routes see it. */
export const seen = (request: Read, at: Vantage): Read => {
  const { encrypted, unbelieved, edge } = at;
  const gone = new Set([...hopByHop, ...orders, ...unbelieved, ...(edge ? ofInside : []), certificateHeader]);
  const certificates = certificateLines(valuesOf(request, certificateHeader), at);
  const isTold = request.headers['x-forwarded-proto'] !== undefined && (!edge || edge.hops > 0);
  return withLines(request, {
    'x-request-id': [madeUp],
    ...Object.fromEntries(Object.entries(linesIn(request)).filter(([name]) => !gone.has(name))),
    ...(edge && edgeLines(request, edge)),
    ...(!isTold && { 'x-forwarded-proto': [encrypted ? 'https' : 'http'] }),
    ...(certificates.length > 0 && { [certificateHeader]: certificates }),
  });
};
