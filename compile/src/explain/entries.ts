/** The ports of the services that a sidecar may call, and what leads connections to each [S7, S8, S72]. */
import { outboundCluster } from '@weft/envoy';
import {
  type ConnectionMatch,
  type ConnectionRoute,
  covers,
  isAddress,
  isHttp,
  type OutboundSlice,
  type ScopedService,
  type ServicePort,
  type WeightedCluster,
  type Written,
} from '../mesh/index.ts';
import type { ChainChoice } from './chains.ts';

/** One port of one service. */
export interface Entry {
  readonly scoped: ScopedService;
  readonly port: ServicePort;
}

export const isRange = (address: string): boolean => address.includes('/');

/** Protocols whose servers speak first share a port with nobody else [S84]. */
const isExclusive = ({ port: { protocol } }: Entry): boolean => protocol === 'mongo' || protocol === 'mysql';

export const entriesAt = ({ services }: OutboundSlice, number: number): readonly Entry[] =>
  services.flatMap((scoped) =>
    scoped.service.ports.filter((port) => port.number === number && port.protocol !== 'udp').map((port) => ({ scoped, port })),
  );

const endpointAddresses = ({ scoped, port }: Entry, { endpoints }: OutboundSlice): readonly string[] =>
  (endpoints.get(`${scoped.service.key}:${port.number}`)?.endpoints ?? []).map(({ address }) => address).filter(isAddress);

/** Nobody stands between client and endpoint. */
const isDirect = ({ scoped: { service } }: Entry): boolean =>
  service.headless || (service.resolution === 'original-dst' && service.addresses.length === 0);

/** Addresses of which the service has listeners of its own: HTTP shares the port's. */
export const ownAddresses = (entry: Entry, slice: OutboundSlice): readonly string[] => {
  if (isHttp(entry.port.protocol)) return [];
  return isDirect(entry) ? endpointAddresses(entry, slice) : entry.scoped.service.addresses.filter((address) => !isRange(address));
};

const isHomeless = (entry: Entry, slice: OutboundSlice): boolean => {
  const { service } = entry.scoped;
  if (isHttp(entry.port.protocol) || service.headless) return false;
  if (isDirect(entry)) return endpointAddresses(entry, slice).length === 0;
  return service.addresses.length === 0 || service.addresses.some(isRange);
};

/** What shares `0.0.0.0_<port>`; of those that cannot share the first decides. */
export interface Shared {
  readonly http: readonly Entry[];
  /** Without a listener of their own. */
  readonly homeless: readonly Entry[];
}

export const sharedAt = (entries: readonly Entry[], slice: OutboundSlice): Shared => {
  const all = entries.filter((entry) => isHttp(entry.port.protocol) || isHomeless(entry, slice));
  const exclusive = all[0] && isExclusive(all[0]) ? all[0].port.protocol : undefined;
  const members = all.filter((entry) => (exclusive === undefined ? !isExclusive(entry) : entry.port.protocol === exclusive));
  return {
    http: members.filter(({ port }) => isHttp(port.protocol)),
    homeless: members.filter((entry) => isHomeless(entry, slice)),
  };
};

const namesOf = ({ scoped: { service, aliases } }: Entry): readonly string[] => [service.hostname, `${service.hostname}.`, ...aliases];

/** Where a client's resolver leads it: a virtual address, or for a headless service one of its endpoints. */
export const resolved = (host: string, entries: readonly Entry[], slice: OutboundSlice): string | undefined => {
  if (isAddress(host)) return host;
  const entry = entries.find((one) => namesOf(one).some((name) => covers(name, host)));
  if (!entry) return undefined;
  return isDirect(entry) ? endpointAddresses(entry, slice)[0] : entry.scoped.service.addresses.find((one) => !isRange(one));
};

/** Where a chain of bytes leads: to the service itself, or where a rule says. */
export interface Lead {
  readonly clusters: readonly WeightedCluster[];
  readonly why: string;
  readonly origin?: Written;
}

const carriesTls = ({ port: { protocol } }: Entry): boolean => protocol === 'tls' || protocol === 'https';

export const leadOf = ({ clusters, origin }: ConnectionRoute): Lead => ({
  clusters,
  origin,
  why: 'first rule that matches the connection',
});

const straight = ({ scoped, port }: Entry): Lead => ({
  clusters: [{ cluster: outboundCluster({ port: port.number, host: scoped.service.hostname }), weight: 1 }],
  why: `the port's protocol is ${port.protocol}: bytes are carried as they are`,
});

/** TLS rules leave nothing to the service itself, others what they do not match. */
export const chainsOf = (entry: Entry, own: ConnectionMatch): readonly ChainChoice<Lead>[] => {
  const routes = entry.scoped.connections.get(entry.port.number) ?? [];
  const chains = routes.map((route) => ({
    serverNames: route.match.serverNames,
    subnets: route.match.subnets.length > 0 ? route.match.subnets : own.subnets,
    http: false,
    leads: leadOf(route),
  }));
  const isWhole = routes.some(({ match }) => match.serverNames.length === 0 && match.subnets.length === 0);
  if (isWhole || (carriesTls(entry) && routes.length > 0)) return chains;
  return [...chains, { ...own, http: false, leads: straight(entry) }];
};

/** What tells a service without a listener of its own from others on its port. */
export const signOf = (entry: Entry): ConnectionMatch => ({
  serverNames: carriesTls(entry) ? [entry.scoped.service.hostname] : [],
  subnets: entry.scoped.service.addresses.filter(isRange),
});
