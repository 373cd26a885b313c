import type { Protocol } from '../mesh/index.ts';

/** Names that ports and `appProtocol` may use [S79]; `https` stays opaque TLS [S81]. */
const protocols: Readonly<Record<string, Protocol>> = {
  tcp: 'tcp',
  udp: 'udp',
  grpc: 'grpc',
  'grpc-web': 'grpc-web',
  http: 'http',
  http_proxy: 'http',
  http2: 'http2',
  https: 'https',
  tls: 'tls',
  mongo: 'mongo',
  redis: 'redis',
  mysql: 'mysql',
};

/** Kubernetes' own words, of `appProtocol` alone. */
const standard: Readonly<Record<string, Protocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** Server-first protocols' ports: sniffing them would wait for a client that waits for the server [S80]. */
const neverSniffed: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** The text before the first `-`, but for `grpc-web` [S79]. */
const prefixOf = (name: string): string => (/^grpc-web/i.test(name) ? 'grpc-web' : (name.split('-', 1)[0] ?? ''));

export const protocolNamed = (name: string): Protocol | undefined => {
  const lower = name.toLowerCase();
  return Object.hasOwn(protocols, lower) ? protocols[lower] : undefined;
};

export interface PortNames {
  readonly number: number;
  readonly name?: string | undefined;
  readonly appProtocol?: string | undefined;
  /** The transport: `TCP`, `UDP`. */
  readonly transport?: string | undefined;
}

export const selectProtocol = ({ number, name = '', appProtocol, transport }: PortNames): Protocol => {
  if (transport === 'UDP') return 'udp';
  // Once there is an appProtocol the name says nothing, even where nobody knows the other.
  const own = appProtocol && Object.hasOwn(standard, appProtocol) ? standard[appProtocol] : undefined;
  const declared = own ?? protocolNamed(prefixOf(appProtocol || name));
  return declared ?? (neverSniffed.has(number) ? 'tcp' : 'auto');
};
