/** What a sidecar accepts: chains for each of its workload's ports, and for all others, by PeerAuthentication's mode [S90-S92]. */
import {
  blackHoleCluster,
  canBind,
  create,
  type Encoded,
  encodeResource,
  type Init,
  inboundCapturePort,
  inboundCluster,
  inboundName,
  inboundPassthroughCluster,
  listenerName,
  meshHttpTokens,
  meshTcpTokens,
  milliseconds,
  virtualInbound,
} from '@weft/envoy';
import { TrafficDirection } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import type { FilterChainMatchSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import type { RouteSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { HttpConnectionManager_ForwardClientCertDetails } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { AuthorizationSlice, ConnectionPool, InboundPort, InboundSlice, MtlsMode, Protocol } from '../mesh/index.ts';
import { anywhere, denialHeader, headersOfProxies, isHttp, narrowedAt, narrowedElsewhere } from '../mesh/index.ts';
import { ambiguityFilters } from './ambiguous.ts';
import { anyDestination, type Guarded, guarded } from './connection-chains.ts';
import { connectionDenials } from './connection-denials.ts';
import { denials } from './denials.ts';
import { socketAddress, socketAddresses } from './endpoints.ts';
import {
  type Chain,
  callFilters,
  type DialsAfter,
  detection,
  httpInspector,
  httpManager,
  originalDestination,
  ownFilters,
  plainHttp,
  tcpProxy,
  tlsInspector,
} from './filters.ts';
import { httpGuards } from './guards.ts';
import type { Watch } from './metrics.ts';
import { narrowedMark } from './narrowed.ts';
import { addressOptions, headerOptions, serverReading } from './reading.ts';
import { routeTo } from './routes.ts';
import { refusalTelemetry, requestTelemetry, toldBy } from './telemetry.ts';
import { meshServer } from './tls.ts';
import { routeTable } from './virtual-hosts.ts';

type Match = Init<typeof FilterChainMatchSchema>;

/**
 * A connection keeps the certificates that it was opened with [E1], so HTTP connections end in time: after their last
 * response, with `connection: close` or GOAWAY. Renewed identities are used, and distrusted roots noticed, within it.
 */
const httpLife = milliseconds(15 * 60_000);

/** One way into a port. */
interface Way {
  readonly name: string;
  readonly match: Match;
  readonly content: 'http' | 'tcp';
  readonly mesh: boolean;
}

const tls = { transportProtocol: 'tls' };
const anyToken = [...meshTcpTokens, ...meshHttpTokens];

const meshWay = (content: 'http' | 'tcp', tokens: readonly string[]): Way => ({
  name: `mtls-${content}`,
  match: { ...tls, ...(tokens.length > 0 && { applicationProtocols: [...tokens] }) },
  content,
  mesh: true,
});
const plainWay = (content: 'http' | 'tcp', match: Match): Way => ({ name: `plain-${content}`, match, content, mesh: false });
/** The application's own TLS, passed on unopened. */
const ownTls: Way = { name: 'own-tls', match: tls, content: 'tcp', mesh: false };

const raw = { transportProtocol: 'raw_buffer' };

const permissive = (kind: 'http' | 'tcp' | 'auto'): readonly Way[] => {
  switch (kind) {
    case 'http':
      return [meshWay('http', anyToken), plainWay('http', raw)];
    case 'tcp':
      return [meshWay('tcp', anyToken), ownTls, plainWay('tcp', raw)];
    case 'auto':
      return [meshWay('http', meshHttpTokens), plainWay('http', plainHttp), meshWay('tcp', meshTcpTokens), plainWay('tcp', raw), ownTls];
  }
};

/** TLS without the mesh's marks. */
const unmarked: Way = { ...meshWay('tcp', []), name: 'mtls-tcp-unmarked' };

/** Bytes of mesh callers have the chain that PERMISSIVE has: it outlives a change from one to the other, and with it its connections. */
const strict = (kind: 'http' | 'tcp' | 'auto'): readonly Way[] => {
  switch (kind) {
    case 'http':
      return [meshWay('http', [])];
    case 'tcp':
      return [meshWay('tcp', anyToken), unmarked];
    case 'auto':
      return [meshWay('http', meshHttpTokens), meshWay('tcp', meshTcpTokens), unmarked];
  }
};

/** Bytes have a chain for each transport: where one names plaintext, Envoy looks for plaintext at no chain without a word on it. */
const disabled = (kind: 'http' | 'tcp' | 'auto'): readonly Way[] =>
  kind === 'auto' ? [plainWay('http', plainHttp), plainWay('tcp', raw), ownTls] : [plainWay(kind, {})];

const waysByMode: Readonly<Record<MtlsMode, (kind: 'http' | 'tcp' | 'auto') => readonly Way[]>> = {
  PERMISSIVE: permissive,
  STRICT: strict,
  DISABLE: disabled,
};

const kindOf = (protocol: Protocol): 'http' | 'tcp' | 'auto' => (protocol === 'auto' ? 'auto' : isHttp(protocol) ? 'http' : 'tcp');

/** What all ways in have in common. */
interface Entrance {
  readonly slice: Omit<InboundSlice, 'ports' | 'mode'>;
  readonly authorization: AuthorizationSlice;
}

/** Where connections of one port, or of all ports without their own, go. */
interface Destination extends Entrance {
  readonly cluster: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: MtlsMode;
  readonly pool: ConnectionPool;
  /** Its cluster goes where the connection was going. */
  readonly asDialled: boolean;
  /** How often its policies became narrower. */
  readonly narrowed: number;
}

/** Another try where the application closed a kept connection in the same moment; gRPC clients do that themselves [S39]. */
const resetRetry = { retryOn: 'reset-before-request', numRetries: 2 };

const inlineRoutes = ({ cluster, port, protocol }: Destination, internal: readonly string[]) => {
  const route: Init<typeof RouteSchema> = routeTo('default', cluster);
  const host = {
    name: `inbound|http|${port}`,
    domains: ['*'],
    routes: [route],
    ...(protocol !== 'grpc' && protocol !== 'grpc-web' && { retryPolicy: resetRetry }),
  };
  const table = routeTable({ name: cluster, hosts: [host], vhds: false });
  // An application's own header of that name is no denial of ours.
  return { case: 'routeConfig' as const, value: { ...table, internalOnlyHeaders: [...internal], responseHeadersToRemove: [denialHeader] } };
};

const watchOf = ({ mesh }: Way): Watch => (mesh ? 'served by mutual TLS' : 'served in plaintext');

const manager = (destination: Destination, way: Way) => {
  const { mesh } = way;
  const { port, protocol, mode, slice, authorization } = destination;
  const caller = { mesh, known: mode !== 'DISABLE' };
  const guards = [...ambiguityFilters(slice), ...httpGuards(authorization)];
  const { accessLog = [], filters: counting, ...tracing } = requestTelemetry(slice, watchOf(way));
  return httpManager({
    statPrefix: `inbound_0.0.0.0_${port};`,
    routeSpecifier: inlineRoutes(destination, headersOfProxies(slice, caller)),
    httpFilters: protocol === 'grpc-web' ? callFilters({ guards, counting, grpcWeb: true, dynamic: false }) : ownFilters(guards, counting),
    commonHttpProtocolOptions: { maxConnectionDuration: httpLife, ...headerOptions(slice, 'server') },
    http1SafeMaxConnectionDuration: true,
    ...denials,
    accessLog: [...denials.accessLog, ...accessLog],
    ...tracing,
    // Envoy drops the header from clients without a verified certificate.
    forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.APPEND_FORWARD,
    setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
    ...serverReading(slice),
    ...addressOptions(slice, caller),
  });
};

const wayChains = (way: Way, destination: Destination): readonly Guarded[] => {
  const { cluster, port, pool, asDialled, authorization, slice } = destination;
  if (way.content === 'http') return [{ suffix: '', match: anyDestination(authorization), filters: [manager(destination, way)] }];
  const told = { ...toldBy(slice), watch: watchOf(way) };
  const proxy = (after?: DialsAfter) => [tcpProxy(cluster, { connectionPool: pool, ...told }, after)];
  return guarded(
    { identified: way.mesh, named: way.match !== raw, asDialled, proxy, told: toldBy(slice), ...(port > 0 && { port }) },
    authorization,
  );
};

const chains = (destination: Destination, prefix: string): Chain[] =>
  waysByMode[destination.mode](kindOf(destination.protocol)).flatMap((way) =>
    wayChains(way, destination).map(({ suffix, match, filters }) => ({
      name: `${prefix}-${way.name}${suffix}`,
      filterChainMatch: { ...way.match, ...match, ...(destination.port > 0 && { destinationPort: destination.port }) },
      filters,
      ...(way.mesh && { transportSocket: meshServer }),
      ...(way.content === 'http' && narrowedMark(destination.narrowed)),
    })),
  );

const portChains = ({ port, protocol, mode, connectionPool: pool = {}, target }: InboundPort, entrance: Entrance): Chain[] => {
  const narrowed = narrowedAt(entrance.slice.narrowed, port);
  return chains({ ...entrance, cluster: inboundCluster(port), port, protocol, mode, pool, asDialled: !target, narrowed }, `${port}`);
};

/** Ports that Envoy must not read from before it connects: nobody may speak first but the server. */
const plainTcp = ({ mode, protocol }: InboundPort): boolean => mode === 'DISABLE' && kindOf(protocol) === 'tcp';

/** A server that speaks first is waited for without a limit, but for callers who had none until a moment ago. */
const patienceOf = ({ changing }: Pick<InboundSlice, 'changing'>) =>
  changing ? { ...detection, listenerFiltersTimeout: milliseconds(1000) } : detection;

/** A Sidecar's ingress listener that is captured by nobody; under a name that no outbound one has. */
const boundListener = (port: InboundPort & { readonly bind: string }, entrance: Entrance): Encoded => {
  const name = inboundName(listenerName(port.bind, port.port));
  const declared = port.protocol === 'auto' ? [] : [port.port];
  const listener = create(ListenerSchema, {
    name,
    address: socketAddress(port.bind, port.port),
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: plainTcp(port) ? [] : [tlsInspector(), httpInspector(declared)],
    ...(!plainTcp(port) && patienceOf(entrance.slice)),
    filterChains: portChains(port, entrance),
    accessLog: [...connectionDenials.proven, ...refusalTelemetry(entrance.slice, 'served')],
  });
  return encodeResource(name, ListenerSchema, listener);
};

/** A connection to the listener itself would come back to it for ever [S6]. */
const ownPort = (slice: Pick<InboundSlice, 'telemetry'>): Chain => ({
  name: 'virtualInbound-blackhole',
  filterChainMatch: { destinationPort: inboundCapturePort },
  filters: [tcpProxy(blackHoleCluster, { watch: 'served in plaintext', ...toldBy(slice) })],
});

const isCarried = ({ protocol, port }: InboundPort): boolean => protocol !== 'udp' && port !== inboundCapturePort;

const isBound = (port: InboundPort): port is InboundPort & { readonly bind: string } =>
  port.bind !== undefined && canBind({ bind: port.bind, bindToPort: true }, port.port);

export const boundListeners = (slice: InboundSlice, authorization: AuthorizationSlice): readonly Encoded[] =>
  slice.ports
    .filter(isCarried)
    .filter(isBound)
    .map((port) => boundListener(port, { slice, authorization }));

export const inboundListener = (slice: InboundSlice, authorization: AuthorizationSlice): Encoded => {
  const { ports, mode, families } = slice;
  const entrance: Entrance = { slice, authorization };
  const carried = ports.filter((port) => isCarried(port) && port.bind === undefined);
  const narrowed = narrowedElsewhere(
    slice.narrowed,
    carried.map(({ port }) => port),
  );
  const everyOther = { cluster: inboundPassthroughCluster, port: 0, protocol: 'auto' as const, mode, pool: {}, asDialled: true, narrowed };
  const others: Destination = { ...entrance, ...everyOther };
  const declared = carried.filter(({ protocol }) => protocol !== 'auto').map(({ port }) => port);
  const listener = create(ListenerSchema, {
    name: virtualInbound,
    ...socketAddresses(anywhere(families), inboundCapturePort),
    trafficDirection: TrafficDirection.INBOUND,
    // No `useOriginalDst`: it would hand the connection to an outbound listener of the same port, which leads back here for ever.
    listenerFilters: [originalDestination, tlsInspector(carried.filter(plainTcp).map(({ port }) => port)), httpInspector(declared)],
    ...patienceOf(slice),
    filterChains: [ownPort(slice), ...carried.flatMap((port) => portChains(port, entrance)), ...chains(others, 'virtualInbound')],
    accessLog: [...connectionDenials.proven, ...refusalTelemetry(slice, 'served')],
  });
  return encodeResource(virtualInbound, ListenerSchema, listener);
};
