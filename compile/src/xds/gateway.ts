/**
 * A gateway's listeners and routes: plain HTTP servers of a port share a route table, a server with TLS has a filter chain and
 * routes of its own [S119].
 */
import { create, type Encoded, encodeResource, type Init, listenerName, meshHttpTokens, meshTcpTokens, virtualHostName } from '@weft/envoy';
import { TrafficDirection } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { VirtualHost_TlsRequirementType, type VirtualHostSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { HttpConnectionManager_ForwardClientCertDetails } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import {
  type AuthorizationSlice,
  anywhere,
  type GatewayChain,
  type GatewayHost,
  type GatewayServer,
  type GatewaySlice,
  headersOfGateways,
  narrowedAt,
  type ScopedService,
} from '../mesh/index.ts';
import { ambiguityFilters } from './ambiguous.ts';
import { anyDestination, guarded, type Match, type Passage } from './connection-chains.ts';
import { connectionDenials } from './connection-denials.ts';
import { denials } from './denials.ts';
import { socketAddresses } from './endpoints.ts';
import {
  type Chain,
  callFilters,
  connectionProxy,
  type DialsAfter,
  detection,
  type Filters,
  httpManager,
  proxyHeader,
  routesFrom,
  tlsInspector,
} from './filters.ts';
import { httpGuards } from './guards.ts';
import { everything } from './match.ts';
import { narrowedMark } from './narrowed.ts';
import { gatewayReading, headerOptions } from './reading.ts';
import { remember, rememberPair, rememberTable } from './remember.ts';
import { direct, routesOf } from './routes.ts';
import { serverTls } from './server-tls.ts';
import { sniProxies } from './sni-clusters.ts';
import { refusalTelemetry, requestTelemetry, toldBy } from './telemetry.ts';
import { encodeHost, encodeTable } from './virtual-hosts.ts';

type HttpContent = Extract<GatewayChain['content'], { readonly kind: 'http' }>;

const httpAlpn = ['h2', 'http/1.1'];

/** What a listener's chains have in common. */
interface Served {
  readonly listener: string;
  readonly services: readonly ScopedService[];
  readonly slice: Omit<GatewaySlice, 'servers'>;
  readonly port: number;
  readonly authorization: AuthorizationSlice;
}

const manager = ({ routes, grpcWeb }: HttpContent, { listener, slice, authorization }: Served) => {
  const { trust: { hops, certificates = 'SANITIZE_SET' } = {} } = slice;
  const { accessLog = [], filters: counting, ...tracing } = requestTelemetry(slice, 'passed on');
  return httpManager({
    statPrefix: `outbound_${listener};`,
    routeSpecifier: routesFrom(routes),
    httpFilters: callFilters({
      guards: [...ambiguityFilters(slice), ...httpGuards(authorization)],
      grpcWeb: grpcWeb === true,
      dynamic: false,
      counting,
    }),
    // Whoever calls is outside: its address is taken from the connection, or from that of the last proxy that is trusted, and no
    // certificate is believed by header unless the mesh says so [S87].
    useRemoteAddress: true,
    ...(hops && { xffNumTrustedHops: hops }),
    forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails[certificates],
    setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
    commonHttpProtocolOptions: headerOptions(slice, 'gateway'),
    ...denials,
    accessLog: [...denials.accessLog, ...accessLog],
    ...tracing,
    ...gatewayReading(slice),
  });
};

/** Mesh TLS only: what it would pass on otherwise, nobody had looked at [S121]. */
const meshOnly = { transportProtocol: 'tls', applicationProtocols: [...meshTcpTokens, ...meshHttpTokens] };

/** What the chains of one way in have in common. */
interface Frame {
  readonly match: Match;
  readonly tls: Pick<Chain, 'transportSocket'>;
}

const framed = ({ match, tls }: Frame, more: Match, filters: Filters): Chain => {
  const filterChainMatch = { ...match, ...more };
  return { ...(Object.keys(filterChainMatch).length > 0 && { filterChainMatch }), filters, ...tls };
};

const connectionChains = (
  frame: Frame,
  passage: Omit<Passage, 'asDialled' | 'port' | 'proxied' | 'told'>,
  { port, slice, authorization }: Served,
): Chain[] => {
  const proxied = slice.trust?.proxyProtocol === true;
  return guarded({ ...passage, port, proxied, asDialled: false, told: toldBy(slice) }, authorization).map(({ match, filters }) =>
    framed(frame, match, filters),
  );
};

const passedOn = (hosts: readonly string[], served: Served): Chain[] =>
  sniProxies(served.services, hosts, toldBy(served.slice)).flatMap(({ name, proxy }) => {
    const frame = { match: { ...meshOnly, serverNames: [name] }, tls: {} };
    return connectionChains(frame, { identified: false, named: true, proxy: (after) => [proxy(after)] }, served);
  });

/** Whose clients have a name because their certificates were verified. */
const verifies = (tls: GatewayChain['tls']): boolean => tls !== undefined && tls.mode !== 'SIMPLE' && !tls.skipVerify;

const filterChains = ({ serverNames, tls, content }: GatewayChain, served: Served): Chain[] => {
  if (content.kind === 'auto-passthrough') return passedOn(content.hosts, served);
  const named = tls !== undefined || (content.kind === 'connection' && content.route.match.serverNames.length > 0);
  const frame: Frame = {
    match: named ? { transportProtocol: 'tls', serverNames: [...serverNames] } : {},
    tls: tls ? { transportSocket: serverTls(tls, content.kind === 'http' ? httpAlpn : []) } : {},
  };
  if (content.kind === 'http') {
    const chain = framed(frame, anyDestination(served.authorization), [manager(content, served)]);
    return [{ ...chain, ...narrowedMark(narrowedAt(served.slice.narrowed, served.port)) }];
  }
  const proxy = (after?: DialsAfter) => [connectionProxy(content.route, toldBy(served.slice), after)];
  return connectionChains(frame, { identified: verifies(tls), named, proxy }, served);
};

/** The gateway pod listens itself: nothing is captured in it. */
const listener = ({ port, bind, chains }: GatewayServer, common: Omit<Served, 'listener' | 'port'>): Encoded[] => {
  const addresses = bind === '0.0.0.0' ? anywhere(common.slice.families) : [bind];
  const name = listenerName(addresses[0] ?? bind, port);
  const all = chains.flatMap((chain) => filterChains(chain, { ...common, listener: name, port }));
  // Envoy refuses a listener without a way in: of AUTO_PASSTHROUGH without services nothing is left.
  if (all.length === 0) return [];
  const isInspected = all.some(({ filterChainMatch }) => filterChainMatch?.transportProtocol);
  const listenerFilters = [...(common.slice.trust?.proxyProtocol ? [proxyHeader] : []), ...(isInspected ? [tlsInspector()] : [])];
  const init = {
    name,
    ...socketAddresses(addresses, port),
    trafficDirection: TrafficDirection.OUTBOUND,
    ...(listenerFilters.length > 0 && { listenerFilters, ...detection }),
    filterChains: all,
    accessLog: [
      ...connectionDenials[chains.some(({ tls }) => tls?.skipVerify) ? 'unproven' : 'proven'],
      ...refusalTelemetry(common.slice, 'calls'),
    ],
  };
  return [encodeResource(name, ListenerSchema, create(ListenerSchema, init))];
};

const virtualHost = (
  { routes, httpsRedirect, misdirected }: GatewayHost,
  domains: readonly string[],
  port: number,
): Init<typeof VirtualHostSchema> => ({
  name: virtualHostName(domains[0] ?? '', port),
  domains: [...domains],
  includeRequestAttemptCount: true,
  // Envoy wants a route even where every request is redirected.
  ...(routes.length === 0 ? { routes: [{ match: everything, ...direct(misdirected ? 421 : 404) }] } : routesOf(routes)),
  ...(httpsRedirect && { requireTls: VirtualHost_TlsRequirementType.ALL }),
});

const encoded = rememberTable<GatewayHost, Encoded>();

/** A domain belongs to the first virtual host that has it: Envoy refuses a table with two. */
const hostsOf = (table: string, port: number, hosts: readonly GatewayHost[]): Encoded[] => {
  const taken = new Set<string>();
  return hosts.flatMap((host) => {
    const domains = [...new Set(host.hosts.map((domain) => domain.toLowerCase()))].filter((domain) => !taken.has(domain));
    for (const domain of domains) taken.add(domain);
    if (domains.length === 0) return [];
    return [encoded(host)(`${table} ${domains.join(' ')}`, () => encodeHost(table, virtualHost(host, domains, port)))];
  });
};

export interface GatewayRoutes {
  readonly tables: readonly Encoded[];
  readonly virtualHosts: readonly Encoded[];
}

/** No catch-all: a host that no virtual host has is answered 404. */
export const gatewayRouteTables: (slice: GatewaySlice) => GatewayRoutes = remember((slice) => {
  const { servers } = slice;
  const tables = servers.flatMap(({ port, chains }) =>
    chains.flatMap(({ content }) => {
      if (content.kind !== 'http') return [];
      const hosts = hostsOf(content.routes, port, content.virtualHosts);
      return [{ table: encodeTable({ name: content.routes, hosts: [], vhds: hosts.length > 0, inside: headersOfGateways(slice) }), hosts }];
    }),
  );
  return { tables: tables.map(({ table }) => table), virtualHosts: tables.flatMap(({ hosts }) => hosts) };
});

type Listeners = (services: readonly ScopedService[], authorization: AuthorizationSlice) => readonly Encoded[];

/** Services count where connections are passed on to whatever cluster they name. */
export const gatewayListeners: (slice: GatewaySlice) => Listeners = remember((slice) =>
  rememberPair((services: readonly ScopedService[], authorization: AuthorizationSlice) =>
    slice.servers.flatMap((server) => listener(server, { slice, services, authorization })),
  ),
);
