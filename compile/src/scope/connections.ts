/** Rules for connections, resolved for one place. What rests on addresses and server names is left to Envoy. */
import {
  type ConnectionRoute,
  type ConnectionRule,
  type ConnectionRuleMatch,
  carriesTls,
  type DestinationRule,
  intersection,
  isHttp,
  isWildcard,
  type Mesh,
  mesh as meshGateway,
  type Routing,
  type ScopedService,
  type Service,
  type ServicePort,
  selects,
  type TrafficPolicy,
} from '../mesh/index.ts';
import type { Client } from './client.ts';
import { destinationRule, policyOf } from './destinations.ts';
import { clusterAt, type Place, portOf } from './routes.ts';
import type { Surroundings } from './surroundings.ts';
import { placeOf } from './told.ts';

type Target = ConnectionRule['destinations'][number];

/**
 * All of them must hold: naming gateways does not replace the source here, as it does for HTTP (Istio's `matchTCP`). A gateway's
 * clients come from anywhere, and their source is not looked at (`l4SingleMatch`).
 */
const applies = ({ port, gateways, sourceLabels, sourceNamespace }: ConnectionRuleMatch, place: Place): boolean =>
  (port === undefined || port === place.port) &&
  (gateways === undefined || gateways.some((name) => place.gateways.has(name))) &&
  (!place.gateways.has(meshGateway) ||
    (selects(sourceLabels ?? {}, place.labels) && (sourceNamespace === undefined || sourceNamespace === place.namespace)));

/** Some cluster's TLS says that HTTP is inside, and none of them is the user's own TLS. */
const entersHttp = (targets: readonly Target[], place: Place, mesh: Mesh): boolean => {
  const protocols = targets.map((target) => {
    const service = place.serviceAt(target.host);
    return service?.ports.find(({ number }) => number === portOf(target, place))?.protocol;
  });
  const isOwnTls = targets.some((target) => ['SIMPLE', 'MUTUAL'].includes(policyAt([target], place, mesh).tls?.mode ?? ''));
  return !isOwnTls && protocols.some((protocol) => protocol !== undefined && (isHttp(protocol) || protocol === 'auto'));
};

/** The policy that the client obeys for a destination; of several destinations the first's counts, whatever its subset. */
const policyAt = ([target, ...others]: readonly Target[], place: Place, mesh: Mesh): TrafficPolicy => {
  const service = target && place.serviceAt(target.host);
  if (!service) return {};
  const { policy, subsets } = policyOf(destinationRule(mesh, service, place), mesh.rules);
  const subset = others.length === 0 ? subsets.find(({ name }) => name === target.subset) : undefined;
  return (subset?.policy ?? policy)(portOf(target, place));
};

/** In the order of the rules; a match that leaves nothing to Envoy takes every connection, and what follows is dead. */
export const connectionRoutesAt = (rules: readonly ConnectionRule[], place: Place, mesh: Mesh): readonly ConnectionRoute[] => {
  const routes: ConnectionRoute[] = [];
  for (const { matches, destinations } of rules) {
    const clusters = destinations.map((target) => ({ cluster: clusterAt(target, place), weight: target.weight }));
    const common = { clusters, policy: policyAt(destinations, place, mesh), entersHttp: entersHttp(destinations, place, mesh) };
    for (const candidate of matches) {
      if (!applies(candidate, place)) continue;
      const { serverNames, subnets, origin } = candidate;
      routes.push({ match: { serverNames, subnets }, ...common, origin });
      if (serverNames.length === 0 && subnets.length === 0) return routes;
    }
  }
  return routes;
};

/** What `connectionRoutesAt` looks up beside the rules: the services that they lead to, and what their clients obey for them. */
export const connectionInputs = (
  rules: readonly ConnectionRule[],
  place: Pick<Place, 'namespace' | 'labels' | 'serviceAt'>,
  mesh: Mesh,
): readonly (Service | DestinationRule | undefined)[] =>
  rules.flatMap(({ destinations }) =>
    destinations.flatMap(({ host }) => {
      const service = place.serviceAt(host);
      return [service, service && destinationRule(mesh, service, place)];
    }),
  );

const isConnecting = ({ tls, tcp }: Routing): boolean => tls.length > 0 || tcp.length > 0;

/** Unlike HTTP rules, those of several VirtualServices for one host add up, the oldest first (Istio's `getConfigsForHost`). */
const rulesFor = ({ protocol }: ServicePort, routings: readonly Routing[]): readonly ConnectionRule[] => {
  if (isHttp(protocol) || protocol === 'udp') return [];
  return routings.flatMap(({ tls, tcp }) => (carriesTls(protocol) ? tls : tcp));
};

const connected = (scoped: ScopedService, routings: readonly Routing[], asked: Asked): ScopedService => {
  const { client, surroundings } = asked;
  const ports = scoped.service.ports.map((port) => {
    const place = placeOf(port.number, client, surroundings);
    return [port.number, connectionRoutesAt(rulesFor(port, routings), place, surroundings.mesh)] as const;
  });
  const routed = ports.filter(([, routes]) => routes.length > 0);
  return routed.length === 0 ? scoped : { ...scoped, connections: new Map(routed) };
};

export interface Asked {
  readonly client: Client;
  readonly surroundings: Surroundings;
}

/** Whether a rule may be for a service of this name. */
const namedBy = (routings: readonly Routing[]): ((hostname: string) => boolean) => {
  const [wild, exact] = [true, false].map((isWild) => routings.flatMap(({ hosts }) => hosts).filter((host) => isWildcard(host) === isWild));
  const names = new Set(exact);
  return (hostname) => names.has(hostname) || [hostname, ...(wild ?? [])].some(isWildcard);
};

/** The services with what rules say of their connections; the same list where none says anything. */
export const withConnections = (key: string, services: readonly ScopedService[], asked: Asked): readonly ScopedService[] => {
  const { client, surroundings } = asked;
  const { mesh, routings, known } = surroundings;
  const connecting = mesh.memo(`connecting ${surroundings.key}`, [routings], () => routings.list.filter(isConnecting));
  if (connecting.length === 0) return services;
  const isNamed = namedBy(connecting);
  const none: readonly Routing[] = [];
  const own = ({ service: { hostname } }: ScopedService): readonly Routing[] =>
    isNamed(hostname) ? connecting.filter(({ hosts }) => hosts.some((host) => intersection(host, hostname) !== undefined)) : none;
  const place = placeOf(0, client, surroundings);
  return mesh.memo.each(`connections of ${key}`, {
    items: services,
    name: ({ service }) => service.key,
    context: [known, connecting, mesh.destinations, mesh.rules],
    inputs: (scoped) => {
      const routes = own(scoped);
      if (routes.length === 0) return [scoped];
      const rules = routes.flatMap(({ tls, tcp }) => [...tls, ...tcp]);
      return [scoped, mesh.rules, ...routes, ...connectionInputs(rules, place, mesh)];
    },
    make: (scoped) => {
      const routes = own(scoped);
      return routes.length === 0 ? scoped : connected(scoped, routes, asked);
    },
  });
};
