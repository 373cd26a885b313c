/**
 * Virtual hosts are resources of their own (VHDS), so that a changed rule sends one of them and not the port's whole table
 * [E6]. A route configuration that has none must not mention VHDS: its listeners would wait for ever.
 */
import {
  blackHoleCluster,
  create,
  type Encoded,
  encodeResource,
  type Init,
  outboundCluster,
  passthroughCluster,
  virtualHostName,
  virtualHostResource,
} from '@weft/envoy';
import { VirtualHostSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { RouteConfigurationSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_pb.js';
import { defaultRetry, type HttpRoute, isIPv6, isRange, type OutboundSlice, type ScopedService, type ServicePort } from '../mesh/index.ts';
import { everything } from './match.ts';
import { remember } from './remember.ts';
import { direct, retryPolicy, routesOf, routeTo } from './routes.ts';
import { fromAds } from './sources.ts';

type VirtualHostInit = Init<typeof VirtualHostSchema>;

/** As a client writes it in `Host`. */
const literal = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** Domains as clients write them; ports are not looked at [S10, S11]. */
export const domainsOf: (scoped: ScopedService) => readonly string[] = remember(({ service, aliases }) => {
  const { hostname, addresses, headless } = service;
  const names = hostname.startsWith('*') ? [hostname] : [hostname, `${hostname}.`];
  return [
    ...new Set([
      ...names,
      ...aliases,
      ...addresses.filter((address) => !isRange(address)).map(literal),
      ...(headless ? [`*.${hostname}`] : []),
    ]),
  ];
});

const ofRoutes = (name: string, domains: readonly string[], routes: readonly HttpRoute[]): VirtualHostInit => ({
  name,
  domains: [...domains],
  includeRequestAttemptCount: true,
  ...routesOf(routes),
});

/** A service that no rule speaks of: everything to itself, with the default retries [S37]. */
const ofService = (
  { service, destination, retry = defaultRetry }: ScopedService,
  port: number,
  domains: readonly string[],
): VirtualHostInit => {
  const key = destination.policy(port).loadBalancer?.hash?.key;
  return {
    name: virtualHostName(service.hostname, port),
    domains: [...domains],
    includeRequestAttemptCount: true,
    routes: [routeTo('default', outboundCluster({ port, host: service.hostname }), key && [key])],
    ...(retry !== 'none' && { retryPolicy: retryPolicy(retry) }),
  };
};

export const serviceHost = (scoped: ScopedService, { number: port }: ServicePort, domains: readonly string[]): VirtualHostInit => {
  const routes = scoped.routes.get(port);
  return routes ? ofRoutes(virtualHostName(scoped.service.hostname, port), domains, routes) : ofService(scoped, port, domains);
};

export const ruleHost = (host: string, port: number, routes: readonly HttpRoute[]): VirtualHostInit =>
  ofRoutes(virtualHostName(host, port), [host], routes);

/** What is refused meets no cluster, so its route says under which name it is counted. */
const refused = { filterMetadata: { weft: { service: blackHoleCluster } } };

/** Whoever no virtual host names [S12]. */
export const catchAll = (outside: string): VirtualHostInit =>
  outside === blackHoleCluster
    ? { name: 'block_all', domains: ['*'], routes: [{ name: 'block_all', match: everything, ...direct(502), metadata: refused }] }
    : { name: 'allow_any', domains: ['*'], routes: [routeTo('allow_any', outside)] };

/**
 * The virtual host bears its resource's whole name, not Istio's `<host>:<port>` [S10] alone: Envoy 1.40 keeps virtual hosts
 * by their own name and looks for removed ones by the resource's, so that under another name one would never go.
 */
export const encodeHost = (routeConfiguration: string, host: VirtualHostInit): Encoded => {
  const name = virtualHostResource(routeConfiguration, host.name ?? '');
  return encodeResource(name, VirtualHostSchema, create(VirtualHostSchema, { ...host, name }));
};

/** Istio's limit of a direct response's body [S52]. */
const bodyLimit = 1 << 20;

interface Table {
  readonly name: string;
  readonly hosts: readonly VirtualHostInit[];
  /** There are virtual hosts as resources of their own. */
  readonly vhds: boolean;
  /** Ports in `Host` tell virtual hosts apart. */
  readonly withPorts?: boolean;
  /** Headers that nobody from outside may send; absent: those that Envoy knows. */
  readonly inside?: readonly string[];
}

/** Routes to clusters that are not there load, and answer 503 [S14]. */
export const routeTable = ({ name, hosts, vhds, withPorts, inside = [] }: Table): Init<typeof RouteConfigurationSchema> => ({
  name,
  virtualHosts: [...hosts],
  ...(vhds && { vhds: { configSource: fromAds } }),
  ignorePortInHostMatching: !withPorts,
  validateClusters: false,
  maxDirectResponseBodySizeBytes: bodyLimit,
  ...(inside.length > 0 && { internalOnlyHeaders: [...inside] }),
});

export const encodeTable = (table: Table): Encoded =>
  encodeResource(table.name, RouteConfigurationSchema, create(RouteConfigurationSchema, routeTable(table)));

/** Where what is in no registry goes [S12]. */
export const outsideCluster = ({ outboundTrafficPolicy, egressProxy }: OutboundSlice): string =>
  outboundTrafficPolicy === 'ALLOW_ANY' ? (egressProxy ?? passthroughCluster) : blackHoleCluster;
