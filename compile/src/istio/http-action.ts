/** What an HTTP route does with a request. */
import {
  type HttpDirectResponse,
  type HttpMirror,
  type HttpRedirect,
  type HttpRouteDestination,
  type HttpRouteSettings,
  type PercentSettings,
  parseDuration,
} from '@weft/model';
import { expandHost, type Retry, type RuleAction, type RuleDestination, type RuleTarget, type Share } from '../mesh/index.ts';
import { headerOperations, hostSetBy } from './headers.ts';
import { retryOf } from './retry.ts';

export interface ActionContext {
  /** Where short host names belong. */
  readonly namespace: string;
  /** Where the route says nothing of retries. */
  readonly retry: Retry | undefined;
}

const targetOf = ({ host, subset, port }: HttpRouteDestination['destination'], namespace: string): RuleTarget => ({
  host: expandHost(host, namespace),
  subset: subset ?? '',
  ...(port?.number ? { port: port.number } : {}),
});

const destinationOf = ({ destination, weight, headers }: HttpRouteDestination, namespace: string): RuleDestination => {
  const authority = hostSetBy(headers?.request);
  return {
    ...targetOf(destination, namespace),
    weight: weight ?? 0,
    request: headerOperations(headers?.request),
    response: headerOperations(headers?.response),
    ...(authority === undefined ? {} : { authority }),
  };
};

/** One destination takes everything, whatever its weight; of several, those without weight get nothing [S32]. */
const weighed = (destinations: readonly RuleDestination[]): readonly RuleDestination[] =>
  destinations.length === 1 ? destinations.map((only) => ({ ...only, weight: 1 })) : destinations.filter(({ weight }) => weight > 0);

/** Envoy counts whole parts of a million; Istio cuts off what is smaller. */
export const shareOf = ({ value = 0 }: PercentSettings): Share => Math.trunc(Number((value * 10_000).toFixed(6)));

const whole: Share = 1_000_000;

type Forward = Extract<RuleAction, { readonly kind: 'forward' }>;

/** Without a percentage everything is copied, with 0 nothing [S40]. */
const mirrorsOf = (route: HttpRouteSettings, namespace: string): NonNullable<Forward['mirrors']> => {
  const old = route.mirrorPercent ?? route.mirror_percent;
  const percentage = route.mirrorPercentage ?? (old === undefined ? undefined : { value: old });
  const single: readonly HttpMirror[] = route.mirror ? [{ destination: route.mirror, ...(percentage && { percentage }) }] : [];
  return [...single, ...(route.mirrors ?? [])]
    .map((mirror) => ({
      ...targetOf(mirror.destination, namespace),
      share: mirror.percentage === undefined ? whole : shareOf(mirror.percentage),
    }))
    .filter(({ share }) => share > 0);
};

const redirectOf = (redirect: HttpRedirect): RuleAction => ({
  kind: 'redirect',
  code: redirect.redirectCode || 301,
  ...(redirect.uri ? { uri: redirect.uri } : {}),
  ...(redirect.authority ? { authority: redirect.authority } : {}),
  ...(redirect.port ? { port: redirect.port } : {}),
  ...(redirect.derivePort === 'FROM_REQUEST_PORT' ? { portOfRequest: true } : {}),
  ...(redirect.scheme ? { scheme: redirect.scheme } : {}),
});

const directOf = ({ status, body }: HttpDirectResponse): RuleAction => {
  if (body?.bytes !== undefined) return { kind: 'direct', status, body: { base64: body.bytes } };
  return { kind: 'direct', status, ...(body?.string === undefined ? {} : { body: { text: body.string } }) };
};

const rewriteOf = (route: HttpRouteSettings): Forward['rewrite'] => {
  const { rewrite } = route;
  const authority = rewrite?.authority || hostSetBy(route.headers?.request);
  const regex = rewrite?.uriRegexRewrite;
  if (!authority && !rewrite?.uri && !regex) return undefined;
  return {
    ...(rewrite?.uri ? { uri: rewrite.uri } : {}),
    ...(authority ? { authority } : {}),
    ...(regex ? { regex: { match: regex.match ?? '', rewrite: regex.rewrite ?? '' } } : {}),
  };
};

export const actionOf = (route: HttpRouteSettings, { namespace, retry: inherited }: ActionContext): RuleAction => {
  if (route.redirect) return redirectOf(route.redirect);
  if (route.directResponse) return directOf(route.directResponse);
  const rewrite = rewriteOf(route);
  const retry = route.retries === undefined ? inherited : retryOf(route.retries);
  const mirrors = mirrorsOf(route, namespace);
  return {
    kind: 'forward',
    destinations: weighed((route.route ?? []).map((destination) => destinationOf(destination, namespace))),
    timeout: (route.timeout ? parseDuration(route.timeout) : undefined) ?? 0,
    ...(retry ? { retry } : {}),
    ...(rewrite ? { rewrite } : {}),
    ...(mirrors.length > 0 ? { mirrors } : {}),
  };
};
