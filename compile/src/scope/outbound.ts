/** What a proxy may call. One slice for all proxies of a namespace whose labels no rule tells apart. */
import type { Proxy } from '@weft/model';
import {
  covers,
  type DestinationPolicy,
  type DestinationRule,
  type HostIndex,
  type HttpRoute,
  hostIndex,
  isHttp,
  isWildcard,
  type Labels,
  type Mesh,
  mesh as meshGateway,
  type OutboundSlice,
  type Routing,
  type ScopedService,
  type Service,
  selects,
} from '../mesh/index.ts';
import { type Client, destinationRule, exportedRule, localRule, rulesIn } from './destinations.ts';
import { destinationHosts, type Place, routesAt, sourceSelectors, tellsClientsApart } from './routes.ts';
import { aliasesOf, type SeenServices, servicesSeen } from './services.ts';
import { scopedService } from './shared.ts';
import { visibleIn } from './visible.ts';

const meshOnly: ReadonlySet<string> = new Set([meshGateway]);
const noPolicy: DestinationPolicy = { policy: () => ({}), subsets: [] };
const noRoutes: ReadonlyMap<number, readonly HttpRoute[]> = new Map();

interface SeenRoutings {
  readonly key: string;
  /** By host: on sidecars the oldest of a host wins, nothing is merged (semantics 47). */
  readonly byHost: HostIndex<Routing>;
  readonly list: readonly Routing[];
}

const routingsSeen = (mesh: Mesh, namespace: string): SeenRoutings => {
  const { key, items } = visibleIn(mesh, { name: 'routings', items: mesh.routings }, namespace);
  return mesh.memo(`routings seen ${key}`, [items], () => {
    const list = items.filter(({ gateways }) => gateways.includes(meshGateway));
    return { key, list, byHost: hostIndex(list.flatMap((routing) => routing.hosts.map((host) => [host, routing] as const))) };
  });
};

/** Everything that the slices of one namespace are made of. */
interface Surroundings {
  readonly mesh: Mesh;
  readonly services: SeenServices;
  readonly routings: SeenRoutings;
  /** Names that an alias may not take: hosts that somebody has by right. */
  readonly taken: ReadonlySet<string>;
}

const takenNames = (mesh: Mesh, services: SeenServices, routings: SeenRoutings): ReadonlySet<string> =>
  mesh.memo(`names taken ${services.key} ${routings.key}`, [services, routings.list], () => {
    const foreign = services.services.filter(({ shortName }) => shortName === undefined).map(({ hostname }) => hostname);
    return new Set([...foreign, ...routings.list.flatMap(({ hosts }) => hosts)]);
  });

const routesOf = (
  service: Service,
  routing: Routing | undefined,
  { surroundings, client }: { surroundings: Surroundings; client: Client | undefined },
) => {
  if (!routing) return noRoutes;
  const { mesh, services } = surroundings;
  const destinations = destinationHosts(routing).map((host) => services.byHost.get(host));
  const from = client && tellsClientsApart(routing) ? clientKey(mesh, client) : '';
  return mesh.memo(`routes ${service.key} ${services.key} ${from}`, [service, routing, ...destinations], () => {
    const place = (port: number): Place => ({
      gateways: meshOnly,
      port,
      namespace: client?.namespace ?? '',
      labels: client?.labels ?? {},
      serviceAt: (host) => services.byHost.get(host),
    });
    const http = service.ports.filter(({ protocol }) => isHttp(protocol) || protocol === 'auto');
    return new Map(http.map(({ number }) => [number, routesAt(routing, place(number))] as const));
  });
};

interface Asked {
  readonly surroundings: Surroundings;
  /** Absent: any client of another namespace that has no rules of its own. */
  readonly client: Client | undefined;
}

const aliasesIn = (service: Service, { surroundings: { mesh, taken }, client }: Asked): readonly string[] => {
  const same = client?.namespace === service.namespace;
  const aliases = mesh.memo(`aliases ${service.key} ${same}`, [service], () => aliasesOf(service, same));
  return aliases.some((alias) => taken.has(alias))
    ? mesh.memo(`free aliases ${service.key} ${same}`, [aliases, taken], () => aliases.filter((alias) => !taken.has(alias)))
    : aliases;
};

const scoped = (service: Service, asked: Asked): ScopedService => {
  const { mesh, routings } = asked.surroundings;
  const rule = asked.client ? destinationRule(mesh, service, asked.client) : exportedRule(mesh, service, '');
  return scopedService({
    service,
    aliases: aliasesIn(service, asked),
    destination: rule?.destination ?? noPolicy,
    routes: routesOf(service, routings.byHost.find(service.hostname), asked),
  });
};

/** What most clients are told of a service, and what makes a client one of the others. */
interface Common {
  readonly service: Service;
  readonly rule: DestinationRule | undefined;
  readonly tellsApart: boolean;
  readonly told: ScopedService;
}

const commonOf = (surroundings: Surroundings): readonly Common[] => {
  const { mesh, services, routings, taken } = surroundings;
  return mesh.memo(`told by all ${services.key} ${routings.key}`, [services, routings, mesh.destinations, taken], () =>
    services.services.map((service) => {
      const routing = routings.byHost.find(service.hostname);
      return {
        service,
        rule: exportedRule(mesh, service, ''),
        tellsApart: routing !== undefined && tellsClientsApart(routing),
        told: scoped(service, { surroundings, client: undefined }),
      };
    }),
  );
};

const scopedServices = (surroundings: Surroundings, client: Client): readonly ScopedService[] => {
  const { mesh } = surroundings;
  const hasOwnRules = rulesIn(mesh, client.namespace).size > 0;
  const isNamed = mesh.destinations.some(
    ({ exportTo, namespace }) => namespace !== client.namespace && exportTo.includes(client.namespace),
  );
  return commonOf(surroundings).map(({ service, rule, tellsApart, told }) => {
    const local = hasOwnRules ? localRule(mesh, service, client) : undefined;
    const isNear = service.namespace === client.namespace && service.shortName !== undefined;
    const isCommon = !isNear && !tellsApart && !isNamed && (local === undefined || local === rule);
    return isCommon ? told : scoped(service, { surroundings, client });
  });
};

/** Hosts of rules that no registry knows work on port 80 only (semantics 49); a wildcard that covers services is theirs alone. */
const virtualHosts = ({ mesh, services, routings }: Surroundings, client: Client): OutboundSlice['virtualHosts'] => {
  const hosts = new Map<string, Routing>();
  for (const routing of routings.list) for (const host of routing.hosts) if (!hosts.has(host)) hosts.set(host, routing);
  const unknown = [...hosts].filter(([host]) => !services.byHost.has(host) && !(isWildcard(host) && coversAny(host, services)));
  return unknown.map(([host, routing]) => {
    const destinations = destinationHosts(routing).map((name) => services.byHost.get(name));
    const from = tellsClientsApart(routing) ? clientKey(mesh, client) : '';
    return mesh.memo(`virtual host ${host} ${services.key} ${routings.key} ${from}`, [routing, ...destinations], () => ({
      host,
      routes: routesAt(routing, {
        gateways: meshOnly,
        port: 80,
        namespace: client.namespace,
        labels: client.labels,
        serviceAt: (name) => services.byHost.get(name),
      }),
    }));
  });
};

const coversAny = (host: string, { services }: SeenServices): boolean => services.some(({ hostname }) => covers(host, hostname));

const seenEndpoints = (mesh: Mesh, { key, services }: SeenServices): OutboundSlice['endpoints'] => {
  const seen = new Set(services.map((service) => service.key));
  if (seen.size === mesh.services.length) return mesh.endpoints;
  return mesh.memo(
    `endpoints seen ${key}`,
    [mesh.endpoints, services],
    () => new Map([...mesh.endpoints].filter(([, { service }]) => seen.has(service))),
  );
};

/** Selectors by which rules tell clients of a namespace apart; usually none. */
const selectorsIn = (mesh: Mesh, namespace: string): readonly Labels[] => {
  const all = mesh.memo('client selectors', [mesh.routings, mesh.destinations], () => [
    ...mesh.routings.flatMap((routing) => sourceSelectors(routing).map((selector) => ({ namespace: '*', selector }))),
    ...mesh.destinations.flatMap((rule) => (rule.selector ? [{ namespace: rule.namespace, selector: rule.selector }] : [])),
  ]);
  return all.filter((one) => one.namespace === '*' || one.namespace === namespace).map(({ selector }) => selector);
};

/** Clients with one key are told the same. */
export const clientKey = (mesh: Mesh, { namespace, labels }: Client): string =>
  [namespace, ...selectorsIn(mesh, namespace).map((selector) => (selects(selector, labels) ? '1' : '0'))].join(' ');

export const outboundSlice = (mesh: Mesh, { namespace, labels }: Pick<Proxy, 'namespace' | 'labels'>): OutboundSlice => {
  const client = { namespace, labels };
  const services = servicesSeen(mesh, namespace);
  const routings = routingsSeen(mesh, namespace);
  const surroundings = { mesh, services, routings, taken: takenNames(mesh, services, routings) };
  const { outboundTrafficPolicy } = mesh.rules;
  const endpoints = seenEndpoints(mesh, services);
  const key = clientKey(mesh, client);
  const called = mesh.memo(`called by ${key}`, [services, routings, mesh.destinations], () => scopedServices(surroundings, client));
  const others = mesh.memo(`virtual hosts for ${key}`, [services, routings], () => virtualHosts(surroundings, client));
  return mesh.memo(`outbound of ${key}`, [called, endpoints, others, outboundTrafficPolicy], () => ({
    services: called,
    endpoints,
    outboundTrafficPolicy,
    virtualHosts: others,
  }));
};
