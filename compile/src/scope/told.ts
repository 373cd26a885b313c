/**
 * What clients are told of each service, from the general to the particular: what any client of a foreign namespace without rules
 * of its own is told, then what is different for a namespace, then for the clients whose labels some rule names. What is the same
 * on two levels is one object.
 */
import {
  changedHosts,
  changedKeys,
  type DestinationRule,
  type HttpRoute,
  isHttp,
  joinedHosts,
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
export const servicesReached = (routing: Routing, { known }: Pick<Surroundings, 'known'>): readonly (Service | undefined)[] =>
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
const namesakes = (service: Service, { services }: Pick<Surroundings, 'services'>): readonly Service[] =>
  services.aliases.get(service) ?? noServices;

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

/** What of the surroundings, and of the rules for it, a service's clients are told. */
const toldInputs = (service: Service, routings: readonly Routing[], { mesh, known, services, taken }: Surroundings): readonly unknown[] => [
  service,
  mesh.rules,
  taken,
  namesakes(service, { services }),
  ...routings,
  ...routings.flatMap((routing) => servicesReached(routing, { known })),
];

const scopedService = (told: Pick<Told, 'rule' | 'routings'>, service: Service, asked: Asked): ScopedService => {
  const { surroundings, memo } = asked;
  const { mesh, taken } = surroundings;
  const { rule, routings } = told;
  return {
    service,
    aliases: memo('aliases', [service, taken, namesakes(service, surroundings)], () => aliases(service, asked)),
    destination: policyOf(rule, mesh.rules),
    ...(mesh.rules.retry && { retry: mesh.rules.retry }),
    routes:
      routings.length > 0
        ? memo('routes', toldInputs(service, routings, surroundings), () => routesFor(service, routings, asked))
        : noRoutes,
    connections: noConnections,
  };
};

type Known = Surroundings['known'];

/** What all are told of a service depends on. */
const toldContext = ({ mesh, routings, known, services, taken }: Surroundings) =>
  [mesh.destinations, routings.list, known, services.aliases, mesh.rules, taken] as const;

const leadTo = (routings: readonly Routing[], hosts: ReadonlySet<string>): boolean =>
  hosts.size > 0 && routings.some((routing) => destinationHosts(routing).some((host) => hosts.has(host)));

/** Services that other rules are for, or whose rules lead to other services; `undefined`: any. */
const toldAnew = (before: readonly unknown[], surroundings: Surroundings): ((service: Service) => boolean) | undefined => {
  const [rules, routings, known, ...others] = toldContext(surroundings);
  if (others.some((other, index) => other !== before[index + 3])) return undefined;
  const hosts = joinedHosts([changedHosts('destinations', before[0], rules), changedHosts('routings', before[1], routings)]);
  const reached = changedKeys(before[2] as Known, known);
  const { byHost } = surroundings.routings;
  return hosts && (({ hostname }) => hosts.has(hostname) || (reached.size > 0 && leadTo(byHost.find(hostname) ?? noRoutings, reached)));
};

const toldAll = (surroundings: Surroundings): readonly Told[] => {
  const { mesh, key, services, routings } = surroundings;
  const routingsFor = ({ hostname }: Service) => routings.byHost.find(hostname) ?? noRoutings;
  return mesh.memo.each(`told all ${key}`, {
    items: services.services,
    name: (service) => service.key,
    context: toldContext(surroundings),
    concerned: (before) => toldAnew(before, surroundings),
    inputs: (service) => [exportedRule(mesh, service, ''), ...toldInputs(service, routingsFor(service), surroundings)],
    make: (service, memo) => {
      const rule = exportedRule(mesh, service, '');
      const own = routingsFor(service);
      return {
        rule,
        routings: own,
        tellsApart: own.some(tellsClientsApart),
        isNear: false,
        service: scopedService({ rule, routings: own }, service, { client: anybody, surroundings, memo }),
      };
    },
  });
};

const isNearTo = ({ namespace }: Client, services: readonly Service[]): boolean =>
  services.some((service) => service.namespace === namespace && service.shortName !== undefined);

/** What this client is told instead. */
const toldApart = (told: Told, rule: DestinationRule | undefined, asked: Asked): Told => {
  const { service, routes } = told.service;
  const { client, surroundings } = asked;
  const made = scopedService({ rule, routings: told.tellsApart ? told.routings : noRoutings }, service, asked);
  return {
    ...told,
    rule,
    isNear: isNearTo(client, [service, ...namesakes(service, surroundings)]),
    service: told.tellsApart ? made : { ...made, routes },
  };
};

/** The same of what is told to a client whose namespace has these rules. */
const refinedAnew = (before: readonly unknown[], now: readonly unknown[]): ((told: Told) => boolean) | undefined => {
  const [destinations, known, rules, isNamed, ...others] = now;
  if (isNamed !== before[3] || others.some((other, index) => other !== before[index + 4])) return undefined;
  const isRuledAnew = rules !== before[2] || isNamed;
  const hosts = joinedHosts([isRuledAnew ? changedHosts('destinations', before[0], destinations) : []]);
  const reached = changedKeys(before[1] as Known, known as Known);
  return hosts && (({ service, tellsApart, routings }) => hosts.has(service.service.hostname) || (tellsApart && leadTo(routings, reached)));
};

/** What is different for a client; one list for all who are told the same: what is made of it is made once. */
const refined = (name: string, general: readonly Told[], { client, surroundings }: Omit<Asked, 'memo'>): readonly Told[] => {
  const { mesh, services, known, taken } = surroundings;
  const rules = rulesIn(mesh, client.namespace);
  const isNamed = mesh.destinations.some(({ exportTo }) => exportTo.includes(client.namespace));
  const context = [mesh.destinations, known, rules, isNamed, services.aliases, mesh.rules, taken];
  const own = mesh.memo.each(name, {
    items: general,
    name: ({ service }) => service.service.key,
    context,
    concerned: (before) => refinedAnew(before, context),
    make: (told, memo) => {
      const { service } = told.service;
      const local = rules.size > 0 ? localRule(mesh, service, client) : undefined;
      const rule = local ?? (isNamed ? exportedRule(mesh, service, client.namespace) : told.rule);
      const isNear = isNearTo(client, [service, ...namesakes(service, surroundings)]);
      const isApart = (isNear && !told.isNear) || told.tellsApart || rule !== told.rule;
      return isApart ? toldApart(told, rule, { client, surroundings, memo }) : told;
    },
  });
  return own.every((told, index) => told === general[index]) ? general : own;
};

/** What the clients of one key are told. */
export const toldTo = (client: Client, surroundings: Surroundings): readonly ScopedService[] => {
  const { mesh } = surroundings;
  const key = clientKey(mesh, client);
  const { namespace } = client;
  const general = toldAll(surroundings);
  const ofNamespace = refined(`told in ${namespace}: ${surroundings.key}`, general, { client: { namespace, labels: {} }, surroundings });
  const own = key === namespace ? ofNamespace : refined(`told to ${key}: ${surroundings.key}`, ofNamespace, { client, surroundings });
  return mesh.memo.each(`called by ${own === general ? '*' : key}: ${surroundings.key}`, {
    items: own,
    name: ({ service }) => service.service.key,
    make: ({ service }) => service,
  });
};
