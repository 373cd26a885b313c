/**
 * The two edge Envoys that join the mesh's network namespace with the host's, over Unix sockets, which ignore network namespaces:
 * `ingress-<port>.sock` leads in, `egress.sock` out. Listeners and clusters are files that Envoy watches, so that a new
 * gateway port needs no restart. Pure: configuration as JSON values.
 */
import { isIPv6 } from 'node:net';
import { egressPort } from '../addresses.ts';
import { allowedTargets, forbiddenTargets } from './targets.ts';

export interface EdgeFiles {
  /** Directory of `lds.json`, `cds.json` and the bootstrap; watched. */
  readonly directory: string;
  readonly admin: string;
}

export interface EdgeResources {
  readonly listeners: readonly object[];
  readonly clusters: readonly object[];
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const type = (name: string): string => `type.googleapis.com/envoy.${name}`;
const socketAddress = ({ address, port }: Endpoint): object => ({ socket_address: { address, port_value: port } });
const pipe = (path: string): object => ({ pipe: { path } });
/** Envoy creates the socket; nobody but the owner opens it. */
const privatePipe = (path: string): object => ({ pipe: { path, mode: 0o600 } });

const http2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': type('extensions.upstreams.http.v3.HttpProtocolOptions'),
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

const cluster = (name: string, addresses: readonly object[]): object => ({
  '@type': type('config.cluster.v3.Cluster'),
  name,
  type: 'STATIC',
  connect_timeout: '5s',
  load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: addresses.map((address) => ({ endpoint: { address } })) }] },
});

const tcpProxy = (name: string, target: string, extra: object = {}): object => ({
  name: 'envoy.filters.network.tcp_proxy',
  typed_config: { '@type': type('extensions.filters.network.tcp_proxy.v3.TcpProxy'), stat_prefix: name, cluster: target, ...extra },
});

/** Of one port at several addresses. */
const boundTo = ([first = '', ...others]: readonly string[], port: number): object => ({
  address: socketAddress({ address: first, port }),
  additional_addresses: others.map((address) => ({ address: socketAddress({ address, port }) })),
});

const listener = (name: string, bound: object, filter: object): object => ({
  '@type': type('config.listener.v3.Listener'),
  name,
  ...bound,
  filter_chains: [{ filters: [filter] }],
});

/** File-based LDS and CDS (Envoy: "Dynamic configuration, filesystem"): a rename inside the directory is the update. */
const watched = ({ directory }: EdgeFiles, file: string): object => ({
  resource_api_version: 'V3',
  path_config_source: { path: `${directory}/${file}`, watched_directory: { path: directory } },
});

export const edgeBootstrap = (files: EdgeFiles): object => ({
  node: { id: 'edge', cluster: 'edge' },
  admin: { address: privatePipe(files.admin) },
  dynamic_resources: { lds_config: watched(files, 'lds.json'), cds_config: watched(files, 'cds.json') },
});

const ingressName = (port: number): string => `ingress-${port}`;

export interface HostEdge {
  /** The host's loopback, of each family that it has. */
  readonly loopbacks: readonly string[];
  readonly hostPorts: readonly number[];
  readonly ingressSocket: (port: number) => string;
  readonly egressSocket: string;
}

const target = (regex: string): object => ({
  connect_matcher: {},
  headers: [{ name: ':authority', string_match: { safe_regex: { regex } } }],
});
const refused = { direct_response: { status: 403 } };

const connectOut = (name: string): object => ({
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: name,
    http2_protocol_options: { allow_connect: true },
    upgrade_configs: [{ upgrade_type: 'CONNECT' }],
    stream_idle_timeout: '0s',
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': type('extensions.filters.http.router.v3.Router') } }],
    route_config: {
      name,
      virtual_hosts: [
        {
          name,
          domains: ['*'],
          routes: [
            ...forbiddenTargets.map((regex) => ({ match: target(regex), ...refused })),
            ...allowedTargets.map((regex) => ({
              match: target(regex),
              route: { cluster: 'outside', timeout: '0s', upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] },
            })),
            { match: { connect_matcher: {} }, ...refused },
          ],
        },
      ],
    },
  },
});

/** In the host's network namespace: <loopback>:<gateway port> into the mesh, CONNECT requests out of it. */
export const hostEdge = ({ loopbacks, hostPorts, ingressSocket, egressSocket }: HostEdge): EdgeResources => ({
  listeners: [
    listener('egress', { address: privatePipe(egressSocket) }, connectOut('egress')),
    ...hostPorts.map((port) => listener(ingressName(port), boundTo(loopbacks, port), tcpProxy(ingressName(port), ingressName(port)))),
  ],
  clusters: [
    {
      '@type': type('config.cluster.v3.Cluster'),
      name: 'outside',
      type: 'ORIGINAL_DST',
      lb_policy: 'CLUSTER_PROVIDED',
      connect_timeout: '10s',
      original_dst_lb_config: { use_http_header: true, http_header_name: ':authority' },
    },
    ...hostPorts.map((port) => cluster(ingressName(port), [pipe(ingressSocket(port))])),
  ],
});

/** A Service's virtual address with the endpoints that lie outside the mesh. */
export interface OutsideService extends Endpoint {
  readonly endpoints: readonly Endpoint[];
}

export interface MeshEdge {
  /** Of the mesh's network namespace, of each family that it has: where what leaves the mesh arrives. */
  readonly addresses: readonly string[];
  readonly ingresses: readonly { readonly port: number; readonly endpoints: readonly Endpoint[] }[];
  readonly outside: readonly OutsideService[];
  readonly ingressSocket: (port: number) => string;
  readonly egressSocket: string;
  /** Inside the edge, from its choice of an endpoint to the tunnel there. */
  readonly outsideSocket: (endpoint: Endpoint) => string;
}

const originalDestination = {
  name: 'envoy.filters.listener.original_dst',
  typed_config: { '@type': type('extensions.filters.listener.original_dst.v3.OriginalDst') },
};

const textOf = ({ address, port }: Endpoint): string => (isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`);
const serviceName = (service: Endpoint): string => `service-${textOf(service)}`;

const tunnel = (name: string, target: string): object => tcpProxy(name, 'egress', { tunneling_config: { hostname: target } });

/** What was for a Service's address goes to one of its endpoints; the rest to where it was going. */
const egressListener = (addresses: readonly string[], outside: readonly OutsideService[]): object => ({
  '@type': type('config.listener.v3.Listener'),
  name: 'egress',
  ...boundTo(addresses, egressPort),
  listener_filters: [originalDestination],
  filter_chains: [
    ...outside.map((service) => ({
      filter_chain_match: {
        prefix_ranges: [{ address_prefix: service.address, prefix_len: isIPv6(service.address) ? 128 : 32 }],
        destination_port: service.port,
      },
      filters: [tcpProxy(serviceName(service), serviceName(service))],
    })),
    { filters: [tunnel('egress', '%DOWNSTREAM_LOCAL_ADDRESS%')] },
  ],
});

/**
 * One CONNECT target each: a cluster chooses among these listeners, since a tunnel's target is fixed by its filter. On sockets, not
 * as internal listeners: those lose what was still on its way when the far end closes (Envoy 1.40; seen as connections reset).
 */
const outsideListeners = ({ outside, outsideSocket }: MeshEdge): readonly object[] => {
  const endpoints = new Map(outside.flatMap(({ endpoints }) => endpoints.map((endpoint) => [textOf(endpoint), endpoint] as const)));
  return [...endpoints].map(([text, endpoint]) => {
    const name = `outside-${text}`;
    return listener(name, { address: privatePipe(outsideSocket(endpoint)) }, tunnel(name, text));
  });
};

const outsideClusters = ({ outside, outsideSocket }: MeshEdge): readonly object[] =>
  outside.map((service) =>
    cluster(
      serviceName(service),
      service.endpoints.map((endpoint) => pipe(outsideSocket(endpoint))),
    ),
  );

/** In the mesh's network namespace: the sockets' other ends. */
export const meshEdge = (edge: MeshEdge): EdgeResources => {
  const { addresses, ingresses, outside, ingressSocket, egressSocket } = edge;
  return {
    listeners: [
      egressListener(addresses, outside),
      ...outsideListeners(edge),
      ...ingresses.map(({ port }) =>
        listener(ingressName(port), { address: privatePipe(ingressSocket(port)) }, tcpProxy(ingressName(port), ingressName(port))),
      ),
    ],
    clusters: [
      { ...cluster('egress', [pipe(egressSocket)]), ...http2 },
      ...outsideClusters(edge),
      ...ingresses.map(({ port, endpoints }) => cluster(ingressName(port), endpoints.map(socketAddress))),
    ],
  };
};
