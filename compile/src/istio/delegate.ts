/** Routes that one VirtualService gives to another [S50]; merged as in Istio's `mergeVirtualServicesIfNeeded`. */
import type { HttpMatchRequest, HttpRouteSettings, Resource, StringMatchSettings, VirtualServiceSpec } from '@weft/model';
import { expandHost, type Written } from '../mesh/index.ts';
import { gatewayName } from './match.ts';

type VirtualService = Resource<VirtualServiceSpec>;

/** One rule, and where it and each of its matches were written. */
export interface PlacedRoute {
  readonly route: HttpRouteSettings;
  readonly origin: Written;
  readonly matches: readonly Written[];
}

/** A VirtualService without hosts waits for others to give it routes. */
export const isDelegate = ({ spec }: VirtualService): boolean => (spec.hosts ?? []).length === 0;

export const delegateKey = ({ namespace, name }: NonNullable<HttpRouteSettings['delegate']>, owner: string): string =>
  `${namespace || owner}/${name ?? ''}`;

/** Delegates that the routes name, each once. */
export const delegateKeys = ({ metadata, spec }: VirtualService): readonly string[] => [
  ...new Set((spec.http ?? []).flatMap(({ delegate }) => (delegate ? [delegateKey(delegate, metadata.namespace)] : []))),
];

/** Names belong to the namespace of the object that says them, wherever its routes end up. */
const withFullNames = (route: HttpRouteSettings, namespace: string): HttpRouteSettings => {
  const full = <T extends { readonly host: string }>(destination: T): T => ({
    ...destination,
    host: expandHost(destination.host, namespace),
  });
  return {
    ...route,
    ...(route.match && {
      match: route.match.map((match) =>
        match.gateways ? { ...match, gateways: match.gateways.map((name) => gatewayName(name, namespace)) } : match,
      ),
    }),
    ...(route.route && { route: route.route.map((one) => ({ ...one, destination: full(one.destination) })) }),
    ...(route.mirror && { mirror: full(route.mirror) }),
    ...(route.mirrors && { mirrors: route.mirrors.map((one) => ({ ...one, destination: full(one.destination) })) }),
  };
};

/** A condition of a delegate that is not narrower than its root's. */
const textConflict = (root: StringMatchSettings | undefined, leaf: StringMatchSettings | undefined): boolean => {
  if (!root || !leaf) return false;
  if (root.regex && (leaf.regex || leaf.prefix || leaf.exact)) return true;
  if (leaf.regex && (root.prefix || root.exact)) return true;
  if (root.exact) return leaf.exact !== root.exact;
  const said = leaf.prefix || leaf.exact;
  return root.prefix && said ? !said.startsWith(root.prefix) : true;
};

/** Names are the users' own: `constructor` is one like any other. */
const ownOf = <T>(table: Readonly<Record<string, T>> = {}, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const mapConflict = (
  root: Readonly<Record<string, StringMatchSettings>> | undefined,
  leaf: Readonly<Record<string, StringMatchSettings>> = {},
): boolean => Object.entries(leaf).some(([name, match]) => textConflict(ownOf(root, name), match));

const conflicts = (root: HttpMatchRequest, leaf: HttpMatchRequest): boolean =>
  (['uri', 'scheme', 'method', 'authority'] as const).some((field) => textConflict(root[field], leaf[field])) ||
  (['headers', 'withoutHeaders', 'queryParams'] as const).some((field) => mapConflict(root[field], leaf[field])) ||
  (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
  Boolean(root.port && leaf.port && root.port !== leaf.port) ||
  Boolean(root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) ||
  Object.entries(leaf.sourceLabels ?? {}).some(([key, value]) => (ownOf(root.sourceLabels, key) ?? value) !== value) ||
  Boolean(root.gateways?.length && leaf.gateways?.some((name) => !root.gateways?.includes(name)));

const joined = (root: string | undefined, leaf: string | undefined): string => [root, leaf].filter(Boolean).join('-');

const mergedMatch = (root: HttpMatchRequest, leaf: HttpMatchRequest): HttpMatchRequest => {
  const name = joined(root.name, leaf.name);
  const { port, sourceNamespace, gateways } = root;
  return {
    ...root,
    ...leaf,
    ...(name && { name }),
    // 0 and what is empty say nothing: what the root demands holds.
    ...(port && { port }),
    ...(sourceNamespace && { sourceNamespace }),
    ...(gateways?.length && !leaf.gateways?.length && { gateways }),
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
  };
};

interface Match {
  readonly match: HttpMatchRequest;
  readonly origin: Written;
}

const matchesOf = ({ route, matches, origin }: PlacedRoute): readonly Match[] =>
  (route.match ?? []).map((match, index) => ({ match, origin: matches[index] ?? origin }));

/** @returns `undefined` where one of the delegate's matches is no part of any of its root's */
const mergedMatches = (root: PlacedRoute, leaf: PlacedRoute): readonly Match[] | undefined => {
  const [outer, inner] = [matchesOf(root), matchesOf(leaf)];
  if (outer.length === 0) return inner.map(({ match, origin }) => ({ match, origin: { ...origin, delegatedBy: root.origin } }));
  if (inner.length === 0) return outer.map(({ match, origin }) => ({ match, origin: { ...leaf.origin, delegatedBy: origin } }));
  const merged = inner.map((one) =>
    outer
      .filter(({ match }) => !conflicts(match, one.match))
      .map(({ match, origin }) => ({ match: mergedMatch(match, one.match), origin: { ...one.origin, delegatedBy: origin } })),
  );
  return merged.every((some) => some.length > 0) ? merged.flat() : undefined;
};

/** What the delegate leaves unsaid is what its root says; of destinations the root has none. */
const merged = (root: PlacedRoute, leaf: PlacedRoute): PlacedRoute | undefined => {
  const matches = mergedMatches(root, leaf);
  if (!matches) return undefined;
  const { delegate: _, name: rootName, match: _match, ...inherited } = root.route;
  const { name: leafName, ...own } = leaf.route;
  const name = joined(rootName, leafName);
  return {
    route: { ...inherited, ...own, ...(name && { name }), match: matches.map(({ match }) => match) },
    origin: { ...leaf.origin, delegatedBy: root.origin },
    matches: matches.map(({ origin }) => origin),
  };
};

export const writtenRoutes = ({ kind, metadata, spec }: VirtualService): readonly PlacedRoute[] =>
  (spec.http ?? []).map((route, index) => {
    const origin = { kind, namespace: metadata.namespace, name: metadata.name, path: `spec.http[${index}]` };
    return { route, origin, matches: (route.match ?? []).map((_, at) => ({ ...origin, path: `${origin.path}.match[${at}]` })) };
  });

const withNames = (placed: PlacedRoute, namespace: string): PlacedRoute => ({ ...placed, route: withFullNames(placed.route, namespace) });

const matchCount = ({ route }: PlacedRoute): number => Math.max(1, route.match?.length ?? 0);

/** What a route may still become. */
export interface Room {
  readonly routes: number;
  /** Matches of the root with matches of the delegate: each is looked at, whether or not a route comes of it. */
  readonly pairs: number;
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

export const routeCount = (routes: readonly (PlacedRoute | undefined)[]): number =>
  sum(routes.map((route) => (route ? matchCount(route) : 0)));

export const pairCount = (root: PlacedRoute, delegate: VirtualService): number =>
  matchCount(root) * sum(writtenRoutes(delegate).map(matchCount));

/**
 * The delegate's routes in the place of the root's one; those that are no part of it are `undefined`.
 *
 * @returns `undefined` where there is no room for all of them
 */
export const delegatedRoutes = (
  root: PlacedRoute,
  delegate: VirtualService,
  room: Room,
): readonly (PlacedRoute | undefined)[] | undefined => {
  if (pairCount(root, delegate) > room.pairs) return undefined;
  const outer = withNames(root, root.origin.namespace);
  const routes = writtenRoutes(delegate).map((leaf) => merged(outer, withNames(leaf, delegate.metadata.namespace)));
  return routeCount(routes) > room.routes ? undefined : routes;
};
