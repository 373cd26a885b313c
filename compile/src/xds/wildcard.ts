/** Listeners `0.0.0.0_<port>`: all HTTP of a port, and services that have no address to listen on [S7, S8, S84]. */
import type { Encoded } from '@weft/envoy';
import { addressesWithin, anywhere, compatible, type Entry, isHomeless, isHttp, type OutboundSlice, signOf } from '../mesh/index.ts';
import { distinct } from './chain-match.ts';
import { waysOf } from './connections.ts';
import { isDynamic } from './dynamic-dns.ts';
import { contentOf, nameOf, outboundListener } from './outbound-listener.ts';
import { whileUsed } from './remember.ts';
import { telemetryKey, toldBy } from './telemetry.ts';
import { outsideCluster } from './virtual-hosts.ts';

/** All that shares `0.0.0.0_<port>`. */
export interface Wildcard {
  readonly port: number;
  readonly http: boolean;
  readonly grpcWeb: boolean;
  readonly dynamic: boolean;
  /** Addresses of HTTP services. */
  readonly named: readonly string[];
  /** Services without a listener of their own, of which the first that nothing tells apart gets the rest [S8]. */
  readonly homeless: readonly Entry[];
}

const isHttpOrSniffed = ({ port: { protocol } }: Entry): boolean => isHttp(protocol) || protocol === 'auto';

/** The listener `0.0.0.0_<port>` for services of the port, if there must be one, and what it holds. */
export const wildcardAt = (port: number, entries: readonly Entry[], slice: OutboundSlice): Wildcard | undefined => {
  const sharing = entries.filter((entry) => isHttp(entry.port.protocol) || isHomeless(entry, slice.endpoints));
  // Rules for hosts that no service has work on port 80 [S49], whether a service has it or not.
  const hasRules = port === 80 && slice.virtualHosts.has(80);
  if (sharing.length === 0 && !hasRules) return undefined;
  const members = compatible(sharing);
  return {
    port,
    http: members.some(isHttpOrSniffed) || hasRules,
    grpcWeb: members.some((entry) => entry.port.protocol === 'grpc-web'),
    dynamic: members.some(({ scoped }) => isDynamic(scoped.service)),
    named: members.filter(({ port: { protocol } }) => isHttp(protocol)).flatMap(({ scoped }) => scoped.service.addresses),
    homeless: members.filter((entry) => isHomeless(entry, slice.endpoints)),
  };
};

const httpOnly = whileUsed<Encoded>();

/** On a port with HTTP services what is not HTTP is a homeless service's, or goes outside as it came. */
export const wildcardListener = ({ port, http, grpcWeb, dynamic, named, homeless }: Wildcard, slice: OutboundSlice): Encoded => {
  const bind = { addresses: anywhere(slice.families), port };
  const told = toldBy(slice);
  const make = () => {
    const name = nameOf(bind);
    const ways = homeless.flatMap((entry) => waysOf(entry, signOf(entry), told));
    const networks = ways.flatMap(({ match }) => match.subnets);
    const way = { routes: `${port}`, grpcWeb, dynamic, addresses: addressesWithin(named, networks), paths: slice.paths };
    const content = { http: http ? way : undefined, bytes: distinct(ways), outside: outsideCluster(slice), told };
    return outboundListener(name, bind, contentOf(name, content));
  };
  if (homeless.length > 0) return make();
  return httpOnly(JSON.stringify([bind, http, grpcWeb, dynamic, slice.paths, outsideCluster(slice), telemetryKey(slice)]), make);
};
