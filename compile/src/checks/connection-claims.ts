/** Places at which rules for connections claim what arrives there: ports of services, and of gateways. */
import {
  type ConnectionRuleMatch,
  covers,
  type Gateway,
  type GatewayListener,
  type Mesh,
  mesh as meshGateway,
  type Routing,
} from '../mesh/index.ts';
import { kinds, served } from './connection-route.ts';
import type { Facts } from './facts.ts';

const both = ['tls', 'tcp'] as const;
type Kind = (typeof both)[number];

export type Seen = Omit<ConnectionRuleMatch, 'origin' | 'port' | 'gateways'>;

/** A match at one place where connections arrive: a port of a service, or of gateways. */
export interface Claim {
  readonly place: string;
  /** The place in words. */
  readonly at: string;
  /** Servers of a place take their turns, before their rules do. */
  readonly turn: number;
  readonly routing: Routing;
  readonly match: ConnectionRuleMatch;
  /** What of the match is looked at there. */
  readonly seen: Seen;
  /** Names and networks that chains are told apart by; `*` is all there is. */
  readonly keys: readonly string[];
  /** Of a gateway: a match that loses one of its names loses all, as in Istio (`buildGatewayNetworkFiltersFromTLSRoutes`). */
  readonly whole: boolean;
}

interface Offer {
  readonly kind: Kind;
  readonly routing: Routing;
  readonly match: ConnectionRuleMatch;
}

export const everything = '*';

const keysOf = ({ serverNames, subnets }: Seen): readonly string[] => {
  const names = serverNames.length === 0 ? [''] : serverNames;
  const networks = subnets.length === 0 ? [''] : subnets;
  const keys = names.flatMap((name) => networks.map((network) => [name, network].filter(Boolean).join(' at ')));
  return keys.map((key) => key || everything);
};

const isFor = ({ gateways }: ConnectionRuleMatch, name: string): boolean => gateways === undefined || gateways.includes(name);

const isAt = ({ port }: ConnectionRuleMatch, number: number): boolean => port === undefined || port === number;

const onSidecars = (offer: Offer, facts: Facts): readonly Claim[] => {
  const { kind, routing, match } = offer;
  if (!routing.gateways.includes(meshGateway) || !isFor(match, meshGateway)) return [];
  const services = new Set(routing.hosts.flatMap((host) => served(host, facts)));
  return [...services].flatMap(({ key, hostname, ports }) =>
    ports
      .filter(({ number, protocol }) => kinds[kind].takes(protocol) && isAt(match, number))
      .map(({ number }) => ({
        ...{ place: `${key}:${number}`, at: `\`${hostname}:${number}\``, turn: 0 },
        ...{ routing, match, seen: match, keys: keysOf(match), whole: false },
      })),
  );
};

const contents = { tls: 'passthrough', tcp: 'tcp' } as const;

const admits = ({ hosts }: GatewayListener, routing: Routing): boolean =>
  hosts.some(
    ({ namespace, host }) => (namespace === '*' || namespace === routing.namespace) && routing.hosts.some((own) => covers(host, own)),
  );

const portOf = ({ selector }: Gateway, { bind = '', port }: GatewayListener): string =>
  `${JSON.stringify(Object.entries(selector).sort())} ${bind}:${port}`;

/** A gateway looks at ports and gateways of a match only (Istio's `l4SingleMatch`); of bytes a server takes the first rule alone. */
const onGateway = ({ kind, routing, match }: Offer, gateway: Gateway, age: number): readonly Claim[] =>
  gateway.listeners.flatMap((listener, index) => {
    const { content, port, tls } = listener;
    if (content !== contents[kind] || !isAt(match, port) || !admits(listener, routing)) return [];
    const server = tls ? ` ${index} of ${gateway.key}` : '';
    const seen: Seen = { serverNames: kind === 'tcp' ? [] : match.serverNames, subnets: [] };
    const place = `${portOf(gateway, listener)}${server}`;
    const at = `port ${port} of Gateway \`${gateway.key}\``;
    return [{ place, at, turn: age * 1000 + index, routing, match, seen, keys: keysOf(seen), whole: true }];
  });

/** Names for which a server ends TLS, with its Gateway, by place: rules that pass TLS on do not get them. */
export const endedNames = ({ gateways }: Mesh): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const servers = gateways.flatMap((gateway) =>
    gateway.listeners.filter(({ tls }) => tls).map((listener) => ({ place: portOf(gateway, listener), gateway, listener })),
  );
  const places = [...Map.groupBy(servers, ({ place }) => place)];
  return new Map(
    places.map(([place, all]) => [
      place,
      new Map(all.flatMap(({ gateway, listener }) => listener.hosts.map(({ host }) => [host, gateway.key] as const))),
    ]),
  );
};

const claimsOf = (offer: Offer, facts: Facts): readonly Claim[] => {
  const { gateways } = facts.mesh;
  const named = offer.routing.gateways.filter((name) => isFor(offer.match, name)).flatMap((name) => facts.gateways.get(name) ?? []);
  return [...onSidecars(offer, facts), ...named.flatMap((gateway) => onGateway(offer, gateway, gateways.indexOf(gateway)))];
};

/** In the order of precedence. */
export const connectionClaims = (facts: Facts): readonly Claim[] => {
  const offers = facts.mesh.routings.flatMap((routing) =>
    both.flatMap((kind) => routing[kind].flatMap(({ matches }) => matches.map((match) => ({ kind, routing, match })))),
  );
  return offers.flatMap((offer) => claimsOf(offer, facts));
};
