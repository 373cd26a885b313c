/** VirtualService → Routing: everything that does not depend on who asks. */
import type { Resource, VirtualServiceSpec } from '@weft/model';
import { expandHost, mesh, type Routing, type Rule, type RuleMatch } from '../mesh/index.ts';
import { connectionRules } from './connection-route.ts';
import { corsOf } from './cors.ts';
import type { PlacedRoute } from './delegate.ts';
import { type Delegates, placedRoutes } from './delegation.ts';
import { faultOf } from './fault.ts';
import { headerOperations } from './headers.ts';
import { type ActionContext, actionOf } from './http-action.ts';
import { everything, gatewayName, ruleMatch } from './match.ts';

export interface RoutingDefaults {
  readonly retry: ActionContext['retry'];
  readonly delegates: Delegates;
}

/** Rules without a match have one that matches everything. */
const matchesOf = ({ route, origin, matches }: PlacedRoute): readonly RuleMatch[] =>
  route.match?.length
    ? route.match.map((request, index) => ruleMatch(request ?? {}, matches[index] ?? origin))
    : [{ match: everything, origin }];

const ruleOf = (placed: PlacedRoute, context: ActionContext): Rule => {
  const { route } = placed;
  const fault = faultOf(route.fault);
  const cors = corsOf(route.corsPolicy);
  return {
    name: route.name ?? '',
    matches: matchesOf(placed),
    action: actionOf(route, context),
    request: headerOperations(route.headers?.request),
    response: headerOperations(route.headers?.response),
    ...(fault && { fault }),
    ...(cors && { cors }),
  };
};

export const routingOf = (resource: Resource<VirtualServiceSpec>, { retry, delegates }: RoutingDefaults): Routing => {
  const { metadata, spec } = resource;
  const { namespace } = metadata;
  return {
    key: `${namespace}/${metadata.name}`,
    namespace,
    exportTo: spec.exportTo?.length ? spec.exportTo : delegates.exportTo,
    hosts: [...new Set((spec.hosts ?? []).map((host) => expandHost(host, namespace)))],
    gateways: spec.gateways?.length ? spec.gateways.map((name) => gatewayName(name, namespace)) : [mesh],
    rules: placedRoutes(resource, delegates).map((placed) => ruleOf(placed, { namespace, retry })),
    ...connectionRules(resource),
  };
};
