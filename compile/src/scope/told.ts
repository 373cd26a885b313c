/**
 * What clients are told of each service, from the general to the particular: what any client of a foreign namespace without rules
 * of its own is told, then what is different for a namespace, then for the clients whose labels some rule names. What is the same
 * on two levels is one object.
 */
import {
  type DestinationRule,
  type HttpRoute,
  isHttp,
  type Memo,
  mesh as meshGateway,
  type Routing,
  type ScopedService,
  type Service,
} from '../mesh/index.ts';
import { type Client, clientKey } from './client.ts';
import { exportedRule, localRule, policyOf, rulesIn } from './destinations.ts';
import { destinationHosts, type Place, routesAt, tellsClientsApart } from './routes.ts';
import { aliasesOf } from './services.ts';
import type { Surroundings } from './surroundings.ts';

type RoutesByPort = ReadonlyMap<number, readonly HttpRoute[]>;

const noRoutes: RoutesByPort = new Map();
const noConnections: ScopedService['connections'] = new Map();
const meshOnly: ReadonlySet<string> = new Set([meshGateway]);

/** Any client that no rule names. */
const anybody: Client = { namespace: '', labels: {} };

interface Told {
  readonly rule: DestinationRule | undefined;
  /** In the order of precedence [S47]. */
  readonly routings: readonly Routing[];
  /** The rules say different things to different clients. */
  readonly tellsApart: boolean;
  /** Known by its short name. */
  readonly isNear: boolean;
  readonly service: ScopedService;
}

export const placeOf = (port: number, client: Client, { known }: Surroundings): Place => ({
  ...client,
  gateways: meshOnly,
  port,
  serviceAt: (host) => known.get(host),
});

/** What routes depend on beside their rules: the ports of the services that they lead to. */
export const servicesReached = (routing: Routing, { known }: Surroundings): readonly (Service | undefined)[] =>
  destinationHosts(routing).map((host) => known.get(host));

const noneApplies: readonly HttpRoute[] = [];

/** Those of the first that has any here. */
const firstRoutes = (routings: readonly Routing[], place: Place): readonly HttpRoute[] => {
  for (const routing of routings) {
    const routes = routesAt(routing, place);
    if (routes.length > 0) return routes;
  }
  return noneApplies;
};

const routesFor = (service: Service, routings: readonly Routing[], { client, surroundings }: Asked): RoutesByPort => {
  const http = service.ports.filter(({ protocol }) => isHttp(protocol) || protocol === 'auto');
  const routes = http.map(({ number }) => [number, firstRoutes(routings, placeOf(number, client, surroundings))] as const);
  // Rules of which none applies here leave the service as it is without them (Istio's route.go).
  return new Map(routes.filter(([, ofPort]) => ofPort.length > 0));
};

interface Asked {
  readonly client: Client;
  readonly surroundings: Surroundings;
  readonly memo: Memo;
}

const noServices: readonly Service[] = [];

/** ExternalName Services that lead to it. */
const namesakes = (service: Service, { services }: Surroundings): readonly Service[] => services.aliases.get(service) ?? noServices;

/** Its own short names, and all names of the ExternalName Services that lead to it. */
const namesOf = (service: Service, { client, surroundings }: Asked): readonly string[] => [
  ...aliasesOf(service, client.namespace === service.namespace),
  ...namesakes(service, surroundings).flatMap((alias) => [
    ...[alias.hostname, `${alias.hostname}.`],
    ...aliasesOf(alias, client.namespace === alias.namespace),
  ]),
];

const aliases = (service: Service, asked: Asked): readonly string[] => {
  const { taken } = asked.surroundings;
  const all = namesOf(service, asked);
  return all.some((alias) => taken.has(alias)) ? all.filter((alias) => !taken.has(alias)) : all;
};

const noRoutings: readonly Routing[] = [];

const toldOne = (service: Service, routings: readonly Routing[], asked: Asked): Told => {
  const { surroundings, memo } = asked;
  const { mesh, taken } = surroundings;
  const rule = exportedRule(mesh, service, '');
  const reached = routings.flatMap((routing) => [routing, ...servicesReached(routing, surroundings)]);
  return memo(service.key, [service, rule, mesh.rules, taken, namesakes(service, surroundings), ...reached], (inner) => ({
    rule,
    routings,
    tellsApart: routings.some(tellsClientsApart),
    isNear: false,
    service: {
      service,
      aliases: inner('aliases', [service, taken, namesakes(service, surroundings)], () => aliases(service, asked)),
      destination: policyOf(rule, mesh.rules),
      ...(mesh.rules.retry && { retry: mesh.rules.retry }),
      routes: routings.length > 0 ? inner('routes', [service, ...reached], () => routesFor(service, routings, asked)) : noRoutes,
      connections: noConnections,
    },
  }));
};

const toldAll = (surroundings: Surroundings): readonly Told[] => {
  const { mesh, key, services, known, routings, taken } = surroundings;
  return mesh.memo(`told all ${key}`, [services, known, routings, mesh.destinations, mesh.rules, taken], (memo) =>
    services.services.map((service) =>
      toldOne(service, routings.byHost.find(service.hostname) ?? noRoutings, { client: anybody, surroundings, memo }),
    ),
  );
};

const isNearTo = (client: Client, services: readonly Service[]): boolean =>
  services.some(({ namespace, shortName }) => namespace === client.namespace && shortName !== undefined);

/** What this client is told instead. */
const toldApart = (told: Told, rule: DestinationRule | undefined, asked: Asked): Told => {
  const { service, routes } = told.service;
  const { client, surroundings, memo } = asked;
  const { mesh } = surroundings;
  const own = told.tellsApart ? told.routings : undefined;
  const reached = own ? own.flatMap((routing) => [routing, ...servicesReached(routing, surroundings)]) : [routes];
  return memo(
    service.key,
    [service, rule, mesh.rules, surroundings.taken, namesakes(service, surroundings), ...told.routings, ...reached],
    (inner) => ({
      ...told,
      rule,
      isNear: isNearTo(client, [service, ...namesakes(service, surroundings)]),
      service: {
        service,
        aliases: inner('aliases', [service, surroundings.taken, namesakes(service, surroundings)], () => aliases(service, asked)),
        destination: policyOf(rule, mesh.rules),
        ...(mesh.rules.retry && { retry: mesh.rules.retry }),
        routes: own ? inner('routes', [service, ...reached], () => routesFor(service, own, asked)) : routes,
        connections: noConnections,
      },
    }),
  );
};

const refined = (general: readonly Told[], asked: Asked): readonly Told[] => {
  const { client, surroundings } = asked;
  const { mesh } = surroundings;
  const hasRules = rulesIn(mesh, client.namespace).size > 0;
  const isNamed = mesh.destinations.some(({ exportTo }) => exportTo.includes(client.namespace));
  const own = general.map((told) => {
    const { service } = told.service;
    const local = hasRules ? localRule(mesh, service, client) : undefined;
    const rule = local ?? (isNamed ? exportedRule(mesh, service, client.namespace) : told.rule);
    const isNear = isNearTo(client, [service, ...namesakes(service, surroundings)]);
    return (isNear && !told.isNear) || told.tellsApart || rule !== told.rule ? toldApart(told, rule, asked) : told;
  });
  // One list for all who are told the same: what is made of it is made once.
  return own.every((told, index) => told === general[index]) ? general : own;
};

const toldIn = (namespace: string, surroundings: Surroundings): readonly Told[] => {
  const { mesh, key, services, routings, taken } = surroundings;
  const general = toldAll(surroundings);
  const client = { namespace, labels: {} };
  return mesh.memo(`told in ${namespace}: ${key}`, [general, services, routings, mesh.destinations, mesh.rules, taken], (memo) =>
    refined(general, { client, surroundings, memo }),
  );
};

/** What the clients of one key are told. */
export const toldTo = (client: Client, surroundings: Surroundings): readonly ScopedService[] => {
  const { mesh, services, routings, taken } = surroundings;
  const key = clientKey(mesh, client);
  const general = toldIn(client.namespace, surroundings);
  const own = mesh.memo(
    `told to ${key}: ${surroundings.key}`,
    [general, services, routings, mesh.destinations, mesh.rules, taken],
    (memo) => (key === client.namespace ? general : refined(general, { client, surroundings, memo })),
  );
  const who = own === toldAll(surroundings) ? '*' : key;
  return mesh.memo(`called by ${who}: ${surroundings.key}`, [own], () => own.map(({ service }) => service));
};
