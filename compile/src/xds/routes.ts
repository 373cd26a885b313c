/** HTTP routes: what a VirtualService's rule says, as Envoy's route [S32-S38, S41-S43]. */
import { base64Decode, type Init, milliseconds, typed } from '@weft/envoy';
import {
  type DataSourceSchema,
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  RedirectAction_RedirectResponseCode,
  type RedirectActionSchema,
  type RetryPolicySchema,
  type RouteActionSchema,
  type RouteSchema,
  type WeightedCluster_ClusterWeightSchema,
} from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { PreviousHostsPredicateSchema } from '@weft/envoy/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js';
import type { Destination, HashKey, HeaderOperations, HttpRoute, Retry, RouteAction } from '../mesh/index.ts';
import { hashPolicies } from './hash-policy.ts';
import { everything, routeMatch } from './match.ts';

type RouteInit = Init<typeof RouteSchema>;
type Action = Init<typeof RouteActionSchema>;
export type RetryInit = Init<typeof RetryPolicySchema>;
type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;
type Redirect = Extract<RouteAction, { readonly kind: 'redirect' }>;

const { APPEND_IF_EXISTS_OR_ADD: append, OVERWRITE_IF_EXISTS_OR_ADD: overwrite } = HeaderValueOption_HeaderAppendAction;

const added = (
  entries: Readonly<Record<string, string>>,
  appendAction: HeaderValueOption_HeaderAppendAction,
): Init<typeof HeaderValueOptionSchema>[] => Object.entries(entries).map(([key, value]) => ({ header: { key, value }, appendAction }));

const headers = (request: HeaderOperations, response: HeaderOperations) => ({
  requestHeadersToAdd: [...added(request.set, overwrite), ...added(request.add, append)],
  requestHeadersToRemove: [...request.remove],
  responseHeadersToAdd: [...added(response.set, overwrite), ...added(response.add, append)],
  responseHeadersToRemove: [...response.remove],
});

const rewriteHost = (host: string | undefined) =>
  host === undefined ? {} : { hostRewriteSpecifier: { case: 'hostRewriteLiteral' as const, value: host } };

/** Another try should meet another host. */
const previousHosts = typed('envoy.retry_host_predicates.previous_hosts', PreviousHostsPredicateSchema, {});

export const retryPolicy = ({ attempts, perTryTimeout, retryOn, statusCodes, backoff }: Retry): RetryInit => ({
  retryOn: retryOn.join(','),
  numRetries: attempts,
  retriableStatusCodes: [...statusCodes],
  retryHostPredicate: [previousHosts],
  hostSelectionRetryMaxAttempts: 5n,
  ...(perTryTimeout && { perTryTimeout: milliseconds(perTryTimeout) }),
  ...(backoff && { retryBackOff: { baseInterval: milliseconds(backoff) } }),
});

/**
 * 0 is "for ever" to Envoy, and the cap of a gRPC client's own timeout follows it [S35]. By the field that Envoy calls
 * deprecated, as Istio does: any `max_stream_duration` makes Envoy forget `timeout` (FilterUtility::finalTimeout).
 */
const timeouts = (ms: number): Pick<Action, 'timeout' | 'maxGrpcTimeout'> => ({
  timeout: milliseconds(ms),
  maxGrpcTimeout: milliseconds(ms),
});

const weightedCluster = ({
  cluster,
  weight,
  request,
  response,
  authority,
}: Destination): Init<typeof WeightedCluster_ClusterWeightSchema> => ({
  name: cluster,
  weight,
  ...headers(request, response),
  ...rewriteHost(authority),
});

/** One destination takes all whatever its weight; of several those with weight 0 are left out [S32]. */
const clusterOf = (destinations: readonly Destination[]): Pick<Action, 'clusterSpecifier'> => {
  const [only, ...others] = destinations;
  if (only && others.length === 0) return { clusterSpecifier: { case: 'cluster', value: only.cluster } };
  return { clusterSpecifier: { case: 'weightedClusters', value: { clusters: destinations.map(weightedCluster) } } };
};

const rewritten = ({ rewrite }: Forward): Action => ({
  ...(rewrite?.regex
    ? { regexRewrite: { pattern: { regex: rewrite.regex.match }, substitution: rewrite.regex.rewrite } }
    : rewrite?.uri !== undefined && { prefixRewrite: rewrite.uri }),
  ...rewriteHost(rewrite?.authority),
});

const both = (a: HeaderOperations, b: HeaderOperations | undefined): HeaderOperations =>
  b === undefined ? a : { set: { ...a.set, ...b.set }, add: { ...a.add, ...b.add }, remove: [...a.remove, ...b.remove] };

/** @param inherited the virtual host's retry policy, which need not be said again */
const forward = (route: HttpRoute, action: Forward, inherited: Retry | undefined): RouteInit => {
  const weighted = action.destinations.filter(({ weight }) => weight > 0);
  const destinations = action.destinations.length === 1 || weighted.length === 0 ? action.destinations.slice(0, 1) : weighted;
  if (destinations.length === 0) return direct(503, { text: 'no destination' });
  // A lone destination has no place of its own for headers.
  const lone = destinations.length === 1 ? destinations[0] : undefined;
  return {
    ...headers(both(route.request, lone?.request), both(route.response, lone?.response)),
    action: {
      case: 'route',
      value: {
        ...clusterOf(destinations),
        ...timeouts(action.timeout),
        ...(action.retry && action.retry.attempts > 0 && !sameRetry(action.retry, inherited) && { retryPolicy: retryPolicy(action.retry) }),
        ...rewritten(action),
        ...hashPolicies(action.hash),
      },
    },
  };
};

const redirectCodes: Readonly<Record<number, RedirectAction_RedirectResponseCode>> = {
  301: RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  302: RedirectAction_RedirectResponseCode.FOUND,
  303: RedirectAction_RedirectResponseCode.SEE_OTHER,
  307: RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT,
  308: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
};

/** The scheme's own port goes without saying in a Location [S42]. */
const isDefaultPort = (port: number, scheme: string | undefined): boolean => port === (scheme === 'https' ? 443 : 80);

const redirect = ({ code, uri, authority, port, scheme }: Redirect): Init<typeof RedirectActionSchema> => ({
  responseCode: redirectCodes[code] ?? RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  ...(uri !== undefined && { pathRewriteSpecifier: { case: 'pathRedirect' as const, value: uri } }),
  ...(authority !== undefined && { hostRedirect: authority }),
  ...(scheme !== undefined && { schemeRewriteSpecifier: { case: 'schemeRedirect' as const, value: scheme } }),
  ...(port !== undefined && !isDefaultPort(port, scheme) && { portRedirect: port }),
});

type Body = Extract<RouteAction, { readonly kind: 'direct' }>['body'];

const bodyOf = (body: NonNullable<Body>): Init<typeof DataSourceSchema> => ({
  specifier: 'text' in body ? { case: 'inlineString', value: body.text } : { case: 'inlineBytes', value: base64Decode(body.base64) },
});

export const direct = (status: number, body?: Body): RouteInit => ({
  action: { case: 'directResponse', value: { status, ...(body && { body: bodyOf(body) }) } },
});

const acted = (route: HttpRoute, inherited: Retry | undefined): RouteInit => {
  const { action } = route;
  switch (action.kind) {
    case 'forward':
      return forward(route, action, inherited);
    case 'redirect':
      return { ...headers(route.request, route.response), action: { case: 'redirect', value: redirect(action) } };
    case 'direct':
      return { ...headers(route.request, route.response), ...direct(action.status, action.body) };
  }
};

const sameRetry = (a: Retry, b: Retry | undefined): boolean => b !== undefined && JSON.stringify(a) === JSON.stringify(b);

/** The one retry policy that all forwarding routes have: said once for the virtual host it halves a route's size. */
const commonRetry = (routes: readonly HttpRoute[]): Retry | undefined => {
  const retries = routes.flatMap(({ action }) => (action.kind === 'forward' ? [action.retry] : []));
  const [first] = retries;
  return first && first.attempts > 0 && retries.every((retry) => retry && sameRetry(retry, first)) ? first : undefined;
};

/** Routes and the retry policy that their virtual host carries for them. */
export const routesOf = (routes: readonly HttpRoute[]): { readonly routes: RouteInit[]; readonly retryPolicy?: RetryInit } => {
  const common = commonRetry(routes);
  return {
    routes: routes.map((route) => ({ name: route.name, match: routeMatch(route.match), ...acted(route, common) })),
    ...(common && { retryPolicy: retryPolicy(common) }),
  };
};

/** Everything to one cluster. */
export const routeTo = (name: string, cluster: string, hash?: readonly HashKey[]): RouteInit => ({
  name,
  match: everything,
  action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster }, ...timeouts(0), ...hashPolicies(hash) } },
});
