/** What a proxy may call. One slice for all proxies of a namespace whose labels no rule tells apart. */
import { covers, isWildcard, type Memo, type Mesh, type OutboundSlice, type Routing } from '../mesh/index.ts';
import { type Client, clientKey } from './client.ts';
import { withConnections } from './connections.ts';
import { type Hashing, withHashedRoutes, withHashes } from './hashing.ts';
import { routesAt } from './routes.ts';
import type { SeenServices } from './services.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';
import { placeOf, servicesReached, toldTo } from './told.ts';

const coversAny = (host: string, { services }: SeenServices): boolean => services.some(({ hostname }) => covers(host, hostname));

/** A wildcard that covers services is theirs alone. */
const isUnknown = (host: string, services: SeenServices): boolean =>
  services.byHost.get(host)?.hostname !== host && !(isWildcard(host) && coversAny(host, services));

const hashingOf = (client: Client, { mesh, services }: Surroundings): Hashing => ({
  mesh,
  memo: mesh.memo,
  client,
  serviceAt: (host) => services.byHost.get(host),
});

/** Hosts of rules that no registry knows work on port 80 only [S49]. */
const virtualHosts = (client: Client, surroundings: Surroundings, memo: Memo): OutboundSlice['virtualHosts'] => {
  const { services, routings } = surroundings;
  const hosts = new Map<string, Routing>();
  for (const routing of routings.list.filter(({ rules }) => rules.length > 0)) {
    for (const host of routing.hosts) if (!hosts.has(host) && isUnknown(host, services)) hosts.set(host, routing);
  }
  const hashing = { ...hashingOf(client, surroundings), memo };
  const made = [...hosts].map(([host, routing]) => {
    const reached = servicesReached(routing, surroundings);
    const plain = memo(`routes of ${host}`, [routing, ...reached], () => routesAt(routing, placeOf(80, client, surroundings)));
    const routes = withHashes(host, plain, hashing);
    return memo(host, [routes], () => ({ host, routes }));
  });
  return made.filter(({ routes }) => routes.length > 0);
};

const endpointsSeen = (mesh: Mesh, { key, keys }: SeenServices): OutboundSlice['endpoints'] => {
  if (keys.size === mesh.services.length) return mesh.endpoints;
  const seen = () => new Map([...mesh.endpoints].filter(([, { service }]) => keys.has(service)));
  return mesh.memo(`endpoints seen ${key}`, [mesh.endpoints, keys], seen);
};

export const outboundSlice = (mesh: Mesh, { namespace, labels }: Client): OutboundSlice => {
  const client = { namespace, labels };
  const key = clientKey(mesh, client);
  const surroundings = surroundingsOf(mesh, namespace);
  const { services, routings } = surroundings;
  const endpoints = endpointsSeen(mesh, services);
  const { outboundTrafficPolicy } = mesh.rules;
  const told = withHashedRoutes(key, toldTo(client, surroundings), hashingOf(client, surroundings));
  const called = withConnections(key, told, { client, surroundings });
  const others = mesh.memo(`virtual hosts of ${key}`, [services, routings, mesh.destinations, mesh.rules], (memo) =>
    virtualHosts(client, surroundings, memo),
  );
  return mesh.memo(`outbound of ${key}`, [called, endpoints, others, outboundTrafficPolicy], () => ({
    services: called,
    endpoints,
    outboundTrafficPolicy,
    virtualHosts: others,
  }));
};
