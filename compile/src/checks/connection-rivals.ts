/** Several rules for the same connections: a listener has one chain for them, and the first rule gets it [S51, S120]. */
import { against, doubtful, few, type Problem, wrong } from '@weft/model';
import { type ConnectionRuleMatch, isExported, type Mesh, selects } from '../mesh/index.ts';
import { type Claim, connectionClaims, endedNames, everything, type Seen } from './connection-claims.ts';
import { type Facts, objectAt } from './facts.ts';
import { audience, isObeyedBefore } from './obeyed.ts';

/** For everybody who sees the later one. */
const comesBefore = (one: Claim, other: Claim, routings: Mesh['routings']): boolean =>
  audience(other.routing).every((viewer) =>
    one.turn === other.turn
      ? isObeyedBefore(one.routing, other.routing, { viewer, routings })
      : one.turn < other.turn && isExported(one.routing.exportTo, one.routing.namespace, viewer),
  );

/** Whoever the later one is for, the earlier one is for too. */
const isForAll = (one: Seen, other: Seen): boolean =>
  selects(one.sourceLabels ?? {}, other.sourceLabels ?? {}) &&
  (one.sourceNamespace === undefined || one.sourceNamespace === other.sourceNamespace);

/** Those who are at one place, in their order. */
interface Rivals {
  /** Whoever names the key, and whoever asks for no names at all. */
  readonly takers: (key: string) => readonly Claim[];
  readonly turnOf: (claim: Claim) => number;
}

const rivalsOf = (claims: readonly Claim[]): Rivals => {
  const order = new Map(claims.map((claim, index) => [claim, index]));
  const turnOf = (claim: Claim): number => order.get(claim) ?? 0;
  const named = claims.flatMap((claim) => [...new Set(claim.keys)].map((key) => ({ key, claim })));
  const byKey = new Map([...Map.groupBy(named, ({ key }) => key)].map(([key, all]) => [key, all.map(({ claim }) => claim)]));
  const wide = (byKey.get(everything) ?? []).filter(({ seen }) => seen.serverNames.length === 0);
  const takers = (key: string): readonly Claim[] => {
    const own = byKey.get(key) ?? [];
    if (key === everything || wide.length === 0) return own;
    return [...new Set([...own, ...wide])].sort((a, b) => turnOf(a) - turnOf(b));
  };
  return { takers, turnOf };
};

interface Lost {
  readonly key: string;
  readonly winner: Claim;
}

const namesOf = (lost: readonly Lost[]): string =>
  lost.map(({ key }) => (key === everything ? 'all connections' : `\`${key}\``)).join(', ');

/** What a match loses at one place, and in which words it is told of all places at which it loses the same. */
interface Loss {
  readonly claim: Claim;
  /** Equal for the same words. */
  readonly id: string;
  readonly told: (where: Where) => Problem;
}

interface Where {
  readonly at: string;
  /** What becomes of the rest of the match. */
  readonly rest: string;
}

const rest = ({ whole, keys }: Claim, lost: readonly unknown[]): string =>
  whole && lost.length < keys.length ? 'this match is left out' : 'this match gets none of them';

const lostTo = (claim: Claim, winner: string, lost: readonly Lost[]): Loss => ({
  claim,
  id: `${winner} ${namesOf(lost)} ${rest(claim, lost)}`,
  told: (where) =>
    against(
      objectAt('VirtualService', winner),
      wrong('WEFT0207', claim.match.origin.path, [
        `VirtualService \`${winner}\` comes before this one and takes ${namesOf(lost)} at ${where.at}; ${rest(claim, lost)}${where.rest}`,
        'Merge the two, or let them differ in server name, port, gateway or exportTo.',
      ]),
    ),
});

const lostToItself = (claim: Claim, lost: readonly Lost[]): Loss => ({
  claim,
  id: `${namesOf(lost)} ${rest(claim, lost)}`,
  told: (where) =>
    doubtful('IST0131', claim.match.origin.path, [
      `an earlier match of this VirtualService takes ${namesOf(lost)} at ${where.at}; ${rest(claim, lost)}${where.rest}`,
      'Remove what is there already, or put the destinations into one route with weights.',
    ]),
});

const lostToServer = (claim: Claim, ended: ReadonlyMap<string, string>): readonly Loss[] => {
  const lost = claim.keys.filter((key) => ended.has(key));
  const [first] = lost;
  if (first === undefined) return [];
  const gateway = ended.get(first) ?? '';
  const names = `\`${lost.join('`, `')}\``;
  const told = (where: Where): Problem =>
    against(
      objectAt('Gateway', gateway),
      wrong('WEFT0207', claim.match.origin.path, [
        `a server of Gateway \`${gateway}\` ends TLS of ${names} at ${where.at}, so that it is not passed on; ${rest(claim, lost)}${where.rest}`,
        'Give the server name to one of the two, or use another port.',
      ]),
    );
  return [{ claim, id: `${gateway} ${names} ${rest(claim, lost)}`, told }];
};

const conditions = ({ origin: _, ...match }: ConnectionRuleMatch): string => JSON.stringify(match);
const unconditional = conditions({ origin: { kind: '', namespace: '', name: '', path: '' }, serverNames: [], subnets: [] });

/** What `parse` tells of one object: the same match again, or a rule behind one without any. */
const isTold = (earlier: Claim, later: Claim): boolean => [unconditional, conditions(later.match)].includes(conditions(earlier.match));

/** Matches of one rule lead to the same place: it is no loss unless a gateway leaves out more with it. */
const ruleOf = ({ match: { origin } }: Claim): string => origin.path.replace(/\.match\[\d+\]$/, '');

const lostBy = (claim: Claim, { takers, turnOf }: Rivals, { mesh }: Facts): readonly Loss[] => {
  const isEarlier = (other: Claim): boolean => turnOf(other) < turnOf(claim) && other.turn === claim.turn && !isTold(other, claim);
  const isBefore = (other: Claim): boolean =>
    (other.routing === claim.routing ? isEarlier(other) : comesBefore(other, claim, mesh.routings)) && isForAll(other.seen, claim.seen);
  const taken = claim.keys.flatMap((key) => {
    const winner = takers(key).find(isBefore);
    return winner ? [{ key, winner }] : [];
  });
  return [...Map.groupBy(taken, ({ winner }) => winner.routing)].flatMap(([{ key }, lost]) => {
    if (key !== claim.routing.key) return [lostTo(claim, key, lost)];
    const isSame = lost.every(({ winner }) => ruleOf(winner) === ruleOf(claim));
    return isSame && !(claim.whole && lost.length < claim.keys.length) ? [] : [lostToItself(claim, lost)];
  });
};

const noNames: ReadonlyMap<string, string> = new Map();

export type LostConnections = ReadonlyMap<string, readonly Problem[]>;

const lossesOf = (all: readonly Claim[], facts: Facts): readonly Loss[] => {
  const ended = endedNames(facts.mesh);
  return [...Map.groupBy(all, ({ place }) => place)].flatMap(([place, claims]) => {
    const rivals = claims.length < 2 ? undefined : rivalsOf(claims);
    const served = ended.get(place) ?? noNames;
    return claims.flatMap((claim) => [...lostToServer(claim, served), ...(rivals ? lostBy(claim, rivals, facts) : [])]);
  });
};

const named = (claims: readonly Claim[]): readonly string[] => [...new Set(claims.map(({ at }) => at))];

/** What one match loses is told once for all places at which it is the same. */
const toldOf = (losses: readonly Loss[], claims: readonly Claim[]): readonly Problem[] => {
  const lost = new Set(losses.map(({ claim }) => claim.place));
  const free = named(claims.filter(({ place }) => !lost.has(place)));
  const elsewhere = free.length === 0 ? '' : ` there; it counts at ${few(free)}`;
  return [...Map.groupBy(losses, ({ id }) => id).values()].flatMap((same) =>
    same.slice(0, 1).map(({ told }) => told({ at: few(named(same.map(({ claim }) => claim))), rest: elsewhere })),
  );
};

/** By routing. */
export const lostConnections = (facts: Facts): LostConnections => {
  const claims = connectionClaims(facts);
  const ofMatch = Map.groupBy(claims, ({ match }) => match);
  const told = [...Map.groupBy(lossesOf(claims, facts), ({ claim }) => claim.match)].map(([match, own]) => ({
    key: own[0]?.claim.routing.key ?? '',
    problems: toldOf(own, ofMatch.get(match) ?? []),
  }));
  return new Map([...Map.groupBy(told, ({ key }) => key)].map(([key, all]) => [key, all.flatMap(({ problems }) => problems)]));
};
