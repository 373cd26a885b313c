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
import { PreviousPrioritiesConfigSchema } from '@weft/envoy/gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.js';
import type { Destination, HashKey, HeaderOperations, HttpRoute, Mirror, Retry, RouteAction } from '../mesh/index.ts';
import { hashPolicies } from './hash-policy.ts';
import { everything, routeMatch } from './match.ts';
import { filterConfigs, fraction } from './route-filters.ts';

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

interface Operations {
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
}

const additions = ({ set, add }: HeaderOperations) => [...added(set, overwrite), ...added(add, append)];

/** In Istio's order, of which Envoy keeps what is set before what is added: it adds last, whoever sets [S41]. */
const headers = (...operations: readonly Operations[]) => ({
  requestHeadersToAdd: operations.flatMap(({ request }) => additions(request)),
  requestHeadersToRemove: operations.flatMap(({ request }) => request.remove),
  responseHeadersToAdd: operations.flatMap(({ response }) => additions(response)),
  responseHeadersToRemove: operations.flatMap(({ response }) => response.remove),
});

const rewriteHost = (host: string | undefined) =>
  host === undefined ? {} : { hostRewriteSpecifier: { case: 'hostRewriteLiteral' as const, value: host } };

/** Another try should meet another host. */
const previousHosts = typed('envoy.retry_host_predicates.previous_hosts', PreviousHostsPredicateSchema, {});

/** Every second try leaves out the priorities that were tried: Istio's frequency [S69]. */
const previousPriorities = typed('envoy.retry_priorities.previous_priorities', PreviousPrioritiesConfigSchema, { updateFrequency: 2 });

export const retryPolicy = (retry: Retry): RetryInit => {
  const { attempts, perTryTimeout, retryOn, statusCodes, backoff, otherHost = true, remoteLocalities } = retry;
  return {
    retryOn: retryOn.join(','),
    numRetries: attempts,
    retriableStatusCodes: [...statusCodes],
    ...(otherHost && { retryHostPredicate: [previousHosts] }),
    ...(remoteLocalities && { retryPriority: previousPriorities }),
    hostSelectionRetryMaxAttempts: 5n,
    ...(perTryTimeout && { perTryTimeout: milliseconds(perTryTimeout) }),
    ...(backoff && { retryBackOff: { baseInterval: milliseconds(backoff) } }),
  };
};

/** A host that a hash chose is the only right one: another try goes there too, unless the rule says otherwise [S36]. */
const retryOf = ({ retry, hash, destinations }: Forward): Retry | undefined =>
  retry?.otherHost === undefined && hash?.length && destinations.length === 1 && retry ? { ...retry, otherHost: false } : retry;

/**
 * 0 is "for ever" to Envoy, and the cap of a gRPC client's own timeout follows it [S35]. By the field that Envoy calls
 * deprecated, as Istio does: any `max_stream_duration` makes Envoy forget `timeout` (FilterUtility::finalTimeout).
 */
const timeouts = (ms: number): Pick<Action, 'timeout' | 'maxGrpcTimeout'> => ({
  timeout: milliseconds(ms),
  maxGrpcTimeout: milliseconds(ms),
});

const weightedCluster = (destination: Destination): Init<typeof WeightedCluster_ClusterWeightSchema> => ({
  name: destination.cluster,
  weight: destination.weight,
  ...headers(destination),
  ...rewriteHost(destination.authority),
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

/** No trace begins with a copy; its host ends in `-shadow` [S40]. */
const mirrored = ({ cluster, share }: Mirror) => ({
  cluster,
  runtimeFraction: { defaultValue: fraction(share) },
  traceSampled: false,
});

/** @param inherited the virtual host's retry policy, which need not be said again */
const forward = (route: HttpRoute, action: Forward, inherited: Retry | undefined): RouteInit => {
  const weighted = action.destinations.filter(({ weight }) => weight > 0);
  const destinations = action.destinations.length === 1 || weighted.length === 0 ? action.destinations.slice(0, 1) : weighted;
  if (destinations.length === 0) return direct(503, { text: 'no destination' });
  // A lone destination has no place of its own for headers.
  const lone = destinations.length === 1 ? destinations[0] : undefined;
  const retry = retryOf(action);
  return {
    ...headers(route, ...(lone ? [lone] : [])),
    action: {
      case: 'route',
      value: {
        ...clusterOf(destinations),
        ...timeouts(action.timeout),
        ...(retry && retry.attempts > 0 && !sameRetry(retry, inherited) && { retryPolicy: retryPolicy(retry) }),
        ...rewritten(action),
        ...hashPolicies(action.hash),
        ...(action.mirrors && { requestMirrorPolicies: action.mirrors.map(mirrored) }),
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

const redirect = ({ code, uri, authority, port, scheme }: Redirect): Init<typeof RedirectActionSchema> => ({
  responseCode: redirectCodes[code] ?? RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  ...(uri !== undefined && { pathRewriteSpecifier: { case: 'pathRedirect' as const, value: uri } }),
  ...(authority !== undefined && { hostRedirect: authority }),
  ...(scheme !== undefined && { schemeRewriteSpecifier: { case: 'schemeRedirect' as const, value: scheme } }),
  ...(port !== undefined && { portRedirect: port }),
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
      return { ...headers(route), action: { case: 'redirect', value: redirect(action) } };
    case 'direct':
      return { ...headers(route), ...direct(action.status, action.body) };
  }
};

const sameRetry = (a: Retry, b: Retry | undefined): boolean => b !== undefined && JSON.stringify(a) === JSON.stringify(b);

/** The one retry policy that all forwarding routes have: said once for the virtual host it halves a route's size. */
const commonRetry = (routes: readonly HttpRoute[]): Retry | undefined => {
  const retries = routes.flatMap(({ action }) => (action.kind === 'forward' ? [retryOf(action)] : []));
  const [first] = retries;
  return first && first.attempts > 0 && retries.every((retry) => retry && sameRetry(retry, first)) ? first : undefined;
};

/** Records say by it which rule led a request. */
const ruleOf = ({ origin }: HttpRoute): Pick<RouteInit, 'metadata'> => {
  if (origin?.kind !== 'VirtualService') return {};
  const path = origin.path.replace(/\.match\[\d+\]$/, '');
  return { metadata: { filterMetadata: { weft: { rule: `${origin.namespace}/${origin.name} ${path}` } } } };
};

/** Routes and the retry policy that their virtual host carries for them. */
export const routesOf = (routes: readonly HttpRoute[]): { readonly routes: RouteInit[]; readonly retryPolicy?: RetryInit } => {
  const common = commonRetry(routes);
  return {
    routes: routes.map((route) => ({
      name: route.name,
      match: routeMatch(route.match),
      ...(route.match.statPrefix && { statPrefix: route.match.statPrefix }),
      ...acted(route, common),
      ...filterConfigs(route),
      ...ruleOf(route),
    })),
    ...(common && { retryPolicy: retryPolicy(common) }),
  };
};

/** Everything to one cluster. */
export const routeTo = (name: string, cluster: string, hash?: readonly HashKey[]): RouteInit => ({
  name,
  match: everything,
  action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster }, ...timeouts(0), ...hashPolicies(hash) } },
});
