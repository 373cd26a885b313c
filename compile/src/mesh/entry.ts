/** Ports of services as their clients' listeners see them: where each is heard, and what tells it from others there [S7, S8, S72]. */
import type { ConnectionMatch, ConnectionRoute } from './connection.ts';
import { isAddress } from './host.ts';
import { carriesTls, everyAddress, isExclusive, isHttp, type PortEndpoints, type ServicePort } from './service.ts';
import type { ScopedService } from './view.ts';

/** One port of one service. */
export interface Entry {
  readonly scoped: ScopedService;
  readonly port: ServicePort;
}

type Endpoints = ReadonlyMap<string, PortEndpoints>;

/** A ServiceEntry may have a whole network's addresses: `10.1.0.0/16`. */
export const isRange = (address: string): boolean => address.includes('/');

/** Nobody stands between client and endpoint: headless, or a ServiceEntry of resolution NONE that says no address. */
export const isDirect = ({ scoped: { service } }: Entry): boolean =>
  service.headless || (service.resolution === 'original-dst' && service.addresses.length === 0);

export const endpointAddresses = ({ scoped, port }: Entry, endpoints: Endpoints): readonly string[] => {
  const known = endpoints.get(`${scoped.service.key}:${port.number}`)?.endpoints ?? [];
  return [...new Set(known.flatMap(everyAddress).filter(isAddress))].sort();
};

/** A service has listeners of its own unless its HTTP shares the port's. */
export const ownAddresses = (entry: Entry, endpoints: Endpoints): readonly string[] => {
  if (isHttp(entry.port.protocol)) return [];
  return isDirect(entry) ? endpointAddresses(entry, endpoints) : entry.scoped.service.addresses.filter((address) => !isRange(address));
};

/** It shares a listener with others of its port. A headless Service without endpoints has none: there is nobody to call. */
export const isHomeless = (entry: Entry, endpoints: Endpoints): boolean => {
  const { service } = entry.scoped;
  if (isHttp(entry.port.protocol) || service.headless) return false;
  if (isDirect(entry)) return endpointAddresses(entry, endpoints).length === 0;
  return service.addresses.length === 0 || service.addresses.some(isRange);
};

/** Of those that would share a listener those that can: the first decides [S84]. */
export const compatible = (entries: readonly Entry[]): readonly Entry[] => {
  const first = entries[0]?.port.protocol;
  if (first !== undefined && isExclusive(first)) return entries.filter(({ port }) => port.protocol === first);
  return entries.filter(({ port }) => !isExclusive(port.protocol));
};

/** Nothing tells it apart on its own address. */
export const anyConnection: ConnectionMatch = { serverNames: [], subnets: [] };

/** What tells a service without a listener of its own from others on its port: its networks, and the server's name in TLS. */
export const signOf = ({ scoped, port }: Entry): ConnectionMatch => {
  const { hostname, addresses } = scoped.service;
  return { serverNames: carriesTls(port.protocol) ? [hostname] : [], subnets: addresses.filter(isRange) };
};

/** What becomes of some connections to a port. */
export interface ConnectionWay {
  readonly match: ConnectionMatch;
  /** Absent: to the service itself. */
  readonly route?: ConnectionRoute;
}

/**
 * The ways of one port, the first that fits counts. `own` tells the service from others on its listener. TLS rules leave nothing to
 * the service itself, others what they do not match (Istio's tls.go).
 */
export const connectionWays = ({ scoped, port }: Entry, own: ConnectionMatch): readonly ConnectionWay[] => {
  const routes = scoped.connections.get(port.number) ?? [];
  const ways = routes.map((route) => ({
    match: { serverNames: route.match.serverNames, subnets: route.match.subnets.length > 0 ? route.match.subnets : own.subnets },
    route,
  }));
  const isWhole = routes.some(({ match }) => match.serverNames.length === 0 && match.subnets.length === 0);
  return isWhole || (carriesTls(port.protocol) && routes.length > 0) ? ways : [...ways, { match: own }];
};
