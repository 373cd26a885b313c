/** The ports of the services that a sidecar may call, and what leads connections to each [S7, S8, S72]. */
import { outboundCluster } from '@weft/envoy';
import {
  type ConnectionMatch,
  type ConnectionRoute,
  compatible,
  connectionWays,
  covers,
  type Entry,
  endpointAddresses,
  isAddress,
  isDirect,
  isHomeless,
  isHttp,
  isRange,
  type OutboundSlice,
  type WeightedCluster,
  type Written,
} from '../mesh/index.ts';
import type { ChainChoice } from './chains.ts';

/** What shares `0.0.0.0_<port>`; of those that cannot share the first decides. */
export interface Shared {
  readonly http: readonly Entry[];
  /** Without a listener of their own. */
  readonly homeless: readonly Entry[];
}

export const sharedAt = (entries: readonly Entry[], { endpoints }: Pick<OutboundSlice, 'endpoints'>): Shared => {
  const all = entries.filter((entry) => isHttp(entry.port.protocol) || isHomeless(entry, endpoints));
  const members = compatible(all);
  return {
    http: members.filter(({ port }) => isHttp(port.protocol)),
    homeless: members.filter((entry) => isHomeless(entry, endpoints)),
  };
};

const namesOf = ({ scoped: { service, aliases } }: Entry): readonly string[] => [service.hostname, `${service.hostname}.`, ...aliases];

/** Where a client's resolver leads it: a virtual address, or for a headless service one of its endpoints. */
export const resolved = (host: string, entries: readonly Entry[], { endpoints }: Pick<OutboundSlice, 'endpoints'>): string | undefined => {
  if (isAddress(host)) return host;
  const entry = entries.find((one) => namesOf(one).some((name) => covers(name, host)));
  if (!entry) return undefined;
  return isDirect(entry) ? endpointAddresses(entry, endpoints)[0] : entry.scoped.service.addresses.find((one) => !isRange(one));
};

/** Where a chain of bytes leads: to the service itself, or where a rule says. */
export interface Lead {
  readonly clusters: readonly WeightedCluster[];
  readonly why: string;
  readonly origin?: Written;
}

export const leadOf = ({ clusters, origin }: ConnectionRoute): Lead => ({
  clusters,
  origin,
  why: 'first rule that matches the connection',
});

const straight = ({ scoped, port }: Entry): Lead => ({
  clusters: [{ cluster: outboundCluster({ port: port.number, host: scoped.service.hostname }), weight: 1 }],
  why: `the port's protocol is ${port.protocol}: bytes are carried as they are`,
});

/** @param own what tells the service from others on its listener */
export const chainsOf = (entry: Entry, own: ConnectionMatch): readonly ChainChoice<Lead>[] =>
  connectionWays(entry, own).map(({ match, route }) => ({ ...match, http: false, leads: route ? leadOf(route) : straight(entry) }));
