/** What a gateway proxy serves: the servers of all Gateways that select it, with the routes attached to them [S117-S120]. */
import type { Proxy } from '@weft/model';
import {
  type Gateway,
  type GatewayListener,
  type GatewayServer,
  type GatewaySlice,
  type HttpRoute,
  intersection,
  isWildcard,
  type Mesh,
  type Routing,
  selects,
} from '../mesh/index.ts';
import { clientKey } from './client.ts';
import { destinationHosts, isCatchAll, routesAt } from './routes.ts';
import { type SeenServices, servicesSeen } from './services.ts';
import { visibleIn } from './visible.ts';

type VirtualHost = GatewayServer['virtualHosts'][number];

interface Attachment {
  readonly mesh: Mesh;
  readonly proxy: Proxy;
  readonly services: SeenServices;
  readonly routings: readonly Routing[];
}

/** A gateway's port is the Service's where one leads to the proxy, so that 80 may be served on 8080 (Istio's `resolvePorts`). */
const boundPort = (mesh: Mesh, proxy: Proxy, port: number): number => {
  for (const { service, selector, targets } of mesh.backends.values()) {
    if (service.namespace !== proxy.namespace || !selector || !selects(selector, proxy.labels)) continue;
    const target = targets.get(port);
    if (typeof target === 'number') return target;
    const named = target === undefined ? undefined : mesh.workloads.get(`${proxy.namespace}/${proxy.name}`)?.ports[target];
    if (named !== undefined) return named;
  }
  return port;
};

/** Hosts of a routing that a listener lets in: both must have them, and the routing's namespace must be allowed. */
const admittedHosts = ({ hosts }: GatewayListener, routing: Routing): readonly string[] => {
  const allowed = hosts.filter(({ namespace }) => namespace === '*' || namespace === routing.namespace);
  const found = allowed.flatMap(({ host }) => routing.hosts.flatMap((own) => intersection(host, own) ?? []));
  return [...new Set(found)];
};

interface BoundListener {
  readonly gateway: Gateway;
  readonly listener: GatewayListener;
}

const routesFor = (
  routing: Routing,
  { gateway, listener: { port } }: BoundListener,
  { mesh, proxy, services }: Attachment,
): readonly HttpRoute[] => {
  const destinations = destinationHosts(routing).map((host) => services.byHost.get(host));
  const key = `gateway routes ${gateway.key} ${port} ${routing.key} ${services.key} ${clientKey(mesh, proxy)}`;
  return mesh.memo(key, [routing, ...destinations], () =>
    routesAt(routing, {
      gateways: new Set([gateway.key]),
      port,
      namespace: proxy.namespace,
      labels: proxy.labels,
      serviceAt: (host) => services.byHost.get(host),
    }),
  );
};

interface Draft {
  readonly routes: readonly HttpRoute[];
  readonly httpsRedirect: boolean;
}

/** Routes of one host are appended in the order of creation, what catches all comes last [S47]. */
const merge = (known: Draft | undefined, routes: readonly HttpRoute[], httpsRedirect: boolean): Draft => {
  const all = [...(known?.routes ?? []), ...routes];
  const last = all.filter(({ match }) => isCatchAll(match));
  return {
    routes: [...all.filter(({ match }) => !isCatchAll(match)), ...last],
    httpsRedirect: (known?.httpsRedirect ?? false) || httpsRedirect,
  };
};

const bySpecificity = (a: string, b: string): number =>
  Number(isWildcard(a)) - Number(isWildcard(b)) || b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);

const virtualHostsOf = (listeners: readonly BoundListener[], key: string, attachment: Attachment): readonly VirtualHost[] => {
  const hosts = new Map<string, Draft>();
  for (const bound of listeners) {
    const { gateway, listener } = bound;
    for (const routing of attachment.routings.filter(({ gateways }) => gateways.includes(gateway.key))) {
      const routes = routesFor(routing, bound, attachment);
      if (routes.length === 0) continue;
      for (const host of admittedHosts(listener, routing)) hosts.set(host, merge(hosts.get(host), routes, listener.httpsRedirect));
    }
    // A redirect needs no routes.
    if (listener.httpsRedirect) for (const { host } of listener.hosts) hosts.set(host, merge(hosts.get(host), [], true));
  }
  return [...hosts]
    .sort(([a], [b]) => bySpecificity(a, b))
    .map(([host, draft]) => attachment.mesh.memo(`gateway host ${key} ${host}`, [draft], () => ({ hosts: [host], ...draft })));
};

const gatewaysOf = (mesh: Mesh, proxy: Proxy): readonly Gateway[] =>
  mesh.gateways.filter(({ selector }) => selects(selector, proxy.labels));

export const gatewaySlice = (mesh: Mesh, proxy: Proxy): GatewaySlice => {
  const { memo } = mesh;
  const gateways = gatewaysOf(mesh, proxy);
  const services = servicesSeen(mesh, proxy.namespace);
  const { items: routings } = visibleIn(mesh, { name: 'routings', items: mesh.routings }, proxy.namespace);
  const bound = gateways.flatMap((gateway) =>
    gateway.listeners.map((listener) => ({ gateway, listener, port: boundPort(mesh, proxy, listener.port) })),
  );
  const ports = Map.groupBy(bound, ({ port }) => port);
  const key = `${clientKey(mesh, proxy)} ${bound.map(({ gateway, port }) => `${gateway.key}:${port}`).join()}`;
  return memo(`gateway ${key}`, [services, routings, ...gateways], () => ({
    servers: [...ports]
      .sort(([a], [b]) => a - b)
      .map(([port, listeners]) => ({
        port,
        protocol: 'HTTP' as const,
        virtualHosts: memo(`gateway port ${key} ${port}`, [services, routings, ...gateways], () =>
          virtualHostsOf(listeners, `${key} ${port}`, { mesh, proxy, services, routings }),
        ),
      })),
  }));
};

export const noServers: GatewaySlice = { servers: [] };
