/** Rules of several VirtualServices for the same connections: a listener has one chain for them, and the first rule gets it [S51, S120]. */
import { against, type Problem, wrong } from '@weft/model';
import {
  type ConnectionRuleMatch,
  covers,
  type Gateway,
  type GatewayListener,
  isExported,
  type Mesh,
  mesh as meshGateway,
  type Routing,
  selects,
} from '../mesh/index.ts';
import { kinds, served } from './connection-route.ts';
import { type Facts, objectAt } from './facts.ts';
import { audience, isObeyedBefore } from './obeyed.ts';

const both = ['tls', 'tcp'] as const;
type Kind = (typeof both)[number];

/** A match at one place where connections arrive: a port of a service, or of gateways. */
interface Claim {
  readonly place: string;
  /** Servers of a place take their turns, before their rules do. */
  readonly turn: number;
  readonly routing: Routing;
  readonly match: ConnectionRuleMatch;
  /** Names and networks that chains are told apart by; `*` is all there is. */
  readonly keys: readonly string[];
}

interface Offer {
  readonly kind: Kind;
  readonly routing: Routing;
  readonly match: ConnectionRuleMatch;
}

const everything = '*';

const keysOf = ({ serverNames, subnets }: ConnectionRuleMatch): readonly string[] => {
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
  return [...services].flatMap(({ key, ports }) =>
    ports
      .filter(({ number, protocol }) => kinds[kind].takes(protocol) && isAt(match, number))
      .map(({ number }) => ({ place: `${key}:${number}`, turn: 0, routing, match, keys: keysOf(match) })),
  );
};

const contents = { tls: 'passthrough', tcp: 'tcp' } as const;

const admits = ({ hosts }: GatewayListener, routing: Routing): boolean =>
  hosts.some(
    ({ namespace, host }) => (namespace === '*' || namespace === routing.namespace) && routing.hosts.some((own) => covers(host, own)),
  );

/** Of bytes a gateway's server takes the first rule alone. */
const onGateway = ({ kind, routing, match }: Offer, gateway: Gateway, age: number): readonly Claim[] => {
  const selector = JSON.stringify(Object.entries(gateway.selector).sort());
  return gateway.listeners.flatMap((listener, index) => {
    const { content, port, bind = '', tls } = listener;
    if (content !== contents[kind] || !isAt(match, port) || !admits(listener, routing)) return [];
    const server = tls ? ` ${index} of ${gateway.key}` : '';
    const keys = kind === 'tcp' ? [everything] : keysOf(match);
    return [{ place: `${selector} ${bind}:${port}${server}`, turn: age * 1000 + index, routing, match, keys }];
  });
};

const claimsOf = (offer: Offer, facts: Facts): readonly Claim[] => {
  const { gateways } = facts.mesh;
  const named = offer.routing.gateways.filter((name) => isFor(offer.match, name)).flatMap((name) => facts.gateways.get(name) ?? []);
  return [...onSidecars(offer, facts), ...named.flatMap((gateway) => onGateway(offer, gateway, gateways.indexOf(gateway)))];
};

/** For everybody who sees the later one. */
const comesBefore = (one: Claim, other: Claim, routings: Mesh['routings']): boolean =>
  audience(other.routing).every((viewer) =>
    one.turn === other.turn
      ? isObeyedBefore(one.routing, other.routing, { viewer, routings })
      : one.turn < other.turn && isExported(one.routing.exportTo, one.routing.namespace, viewer),
  );

/** Whoever the later one is for, the earlier one is for too. */
const isForAll = (one: ConnectionRuleMatch, other: ConnectionRuleMatch): boolean =>
  selects(one.sourceLabels ?? {}, other.sourceLabels ?? {}) &&
  (one.sourceNamespace === undefined || one.sourceNamespace === other.sourceNamespace);

const takes = (one: Claim, key: string): boolean =>
  one.keys.includes(key) || (one.keys.includes(everything) && one.match.serverNames.length === 0);

const lostBy = (claim: Claim, rivals: readonly Claim[], { mesh }: Facts): readonly Problem[] => {
  const before = rivals.filter(
    (other) => other.routing !== claim.routing && isForAll(other.match, claim.match) && comesBefore(other, claim, mesh.routings),
  );
  const taken = claim.keys.flatMap((key) => {
    const winner = before.find((other) => takes(other, key));
    return winner ? [{ key, winner: winner.routing.key }] : [];
  });
  return [...Map.groupBy(taken, ({ winner }) => winner)].map(([winner, lost]) => {
    const names = lost.map(({ key }) => (key === everything ? 'all connections' : `\`${key}\``)).join(', ');
    return against(
      objectAt('VirtualService', winner),
      wrong('WEFT0207', claim.match.origin.path, [
        `VirtualService \`${winner}\` comes before this one and takes ${names} on the same port; this match gets none of them`,
        'Merge the two, or let them differ in server name, port, gateway or exportTo.',
      ]),
    );
  });
};

export type LostConnections = ReadonlyMap<string, readonly Problem[]>;

/** By routing; a match that loses the same at several places is told once. */
export const lostConnections = (facts: Facts): LostConnections => {
  const offers = facts.mesh.routings.flatMap((routing) =>
    both.flatMap((kind) => routing[kind].flatMap(({ matches }) => matches.map((match) => ({ kind, routing, match })))),
  );
  const places = Map.groupBy(
    offers.flatMap((offer) => claimsOf(offer, facts)),
    ({ place }) => place,
  );
  const lost = new Map<string, Map<string, Problem>>();
  for (const rivals of places.values()) {
    if (rivals.length < 2) continue;
    for (const claim of rivals) {
      for (const problem of lostBy(claim, rivals, facts)) {
        const known = lost.get(claim.routing.key) ?? new Map<string, Problem>();
        lost.set(claim.routing.key, known.set(`${problem.path} ${problem.message}`, problem));
      }
    }
  }
  return new Map([...lost].map(([key, problems]) => [key, [...problems.values()]]));
};
