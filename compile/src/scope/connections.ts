/** Rules for connections, resolved for one place. What rests on addresses and server names is left to Envoy. */
import {
  type ConnectionRoute,
  type ConnectionRule,
  type ConnectionRuleMatch,
  type DestinationRule,
  type Mesh,
  type Service,
  selects,
  type TrafficPolicy,
} from '../mesh/index.ts';
import { destinationRule, policyOf } from './destinations.ts';
import { clusterAt, type Place, portOf } from './routes.ts';

type Target = ConnectionRule['destinations'][number];

/** All of them must hold: naming gateways does not replace the source here, as it does for HTTP (Istio's `matchTCP`). */
const applies = ({ port, gateways, sourceLabels, sourceNamespace }: ConnectionRuleMatch, place: Place): boolean =>
  (port === undefined || port === place.port) &&
  (gateways === undefined || gateways.some((name) => place.gateways.has(name))) &&
  selects(sourceLabels ?? {}, place.labels) &&
  (sourceNamespace === undefined || sourceNamespace === place.namespace);

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
    const policy = policyAt(destinations, place, mesh);
    for (const candidate of matches) {
      if (!applies(candidate, place)) continue;
      const { serverNames, subnets, origin } = candidate;
      routes.push({ match: { serverNames, subnets }, clusters, policy, origin });
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
