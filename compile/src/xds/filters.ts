/** Network filters: the HTTP connection manager, the TCP proxy, and the listener filters that look before they choose a chain. */
import { type Init, milliseconds, tcpToken, typed } from '@weft/envoy';
import type {
  FilterChainSchema,
  ListenerFilterChainMatchPredicateSchema,
} from '@weft/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { GrpcWebSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js';
import { RouterSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import { HttpInspectorSchema } from '@weft/envoy/gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js';
import { OriginalDstSchema } from '@weft/envoy/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js';
import { ProxyProtocolSchema } from '@weft/envoy/gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js';
import { TlsInspectorSchema } from '@weft/envoy/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import {
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
} from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { ConfigSchema as SetFilterStateSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import { TcpProxySchema, UpstreamConnectMode } from '@weft/envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import type { ConnectionRoute, Surface, TrafficPolicy } from '../mesh/index.ts';
import { resolveHost } from './dynamic-dns.ts';
import type { Watch } from './metrics.ts';
import { routeFilters } from './route-filters.ts';
import { fromAds } from './sources.ts';
import { connectionTelemetry } from './telemetry.ts';

export type Chain = Init<typeof FilterChainSchema>;
export type Filters = NonNullable<Chain['filters']>;
export type Manager = Init<typeof HttpConnectionManagerSchema>;
type Predicate = Init<typeof ListenerFilterChainMatchPredicateSchema>;

const router = typed('envoy.filters.http.router', RouterSchema, {});

/** Requests in gRPC-Web go on as gRPC; all others as they are. */
const grpcWeb = typed('envoy.filters.http.grpc_web', GrpcWebSchema, {});

export type HttpFilters = NonNullable<Manager['httpFilters']>;
export type HttpFilter = HttpFilters[number];

interface CallOptions {
  /** Filters that may refuse a request, in their order [S101]; absent: none. */
  readonly guards?: readonly HttpFilter[];
  readonly grpcWeb: boolean;
  /** Some service's names are resolved as they are asked for. */
  readonly dynamic: boolean;
  /** Filters that only count, which see every message as the caller does; absent: none. */
  readonly counting?: readonly HttpFilter[];
}

/** Filters of requests that leave for services, in their order [S101]. */
export const callFilters = (options: CallOptions): HttpFilters => [
  ...(options.guards ?? []),
  ...(options.counting ?? []),
  ...(options.grpcWeb ? [grpcWeb] : []),
  ...routeFilters, // a route's own faults and CORS
  ...(options.dynamic ? [resolveHost] : []),
  router, // ends the chain
];

/** Filters of requests that arrive for the application itself. */
export const ownFilters = (guards: readonly HttpFilter[], counting: readonly HttpFilter[]): HttpFilters => [...guards, ...counting, router];

/** What all connection managers share; `manager` says the rest and wins. */
export const httpManager = (manager: Manager) =>
  typed('envoy.filters.network.http_connection_manager', HttpConnectionManagerSchema, {
    httpFilters: [router],
    // A sidecar is not seen: the application's own `server` header stays.
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    useRemoteAddress: false,
    streamIdleTimeout: milliseconds(0),
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    ...manager,
  });

export const routesFrom = (routeConfigName: string): NonNullable<Manager['routeSpecifier']> => ({
  case: 'rds',
  value: { routeConfigName, configSource: fromAds },
});

/** What is told of its connections, and whose they are: a call, unless it is said. */
export type Told = Pick<Surface, 'telemetry'> & { readonly watch?: Watch };

/** What of a policy concerns a TCP connection before its cluster is entered. */
export type TcpPolicy = Pick<TrafficPolicy, 'connectionPool' | 'loadBalancer' | 'tunnel'> & Told;

type TcpProxy = Init<typeof TcpProxySchema>;

const tcpOptions = ({ connectionPool, loadBalancer, tunnel, watch = 'calls', telemetry }: TcpPolicy): TcpProxy => {
  const { idleTimeout, maxConnectionDuration } = connectionPool?.tcp ?? {};
  return {
    ...connectionTelemetry(telemetry ? { telemetry } : {}, watch),
    ...(idleTimeout !== undefined && { idleTimeout: milliseconds(idleTimeout) }),
    ...(maxConnectionDuration && { maxDownstreamConnectionDuration: milliseconds(maxConnectionDuration) }),
    // Of all that a hash may be made of, a TCP connection has its source only [S57].
    ...(loadBalancer?.hash?.key?.kind === 'source-address' && {
      hashPolicy: [{ policySpecifier: { case: 'sourceIp' as const, value: {} } }],
    }),
    ...(tunnel && { tunnelingConfig: { hostname: tunnel.target, usePost: tunnel.method === 'POST' } }),
  };
};

/** What a proxy waits for before it dials; absent: nothing. */
export type DialsAfter = 'handshake' | 'first words';

/** Bytes of the client's that wait with it. Without a limit Envoy would read nothing, no handshake either. */
const waiting: Readonly<Record<DialsAfter, TcpProxy>> = {
  handshake: { upstreamConnectMode: UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE, maxEarlyDataBytes: 0 },
  'first words': { upstreamConnectMode: UpstreamConnectMode.ON_DOWNSTREAM_DATA, maxEarlyDataBytes: 65_536 },
};

const proxyTo = (statPrefix: string, clusterSpecifier: NonNullable<TcpProxy['clusterSpecifier']>, options: TcpProxy) =>
  typed('envoy.filters.network.tcp_proxy', TcpProxySchema, { statPrefix, clusterSpecifier, ...options });

export const tcpProxy = (cluster: string, policy: TcpPolicy = {}, after?: DialsAfter) =>
  proxyTo(cluster, { case: 'cluster', value: cluster }, { ...tcpOptions(policy), ...(after && waiting[after]) });

/** The destinations of one rule for connections, by weight [S51]. */
export const connectionProxy = ({ clusters, policy: own, origin }: ConnectionRoute, told: Told, after?: DialsAfter) => {
  const policy = { ...own, ...told };
  const [only, ...others] = clusters;
  if (only && others.length === 0) return tcpProxy(only.cluster, policy, after);
  const weighted = clusters.map(({ cluster: name, weight }) => ({ name, weight }));
  const options = { ...tcpOptions(policy), ...(after && waiting[after]) };
  return proxyTo(`${origin.name}.${origin.namespace}`, { case: 'weightedClusters', value: { clusters: weighted } }, options);
};

/**
 * On a port whose protocol is sniffed, one cluster serves both chains and its TLS says "HTTP inside"; for the connections of the
 * other chain this says otherwise: Envoy takes the list of a connection's filter state before the cluster's own.
 */
export const asTcp = typed('envoy.filters.network.set_filter_state', SetFilterStateSchema, {
  onNewConnection: [
    {
      key: { case: 'objectKey', value: 'envoy.network.application_protocols' },
      value: {
        case: 'formatString',
        value: { format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: tcpToken } } } },
      },
    },
  ],
});

const portRange = (port: number): Predicate => ({
  rule: { case: 'destinationPortRange', value: { start: port, end: port + 1 } },
});

/** Where a filter must not wait for the client's first bytes. */
const except = (ports: readonly number[]): { filterDisabled?: Predicate } => {
  const [first, ...others] = ports.map(portRange);
  if (!first) return {};
  return { filterDisabled: others.length === 0 ? first : { rule: { case: 'orMatch', value: { rules: [first, ...others] } } } };
};

/** The address in it is the client's [S109], though the connection stays the proxy's; one without it is closed. */
export const proxyHeader = typed('envoy.filters.listener.proxy_protocol', ProxyProtocolSchema, {});

export const originalDestination = typed('envoy.filters.listener.original_dst', OriginalDstSchema, {});

export const tlsInspector = (disabledPorts: readonly number[] = []) => ({
  ...typed('envoy.filters.listener.tls_inspector', TlsInspectorSchema, {}),
  ...except(disabledPorts),
});

export const httpInspector = (disabledPorts: readonly number[] = []) => ({
  ...typed('envoy.filters.listener.http_inspector', HttpInspectorSchema, {}),
  ...except(disabledPorts),
});

/** Plain HTTP as the inspector names it; HTTP/1.0 goes the way of bytes [S83, S84]. */
export const plainHttp = { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] };

/** Detection waits for the client for as long as it takes [S82]. */
export const detection = { listenerFiltersTimeout: milliseconds(0), continueOnListenerFiltersTimeout: true };
