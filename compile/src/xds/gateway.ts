/** A gateway's listeners and routes: HTTP servers that share a port share a route configuration [S119]. */
import { create, type Encoded, encodeResource, gatewayRoutes, type Init, listenerName, virtualHostName } from '@weft/envoy';
import { TrafficDirection } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { VirtualHost_TlsRequirementType, type VirtualHostSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { HttpConnectionManager_ForwardClientCertDetails } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { GatewayServer, GatewaySlice } from '../mesh/index.ts';
import { socketAddress } from './endpoints.ts';
import { httpManager, routesFrom } from './filters.ts';
import { everything } from './match.ts';
import { remember, rememberTable } from './remember.ts';
import { direct, routesOf } from './routes.ts';
import { encodeHost, encodeTable } from './virtual-hosts.ts';

type Host = GatewayServer['virtualHosts'][number];

/** The gateway pod listens itself: nothing is captured in it. */
const listener = (port: number): Encoded => {
  const name = listenerName('0.0.0.0', port);
  const manager = httpManager({
    statPrefix: `outbound_0.0.0.0_${port};`,
    routeSpecifier: routesFrom(gatewayRoutes(port)),
    // Whoever calls is outside: its address is taken from the connection, and no certificate is believed by header [S87].
    useRemoteAddress: true,
    forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET,
    setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
  });
  return encodeResource(
    name,
    ListenerSchema,
    create(ListenerSchema, {
      name,
      address: socketAddress('0.0.0.0', port),
      trafficDirection: TrafficDirection.OUTBOUND,
      filterChains: [{ filters: [manager] }],
    }),
  );
};

const virtualHost = ({ routes, httpsRedirect }: Host, domains: readonly string[], port: number): Init<typeof VirtualHostSchema> => ({
  name: virtualHostName(domains[0] ?? '', port),
  domains: [...domains],
  includeRequestAttemptCount: true,
  // Envoy wants a route even where every request is redirected.
  ...(routes.length === 0 ? { routes: [{ match: everything, ...direct(404) }] } : routesOf(routes)),
  ...(httpsRedirect && { requireTls: VirtualHost_TlsRequirementType.ALL }),
});

const encoded = rememberTable<Host, Encoded>();

/** A domain belongs to the first virtual host that has it: Envoy refuses a table with two. */
const hostsOf = (port: number, hosts: readonly Host[]): Encoded[] => {
  const taken = new Set<string>();
  return hosts.flatMap((host) => {
    const domains = [...new Set(host.hosts.map((domain) => domain.toLowerCase()))].filter((domain) => !taken.has(domain));
    for (const domain of domains) taken.add(domain);
    if (domains.length === 0) return [];
    const key = `${port} ${domains.join(' ')}`;
    return [encoded(host)(key, () => encodeHost(gatewayRoutes(port), virtualHost(host, domains, port)))];
  });
};

export interface Resources {
  readonly listeners: readonly Encoded[];
  readonly routes: readonly Encoded[];
  readonly virtualHosts: readonly Encoded[];
}

/** No catch-all: a host that no virtual host has is answered 404. */
export const gatewayResources: (slice: GatewaySlice) => Resources = remember(({ servers }) => {
  const ports = [...Map.groupBy(servers, ({ port }) => port)].sort(([a], [b]) => a - b);
  const hosts = ports.map(([port, members]) =>
    hostsOf(
      port,
      members.flatMap(({ virtualHosts }) => virtualHosts),
    ),
  );
  return {
    listeners: ports.map(([port]) => listener(port)),
    routes: ports.map(([port], index) => encodeTable({ name: gatewayRoutes(port), hosts: [], vhds: (hosts[index]?.length ?? 0) > 0 })),
    virtualHosts: hosts.flat(),
  };
});
