/** Filter chains for connections that are passed on as bytes: told apart by server name and by the address that was dialled [S8, S51, S81]. */
import { outboundCluster } from '@weft/envoy';
import { type ConnectionMatch, type ConnectionRoute, connectionWays, type Entry } from '../mesh/index.ts';
import { isDynamic, resolveServerName } from './dynamic-dns.ts';
import { asTcp, connectionProxy, type Filters, type Told, tcpProxy } from './filters.ts';

/** A chain and what it is for. */
export interface Way {
  readonly match: ConnectionMatch;
  readonly filters: Filters;
}

const straight = ({ scoped, port }: Entry, told: Told): Filters => [
  ...(port.protocol === 'auto' ? [asTcp] : []),
  ...(isDynamic(scoped.service) ? [resolveServerName(port.number)] : []),
  tcpProxy(outboundCluster({ port: port.number, host: scoped.service.hostname }), { ...scoped.destination.policy(port.number), ...told }),
];

const routed = (route: ConnectionRoute, told: Told): Filters => [...(route.entersHttp ? [asTcp] : []), connectionProxy(route, told)];

/** @param own what tells the service from others on its listener */
export const waysOf = (entry: Entry, own: ConnectionMatch, told: Told): readonly Way[] =>
  connectionWays(entry, own).map(({ match, route }) => ({ match, filters: route ? routed(route, told) : straight(entry, told) }));
