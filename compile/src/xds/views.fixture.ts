/** Views for tests: a service with what is special about it, and the rest as `scope` would fill it in. */
import {
  type ConnectionRoute,
  type DestinationPolicy,
  type Endpoint,
  type GatewayHost,
  type GatewaySlice,
  type HttpMatch,
  type HttpRoute,
  type InboundPort,
  nowhere,
  type Origin,
  type OutboundSlice,
  type PortEndpoints,
  type Protocol,
  type RouteAction,
  type ScopedService,
  type Service,
  type TrafficPolicy,
  type View,
} from '../mesh/index.ts';

const noHeaders = { set: {}, add: {}, remove: [] };
export const anything: HttpMatch = { name: '', ignoreUriCase: false, headers: [], queryParams: [] };

export const route = (action: RouteAction, match: Partial<HttpMatch> = {}, name = 'r'): HttpRoute => ({
  name,
  match: { ...anything, ...match },
  action,
  request: noHeaders,
  response: noHeaders,
  origin: { kind: 'VirtualService', namespace: 'shop', name: 'rules', path: 'spec.http[0]' },
});

export const to = (
  ...destinations: readonly (readonly [cluster: string, weight: number])[]
): Extract<RouteAction, { kind: 'forward' }> => ({
  kind: 'forward',
  destinations: destinations.map(([cluster, weight]) => ({ cluster, weight, request: noHeaders, response: noHeaders })),
  timeout: 0,
});

export const endpoint = (address: string, init: Partial<Endpoint> = {}): Endpoint => ({
  address,
  port: 8080,
  labels: {},
  identity: 'spiffe://cluster.local/ns/shop/sa/web',
  mtls: true,
  locality: nowhere,
  weight: 1,
  workload: 'web',
  namespace: 'shop',
  cluster: '',
  ...init,
});

export interface Sample extends Partial<Omit<Service, 'ports'>> {
  readonly name: string;
  readonly protocol?: Protocol;
  readonly port?: number;
  readonly policy?: TrafficPolicy;
  readonly subsets?: readonly string[];
  readonly routes?: readonly HttpRoute[];
  readonly connections?: readonly ConnectionRoute[];
  readonly endpoints?: readonly Endpoint[];
  readonly aliases?: readonly string[];
}

const destinationOf = ({ policy = {}, subsets = [] }: Sample): DestinationPolicy => ({
  policy: () => policy,
  subsets: subsets.map((version) => ({ name: version, labels: { version }, policy: () => policy })),
});

export const sample = (init: Sample): { readonly scoped: ScopedService; readonly endpoints: PortEndpoints } => {
  const { name, protocol = 'http', port = 80, policy, subsets, routes, connections, endpoints = [], aliases = [name], ...rest } = init;
  const hostname = rest.hostname ?? `${name}.shop.svc.cluster.local`;
  const service: Service = {
    key: `shop/${hostname}`,
    hostname,
    namespace: 'shop',
    addresses: ['10.96.0.10'],
    ports: [{ number: port, name: protocol, protocol }],
    resolution: 'eds',
    headless: false,
    meshExternal: false,
    exportTo: ['*'],
    created: 0,
    ...rest,
  };
  return {
    scoped: {
      service,
      aliases,
      destination: destinationOf(init),
      routes: new Map(routes ? [[port, routes]] : []),
      connections: new Map(connections ? [[port, connections]] : []),
    },
    endpoints: { service: service.key, port, endpoints },
  };
};

export const outbound = (samples: readonly Sample[], init: Partial<OutboundSlice> = {}): OutboundSlice => {
  const made = samples.map(sample);
  return {
    services: made.map(({ scoped }) => scoped),
    endpoints: new Map(made.map(({ endpoints }) => [`${endpoints.service}:${endpoints.port}`, endpoints])),
    outboundTrafficPolicy: 'ALLOW_ANY',
    virtualHosts: new Map(),
    ...init,
  };
};

export const inboundPort = (port: number, protocol: Protocol, mode: InboundPort['mode'] = 'PERMISSIVE'): InboundPort => ({
  port,
  protocol,
  mode,
});

const anywhere: Origin = {
  locality: nowhere,
  labels: {},
  balancing: { enabled: true, distribute: [], failover: [], failoverPriority: [] },
};

export const sidecar = (init: Partial<View> = {}): View => ({
  role: 'sidecar',
  trustDomain: 'cluster.local',
  origin: anywhere,
  outbound: outbound([]),
  inbound: { ports: [], mode: 'PERMISSIVE' },
  gateway: { servers: [] },
  authorization: { authorizers: [], custom: [], undecided: [], withdrawn: [], audit: [], deny: [], allow: [] },
  credentials: { secrets: [] },
  ...init,
});

/** A gateway with one plain HTTP listener. */
export const gatewayOn = (port: number, virtualHosts: readonly GatewayHost[]): GatewaySlice => ({
  servers: [{ port, bind: '0.0.0.0', chains: [{ serverNames: [], content: { kind: 'http', routes: `http.${port}`, virtualHosts } }] }],
});
