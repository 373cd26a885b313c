/** Filter chains for connections that are passed on as bytes: told apart by server name and by the address that was dialled [S8, S51, S81]. */

import { outboundCluster } from '@weft/envoy';
import {
  type ConnectionMatch,
  type ConnectionRoute,
  isAddress,
  isHttp,
  type PortEndpoints,
  type ScopedService,
  type ServicePort,
} from '../mesh/index.ts';
import { isDynamic, resolveServerName } from './dynamic-dns.ts';
import { endpointsOf } from './endpoints.ts';
import { asTcp, type Chain, connectionProxy, tcpProxy } from './filters.ts';
import { isRange } from './virtual-hosts.ts';

/** One port of one service, as its listeners see it. */
export interface Entry {
  readonly scoped: ScopedService;
  readonly port: ServicePort;
}

type Filters = NonNullable<Chain['filters']>;

/** A chain and what it is for. */
export interface Way {
  readonly match: ConnectionMatch;
  readonly filters: Filters;
}

export const carriesTls = ({ port }: Entry): boolean => port.protocol === 'tls' || port.protocol === 'https';

const straight = ({ scoped, port }: Entry): Filters => [
  ...(port.protocol === 'auto' ? [asTcp] : []),
  ...(isDynamic(scoped.service) ? [resolveServerName(port.number)] : []),
  tcpProxy(outboundCluster({ port: port.number, host: scoped.service.hostname }), scoped.destination.policy(port.number)),
];

const routed = (route: ConnectionRoute): Filters => [...(route.entersHttp ? [asTcp] : []), connectionProxy(route)];

/**
 * The ways of one port, the first that fits counts. `own` tells the service from others on its listener. TLS rules leave nothing to
 * the service itself, others what they do not match (Istio's tls.go).
 */
export const waysOf = (entry: Entry, own: ConnectionMatch): readonly Way[] => {
  const routes = entry.scoped.connections.get(entry.port.number) ?? [];
  const ways = routes.map((route) => ({
    match: { serverNames: route.match.serverNames, subnets: route.match.subnets.length > 0 ? route.match.subnets : own.subnets },
    filters: routed(route),
  }));
  if (carriesTls(entry) && routes.length > 0) return ways;
  if (routes.some(({ match }) => match.serverNames.length === 0 && match.subnets.length === 0)) return ways;
  return [...ways, { match: own, filters: straight(entry) }];
};

/** Nothing tells it apart on its own address. */
export const anything: ConnectionMatch = { serverNames: [], subnets: [] };

/** What tells a service without a listener of its own from others on its port: its networks, and the server's name in TLS. */
export const signOf = (entry: Entry): ConnectionMatch => {
  const { hostname, addresses } = entry.scoped.service;
  return { serverNames: carriesTls(entry) ? [hostname] : [], subnets: addresses.filter(isRange) };
};

type Endpoints = ReadonlyMap<string, PortEndpoints>;

const endpointAddresses = (endpoints: Endpoints, { scoped, port }: Entry): readonly string[] => {
  const addresses = endpointsOf(endpoints, scoped.service, port.number).endpoints.map(({ address }) => address);
  return [...new Set(addresses.filter(isAddress))].sort();
};

/** Nobody stands between client and endpoint: headless, or a ServiceEntry of resolution NONE that says no address. */
const isDirect = ({ service }: ScopedService): boolean =>
  service.headless || (service.resolution === 'original-dst' && service.addresses.length === 0);

/** A service has listeners of its own unless its HTTP shares the port's [S7, S8, S72]. */
export const ownAddresses = (entry: Entry, endpoints: Endpoints): readonly string[] => {
  const { scoped, port } = entry;
  if (isHttp(port.protocol)) return [];
  return isDirect(scoped) ? endpointAddresses(endpoints, entry) : scoped.service.addresses.filter((address) => !isRange(address));
};

/** It shares a listener with others of its port. A headless Service without endpoints has none: there is nobody to call. */
export const isHomeless = (entry: Entry, endpoints: Endpoints): boolean => {
  const { service } = entry.scoped;
  if (isHttp(entry.port.protocol) || service.headless) return false;
  if (isDirect(entry.scoped)) return endpointAddresses(endpoints, entry).length === 0;
  return service.addresses.length === 0 || service.addresses.some(isRange);
};
