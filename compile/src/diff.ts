/**
 * `diff`: what a client has against what it shall have, as steps that never break what it runs.
 *
 * Envoy's order (xds_protocol.rst, "Eventual consistency considerations") [X13-X15]:
 * clusters, then their endpoints, then filters, listeners, routes and virtual hosts, each of them naming only clusters
 * that the client has acknowledged; removals last, a cluster's only after all that could name it was acknowledged.
 *
 * Results are memoised by the identity of their arguments: a thousand proxies that go from one map to another
 * share one comparison, and whoever encodes it can share the bytes.
 */
import { decidingPlace, type Encoded, type ResourceSet, typeUrls } from '@weft/envoy';

export type ResourceMap = ReadonlyMap<string, Encoded>;

const { CDS: cds, EDS: eds, ECDS: ecds, LDS: lds, RDS: rds, VHDS: vhds, SDS: sds } = typeUrls;

/** X13: what is named comes before what names it; secrets are asked for by the listeners and clusters that wait for them. */
export const pushOrder = [cds, eds, ecds, lds, rds, vhds, sds] as const;

export interface Changes {
  /** New ones and those with another version, in the order of the wanted map. */
  readonly changed: readonly Encoded[];
  readonly removed: readonly string[];
}

export const noResources: ResourceMap = new Map();

export const changesBetween = byPair((from: ResourceMap, to: ResourceMap): Changes => {
  const changed: Encoded[] = [];
  for (const resource of to.values()) {
    if (from.get(resource.name)?.version !== resource.version) changed.push(resource);
  }
  const removed: string[] = [];
  for (const name of from.keys()) if (!to.has(name)) removed.push(name);
  return { changed, removed };
});

/** All of `wanted`, and what the client has beside it: the additions without the removals. */
const addingOnly = byPair(
  (has: ResourceMap, wanted: ResourceMap): ResourceMap =>
    changesBetween(has, wanted).removed.length === 0 ? wanted : new Map([...has, ...wanted]),
);

/** The route configuration that a virtual host belongs to: its name is `ROUTE_CONFIGURATION/HOST` (VHDS). */
export const routeOf = (virtualHost: string): string => virtualHost.slice(0, virtualHost.lastIndexOf('/'));

/**
 * Virtual hosts come and go together within one route configuration, since two of them may not share a domain;
 * those of a route configuration that leaves stay until the listeners that used it are replaced.
 */
const virtualHostsKept = byPair((has: ResourceMap, wanted: ResourceMap, routes: ResourceMap): ResourceMap => {
  const kept = [...has].filter(([name]) => !wanted.has(name) && !routes.has(routeOf(name)));
  return kept.length === 0 ? wanted : new Map([...kept, ...wanted]);
});

/** Something else changes than what decides by itself: an authorizer is asked about other requests. */
const asksAnew = (has: ResourceMap, wanted: ResourceMap): boolean =>
  changesBetween(has, wanted).changed.some(({ name }) => name !== decidingPlace);

const withDecision = byPair((target: ResourceMap, has: ResourceMap): ResourceMap => {
  const decision = has.get(decidingPlace);
  return decision && target.has(decidingPlace) ? new Map([...target, [decidingPlace, decision]]) : target;
});

/**
 * What decides by itself is changed when all questions to authorizers are [G30]: what was left to it before may be theirs now. The other
 * way round what was theirs is asked on until the client has all of this (`AuthorizationSlice.withdrawn`).
 */
const questionsFirst = (standing: Standing, wanted: ResourceMap): ResourceMap => {
  const { sent, refused } = standing;
  const target = addingOnly(sent, wanted);
  return refused || asksAnew(sent, wanted) ? withDecision(target, sent) : target;
};

/** How far a client is with one type. */
export interface Standing {
  /** What it was sent last, whether acknowledged or not. */
  readonly sent: ResourceMap;
  /** Something was sent that it has neither acknowledged nor refused. */
  readonly inFlight: boolean;
  /** Something must still be added, or a subscription is awaited that what was sent entails. */
  readonly behind: boolean;
  /** It has not subscribed yet, though there is something for it. */
  readonly absent: boolean;
  /** It refused something that is still wanted, or something is withheld from it. */
  readonly refused: boolean;
}

const added = (standing: Standing): boolean => !standing.inFlight && !standing.behind;
const acknowledged = (standing: Standing): boolean => added(standing) && !standing.absent && !standing.refused;

/**
 * What to move the client to next in this type; undefined while it has to wait for another type.
 * @param standing how far the client is with a type
 */
export const nextTarget = (type: string, standing: (type: string) => Standing, wanted: ResourceSet): ResourceMap | undefined => {
  const want = wanted.get(type) ?? noResources;
  const has = standing(type).sent;
  switch (type) {
    case cds:
      return has === want || unnamed(standing, wanted) ? want : addingOnly(has, want);
    case eds:
      // Newer clusters wait for Envoy's answer, and it answers for those that it has when their endpoints came [X14].
      if (standing(cds).behind && !standing(cds).inFlight) return undefined;
      return has === want || clustersRemoved(standing, wanted) ? want : addingOnly(has, want);
    case ecds:
      // Never removed: connections of a listener that is drained still go through the filters that it named [X17].
      return added(standing(cds)) && added(standing(eds)) ? questionsFirst(standing(ecds), want) : undefined;
    case lds:
      // A listener may be without what was asked before, which what decides by itself makes up for; and who comes anew because a chain
      // of it changed meets the filters that go with it [G22].
      return added(standing(cds)) && added(standing(eds)) && (added(standing(ecds)) || standing(ecds).refused) ? want : undefined;
    case rds:
      if (!added(standing(cds)) || !added(standing(eds)) || standing(lds).behind) return undefined;
      return has === want || replaced(standing) ? want : addingOnly(has, want);
    case vhds:
      if (!added(standing(cds)) || !added(standing(eds)) || standing(lds).behind || standing(rds).behind) return undefined;
      return has === want || replaced(standing) ? want : virtualHostsKept(has, want, wanted.get(rds) ?? noResources);
    default:
      return want;
  }
};

/** The client runs the new listeners with their routes: what only the old ones used may go. */
const replaced = (standing: (type: string) => Standing): boolean => [ecds, lds, rds, vhds].every((type) => acknowledged(standing(type)));

/** Nothing that the client runs can name a cluster that is not wanted any more. */
const unnamed = (standing: (type: string) => Standing, wanted: ResourceSet): boolean =>
  replaced(standing) &&
  [lds, rds, vhds].every((type) => changesBetween(standing(type).sent, wanted.get(type) ?? noResources).removed.length === 0);

const clustersRemoved = (standing: (type: string) => Standing, wanted: ResourceSet): boolean =>
  added(standing(cds)) && changesBetween(standing(cds).sent, wanted.get(cds) ?? noResources).removed.length === 0;

/** Memo by the identity of all arguments; entries go with the maps. */
function byPair<A extends object, R>(compute: (first: A, second: A, third: A) => R): (first: A, second: A, third?: A) => R;
function byPair<A extends object, R>(compute: (...args: A[]) => R): (...args: A[]) => R {
  const root: Memo<A, R> = { next: new WeakMap() };
  return (...args) => {
    let memo = root;
    for (const arg of args) {
      let next = memo.next.get(arg);
      if (!next) {
        next = { next: new WeakMap() };
        memo.next.set(arg, next);
      }
      memo = next;
    }
    memo.value ??= { result: compute(...args) };
    return memo.value.result;
  };
}

interface Memo<A extends object, R> {
  readonly next: WeakMap<A, Memo<A, R>>;
  value?: { readonly result: R };
}
