/** Routes with what the policies of their destinations hash by: a cluster that hashes needs it on every route to it [S57]. */
import { parseOutboundCluster } from '@weft/envoy';
import {
  changedHosts,
  type DestinationRule,
  type HashKey,
  type HttpRoute,
  joinedHosts,
  type Memo,
  type Mesh,
  type RouteAction,
  type ScopedService,
  type Service,
} from '../mesh/index.ts';
import type { Client } from './client.ts';
import { destinationRule } from './destinations.ts';

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

/** Where a hash is looked up: by whom, and among which services. */
export interface Hashing {
  readonly mesh: Mesh;
  readonly memo: Memo;
  readonly client: Client;
  readonly known: ReadonlyMap<string, Service>;
}

interface Target {
  readonly port: number;
  readonly subset: string;
  readonly host: string;
}

const isHashing = ({ mesh }: Hashing): boolean =>
  mesh.memo('rules that hash', [mesh.destinations], () => mesh.destinations.some(({ hashes }) => hashes));

/** Those that get requests: of several, one of weight 0 gets none [S32]. */
const targetsOf = ({ destinations }: Forward): readonly Target[] =>
  destinations
    .filter(({ weight }) => weight > 0 || destinations.length === 1)
    .flatMap(({ cluster }) => parseOutboundCluster(cluster) ?? []);

const ruleFor = ({ host }: Target, { mesh, client, known }: Hashing): DestinationRule | undefined => {
  const service = known.get(host);
  const rule = service && destinationRule(mesh, service, client);
  return rule?.hashes ? rule : undefined;
};

const keyOf = (target: Target, hashing: Hashing): HashKey | undefined => {
  const destination = ruleFor(target, hashing)?.destination;
  const chosen = target.subset === '' ? destination : destination?.subsets.find(({ name }) => name === target.subset);
  return chosen?.policy(target.port).loadBalancer?.hash?.key;
};

/** The same twice would be one cookie made twice. */
const unique = (keys: readonly HashKey[]): readonly HashKey[] => [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];

const withHash = (route: HttpRoute, hashing: Hashing): HttpRoute => {
  const { action } = route;
  if (action.kind !== 'forward') return route;
  const hash = unique(targetsOf(action).flatMap((target) => keyOf(target, hashing) ?? []));
  return hash.length === 0 ? route : { ...route, action: { ...action, hash } };
};

const targets = new WeakMap<readonly HttpRoute[], readonly Target[]>();

const forwarded = (routes: readonly HttpRoute[]): readonly Target[] => {
  const known = targets.get(routes) ?? routes.flatMap(({ action }) => (action.kind === 'forward' ? targetsOf(action) : []));
  targets.set(routes, known);
  return known;
};

const hashed = (name: string, routes: readonly HttpRoute[], hashing: Hashing): readonly HttpRoute[] => {
  const rules = new Set(forwarded(routes).flatMap((target) => ruleFor(target, hashing) ?? []));
  if (rules.size === 0) return routes;
  return hashing.memo(name, [routes, ...rules], () => routes.map((route) => withHash(route, hashing)));
};

/** The same list where nothing hashes. */
export const withHashes = (name: string, routes: readonly HttpRoute[], hashing: Hashing): readonly HttpRoute[] =>
  isHashing(hashing) ? hashed(`hashes of ${name}`, routes, hashing) : routes;

const hashedService = (scoped: ScopedService, hashing: Hashing): ScopedService => {
  const routes = [...scoped.routes].map(([port, ofPort]) => [port, hashed(`${port}`, ofPort, hashing)] as const);
  if (routes.every(([port, ofPort]) => ofPort === scoped.routes.get(port))) return scoped;
  return { ...scoped, routes: new Map(routes) };
};

const leadsTo = ({ routes }: ScopedService, hosts: ReadonlySet<string>): boolean =>
  [...routes.values()].some((ofPort) => forwarded(ofPort).some(({ host }) => hosts.has(host)));

/** Services with the hashes of their routes; the same list where none hashes. `name` is the client's. */
export const withHashedRoutes = (name: string, services: readonly ScopedService[], hashing: Hashing): readonly ScopedService[] => {
  if (!isHashing(hashing)) return services;
  const { mesh, known } = hashing;
  return mesh.memo.each(`hashed routes of ${name}`, {
    items: services,
    name: ({ service }) => service.key,
    context: [mesh.destinations, known, mesh.rules],
    concerned: ([destinations, ...others]) => {
      if (others[0] !== known || others[1] !== mesh.rules) return undefined;
      const hosts = joinedHosts([changedHosts('destinations', destinations, mesh.destinations)]);
      return hosts && ((scoped) => leadsTo(scoped, hosts));
    },
    make: (scoped, memo) => hashedService(scoped, { ...hashing, memo }),
  });
};
