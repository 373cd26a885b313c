/** VirtualService → Routing: everything that does not depend on who asks. */
import {
  type HttpRedirect,
  type HttpRouteDestination,
  type HttpRouteSettings,
  parseDuration,
  type Resource,
  type VirtualServiceSpec,
} from '@weft/model';
import {
  expandHost,
  mesh,
  type Retry,
  type Routing,
  type Rule,
  type RuleAction,
  type RuleDestination,
  type RuleMatch,
  type Written,
} from '../mesh/index.ts';
import { connectionRules } from './connection-route.ts';
import { headerOperations, hostSetBy } from './headers.ts';
import { everything, gatewayName, ruleMatch } from './match.ts';
import { retryOf } from './retry.ts';

export interface RoutingDefaults {
  readonly exportTo: readonly string[];
  readonly retry: Retry | undefined;
}

const destinationOf = ({ destination, weight, headers }: HttpRouteDestination, namespace: string): RuleDestination => {
  const authority = hostSetBy(headers?.request);
  return {
    host: expandHost(destination.host, namespace),
    subset: destination.subset ?? '',
    ...(destination.port?.number ? { port: destination.port.number } : {}),
    weight: weight ?? 0,
    request: headerOperations(headers?.request),
    response: headerOperations(headers?.response),
    ...(authority === undefined ? {} : { authority }),
  };
};

/** One destination takes everything, whatever its weight; of several, those without weight get nothing [S32]. */
const weighed = (destinations: readonly RuleDestination[]): readonly RuleDestination[] =>
  destinations.length === 1 ? destinations.map((only) => ({ ...only, weight: 1 })) : destinations.filter(({ weight }) => weight > 0);

const redirectOf = (redirect: HttpRedirect): RuleAction => ({
  kind: 'redirect',
  code: redirect.redirectCode || 301,
  ...(redirect.uri ? { uri: redirect.uri } : {}),
  ...(redirect.authority ? { authority: redirect.authority } : {}),
  ...(redirect.port ? { port: redirect.port } : {}),
  ...(redirect.derivePort === 'FROM_REQUEST_PORT' ? { portOfRequest: true } : {}),
  ...(redirect.scheme ? { scheme: redirect.scheme } : {}),
});

const rewriteOf = (route: HttpRouteSettings): Extract<RuleAction, { kind: 'forward' }>['rewrite'] => {
  const { rewrite } = route;
  const authority = rewrite?.authority || hostSetBy(route.headers?.request);
  const regex = rewrite?.uriRegexRewrite;
  if (!authority && !rewrite?.uri && !regex) return undefined;
  return {
    ...(rewrite?.uri ? { uri: rewrite.uri } : {}),
    ...(authority ? { authority } : {}),
    ...(regex ? { regex: { match: regex.match, rewrite: regex.rewrite } } : {}),
  };
};

interface RuleContext extends RoutingDefaults {
  readonly namespace: string;
  /** Where the rule stands. */
  readonly origin: Written;
}

/** Rules without a match have one that matches everything. */
const matchesOf = (route: HttpRouteSettings, { origin }: RuleContext): readonly RuleMatch[] =>
  route.match?.length
    ? route.match.map((request, index) => ruleMatch(request ?? {}, { ...origin, path: `${origin.path}.match[${index}]` }))
    : [{ match: everything, origin }];

const actionOf = (route: HttpRouteSettings, context: RuleContext): RuleAction => {
  if (route.redirect) return redirectOf(route.redirect);
  if (route.directResponse) {
    const { status, body } = route.directResponse;
    if (body?.bytes !== undefined) return { kind: 'direct', status, body: { base64: body.bytes } };
    return { kind: 'direct', status, ...(body?.string === undefined ? {} : { body: { text: body.string } }) };
  }
  const rewrite = rewriteOf(route);
  const retry = route.retries === undefined ? context.retry : retryOf(route.retries);
  return {
    kind: 'forward',
    destinations: weighed((route.route ?? []).map((destination) => destinationOf(destination, context.namespace))),
    timeout: (route.timeout ? parseDuration(route.timeout) : undefined) ?? 0,
    ...(retry ? { retry } : {}),
    ...(rewrite ? { rewrite } : {}),
  };
};

const ruleOf = (route: HttpRouteSettings, context: RuleContext): Rule => ({
  name: route.name ?? '',
  matches: matchesOf(route, context),
  action: actionOf(route, context),
  request: headerOperations(route.headers?.request),
  response: headerOperations(route.headers?.response),
});

export const routingOf = (resource: Resource<VirtualServiceSpec>, defaults: RoutingDefaults): Routing => {
  const { metadata, spec } = resource;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    exportTo: spec.exportTo?.length ? spec.exportTo : defaults.exportTo,
    hosts: [...new Set((spec.hosts ?? []).map((host) => expandHost(host, metadata.namespace)))],
    gateways: spec.gateways?.length ? spec.gateways.map((name) => gatewayName(name, metadata.namespace)) : [mesh],
    rules: (spec.http ?? []).map((route, index) => {
      const { namespace, name } = metadata;
      const origin = { kind: 'VirtualService', namespace, name, path: `spec.http[${index}]` };
      return ruleOf(route, { ...defaults, namespace, origin });
    }),
    ...connectionRules(resource),
  };
};
