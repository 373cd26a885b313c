/** What a gateway proxy serves: the servers of all Gateways that select it, with the routes attached to them [S117-S121]. */
import { gatewayRoutes, gatewayTlsRoutes } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import {
  type ConnectionRoute,
  covers,
  type Destination,
  denialHeader,
  type GatewayChain,
  type GatewayHost,
  type GatewayListener,
  type GatewayServer,
  type GatewaySlice,
  type HttpRoute,
  intersection,
  isWildcard,
  type Mesh,
  type Routing,
} from '../mesh/index.ts';
import { clientKey } from './client.ts';
import { connectionInputs, connectionRoutesAt } from './connections.ts';
import { anyAddress, type BoundListener, gatewaysOf, type MergedPort, mergeGateways, serverNames } from './gateway-listeners.ts';
import { withHashes } from './hashing.ts';
import { withMisdirected } from './misdirected.ts';
import { destinationHosts, isCatchAll, type Place, routesAt } from './routes.ts';
import { type SeenServices, servicesSeen } from './services.ts';
import { routingsIn } from './visible.ts';

interface Attachment {
  readonly mesh: Mesh;
  readonly proxy: Proxy;
  readonly services: SeenServices;
  readonly routings: readonly Routing[];
}

const allowedHosts = ({ hosts }: GatewayListener, routing: Routing): readonly string[] =>
  hosts.filter(({ namespace }) => namespace === '*' || namespace === routing.namespace).map(({ host }) => host);

/** Hosts of a routing that a listener lets in: both must have them, and the routing's namespace must be allowed. */
const admittedHosts = (listener: GatewayListener, routing: Routing): readonly string[] => {
  const found = allowedHosts(listener, routing).flatMap((host) => routing.hosts.flatMap((own) => intersection(host, own) ?? []));
  return [...new Set(found)];
};

const placeOf = ({ gateway, listener }: BoundListener, { proxy, services }: Attachment): Place => ({
  gateways: new Set([gateway.key]),
  port: listener.port,
  tls: listener.tls !== undefined,
  namespace: proxy.namespace,
  labels: proxy.labels,
  serviceAt: (host) => services.byHost.get(host),
});

const attachedTo = ({ gateway }: BoundListener, { routings }: Attachment): readonly Routing[] =>
  routings.filter(({ gateways }) => gateways.includes(gateway.key));

/** Only proxies of the mesh give ids to refusals: what others send under that name is not passed on [G21]. */
const withoutForgeries = (route: HttpRoute, { serviceAt }: Place): HttpRoute => {
  if (route.action.kind !== 'forward') return route;
  const isOutside = ({ cluster }: Destination): boolean => serviceAt(cluster.split('|').at(-1) ?? '')?.meshExternal === true;
  const destinations = route.action.destinations.map((destination) => {
    const { response } = destination;
    return isOutside(destination) ? { ...destination, response: { ...response, remove: [...response.remove, denialHeader] } } : destination;
  });
  return { ...route, action: { ...route.action, destinations } };
};

const routesFor = (routing: Routing, bound: BoundListener, attachment: Attachment): readonly HttpRoute[] => {
  const { mesh, proxy, services } = attachment;
  const destinations = destinationHosts(routing).map((host) => services.byHost.get(host));
  const place = placeOf(bound, attachment);
  const port = `${place.port}${place.tls ? ' TLS' : ''}`;
  const key = `gateway routes ${bound.gateway.key} ${port} ${routing.key} ${services.key} ${clientKey(mesh, proxy)}`;
  const routes = mesh.memo(key, [routing, ...destinations], () => routesAt(routing, place).map((route) => withoutForgeries(route, place)));
  return withHashes(key, routes, { mesh, memo: mesh.memo, client: proxy, known: services.byHost });
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

const virtualHostsOf = (members: readonly BoundListener[], key: string, attachment: Attachment): readonly GatewayHost[] => {
  const hosts = new Map<string, Draft>();
  for (const bound of members) {
    const { listener } = bound;
    for (const routing of attachedTo(bound, attachment)) {
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

/** For connections, the server's host must cover the rule's: names are not cut down to what both have (`pickMatchingGatewayHosts`). */
const attachedConnections = (bound: BoundListener, kind: 'tls' | 'tcp', attachment: Attachment): readonly ConnectionRoute[] => {
  const { mesh, proxy, services } = attachment;
  const isAdmitted = (routing: Routing) =>
    allowedHosts(bound.listener, routing).some((host) => routing.hosts.some((own) => covers(host, own)));
  return attachedTo(bound, attachment)
    .filter(isAdmitted)
    .flatMap((routing) => {
      const place = placeOf(bound, attachment);
      const key = `gateway ${kind} ${bound.gateway.key} ${bound.listener.port} ${routing.key} ${services.key} ${clientKey(mesh, proxy)}`;
      const inputs = [routing, mesh.rules, ...connectionInputs(routing[kind], place, mesh)];
      return mesh.memo(key, inputs, () => connectionRoutesAt(routing[kind], place, mesh));
    });
};

const chainsOf = (bound: BoundListener, key: string, attachment: Attachment): readonly GatewayChain[] => {
  const { gateway, listener } = bound;
  const { content, tls } = listener;
  const names = serverNames(listener);
  const ended = { serverNames: tls ? names : [], ...(tls && { tls }) };
  switch (content) {
    case 'http': {
      const routes = gatewayTlsRoutes({ port: listener.port, portName: listener.portName, gateway: gateway.key });
      return [{ ...ended, content: { kind: 'http', routes, virtualHosts: virtualHostsOf([bound], `${key} ${routes}`, attachment) } }];
    }
    case 'tcp':
      return attachedConnections(bound, 'tcp', attachment)
        .slice(0, 1)
        .map((route) => ({ ...ended, content: { kind: 'connection', route } }));
    case 'passthrough':
      return attachedConnections(bound, 'tls', attachment).map((route) => ({
        serverNames: route.match.serverNames.includes('*') ? [] : route.match.serverNames,
        content: { kind: 'connection', route },
      }));
    case 'auto-passthrough':
      return [{ serverNames: [], content: { kind: 'auto-passthrough', hosts: listener.hosts.map(({ host }) => host) } }];
  }
};

/** Envoy refuses a listener with two chains for one server name: the first has it. */
const withoutRivals = (chains: readonly GatewayChain[]): readonly GatewayChain[] => {
  const taken = new Set<string>();
  return chains.filter(({ serverNames: names, content }) => {
    if (content.kind === 'auto-passthrough') return true;
    const own = names.length === 0 ? ['*'] : names;
    if (own.some((name) => taken.has(name))) return false;
    for (const name of own) taken.add(name);
    return true;
  });
};

const serverOf = ({ port, bind, members }: MergedPort, key: string, attachment: Attachment): GatewayServer => {
  const plain = members.filter(({ listener }) => listener.content === 'http' && !listener.tls);
  const routes = gatewayRoutes(port, bind === anyAddress ? undefined : bind);
  const shared: GatewayChain = {
    serverNames: [],
    content: {
      kind: 'http',
      routes,
      virtualHosts: virtualHostsOf(plain, `${key} ${port} ${bind}`, attachment),
      ...(plain.some(({ listener }) => listener.protocol === 'GRPC-WEB') && { grpcWeb: true }),
    },
  };
  const others = members.filter((bound) => !plain.includes(bound)).map((bound) => ({ bound, chains: chainsOf(bound, key, attachment) }));
  const opaque = others.filter(({ bound }) => bound.listener.content === 'tcp' && !bound.listener.tls).flatMap(({ chains }) => chains);
  const encrypted = others.filter(({ bound }) => bound.listener.content !== 'tcp' || bound.listener.tls).flatMap(({ chains }) => chains);
  // Who ends TLS for a name has it before a rule that would pass it on, whose names its Gateway does not say.
  const [ended, passed] = [encrypted.filter(({ tls }) => tls), encrypted.filter(({ tls }) => !tls)];
  const named = withoutRivals([...ended, ...passed]);
  const separate = attachment.mesh.rules.compatibility === 'istio' ? named : withMisdirected(named);
  return { port, bind, chains: [...separate, ...opaque, ...(plain.length > 0 ? [shared] : [])] };
};

/** Which servers share a port: proxies before which Services lead to different ports may differ in that. */
const textOf = ({ port, bind, members }: MergedPort): string => {
  const servers = members.map(({ gateway, listener }) => `${gateway.key}#${gateway.listeners.indexOf(listener)}`);
  return `${bind}:${port} ${servers.join(' ')}`;
};

export const gatewaySlice = (mesh: Mesh, proxy: Proxy): GatewaySlice => {
  const { memo } = mesh;
  const gateways = gatewaysOf(mesh, proxy.labels);
  const services = servicesSeen(mesh, proxy.namespace);
  const { items: routings } = routingsIn(mesh, proxy.namespace);
  const { ports } = mergeGateways(mesh, proxy, gateways);
  const key = `${clientKey(mesh, proxy)} ${ports.map(textOf).join()}`;
  const attachment = { mesh, proxy, services, routings };
  return memo(`gateway ${key}`, [services, routings, mesh.destinations, mesh.rules, ...gateways], () => ({
    // A port on which nothing is routed is not listened on.
    servers: ports.map((port) => serverOf(port, key, attachment)).filter(({ chains }) => chains.length > 0),
  }));
};

export const noServers: GatewaySlice = { servers: [] };
