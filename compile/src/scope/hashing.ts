/** Routes with what the policies of their destinations hash by: a cluster that hashes needs it on every route to it [S57]. */
import { parseOutboundCluster } from '@weft/envoy';
import type { DestinationRule, HashKey, HttpRoute, Memo, Mesh, RouteAction, ScopedService, Service } from '../mesh/index.ts';
import type { Client } from './client.ts';
import { destinationRule } from './destinations.ts';

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

/** Where a hash is looked up: by whom, and among which services. */
export interface Hashing {
  readonly mesh: Mesh;
  readonly memo: Memo;
  readonly client: Client;
  readonly serviceAt: (host: string) => Service | undefined;
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

const ruleFor = ({ host }: Target, { mesh, client, serviceAt }: Hashing): DestinationRule | undefined => {
  const service = serviceAt(host);
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

const forwarded = (routes: readonly HttpRoute[]): readonly Target[] =>
  routes.flatMap(({ action }) => (action.kind === 'forward' ? targetsOf(action) : []));

const hashed = (name: string, routes: readonly HttpRoute[], hashing: Hashing): readonly HttpRoute[] => {
  const rules = new Set(forwarded(routes).flatMap((target) => ruleFor(target, hashing) ?? []));
  if (rules.size === 0) return routes;
  return hashing.memo(name, [routes, ...rules], () => routes.map((route) => withHash(route, hashing)));
};

/** The same list where nothing hashes. */
export const withHashes = (name: string, routes: readonly HttpRoute[], hashing: Hashing): readonly HttpRoute[] =>
  isHashing(hashing) ? hashed(`hashes of ${name}`, routes, hashing) : routes;

const hashedService = (scoped: ScopedService, hashing: Hashing): ScopedService => {
  const { key } = scoped.service;
  const routes = [...scoped.routes].map(([port, ofPort]) => [port, hashed(`${key} ${port}`, ofPort, hashing)] as const);
  if (routes.every(([port, ofPort]) => ofPort === scoped.routes.get(port))) return scoped;
  const lists = routes.map(([, ofPort]) => ofPort);
  return hashing.memo(key, [scoped, ...lists], () => ({ ...scoped, routes: new Map(routes) }));
};

/** Services with the hashes of their routes; the same list where none hashes. `name` is the client's. */
export const withHashedRoutes = (name: string, services: readonly ScopedService[], hashing: Hashing): readonly ScopedService[] => {
  if (!isHashing(hashing)) return services;
  const { mesh } = hashing;
  return mesh.memo(`hashed routes of ${name}`, [services, mesh.destinations, mesh.rules], (memo) =>
    services.map((scoped) => hashedService(scoped, { ...hashing, memo })),
  );
};
