import { canonical } from '../hash.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkExportTo, type Field, invalid, withoutEffect } from '../rule.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';
import { checkTcpRoutes, checkTlsRoutes, type TcpRouteSettings, type TlsRouteSettings } from './connection-route.ts';
import { checkDirectResponse, checkHeaderOperations, checkRedirect, checkRetry, checkRewrite } from './http-action.ts';
import { checkGatewayNames, checkMatch, isCatchAll } from './http-match.ts';
import { checkDestination, checkWeights } from './route-destination.ts';
import type { DurationText } from './traffic-policy.ts';

/** One of the three, or `{}`: the value is present, whatever it is. */
export interface StringMatchSettings {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface HttpMatchRequest {
  readonly name?: string;
  readonly statPrefix?: string;
  readonly uri?: StringMatchSettings;
  readonly scheme?: StringMatchSettings;
  readonly method?: StringMatchSettings;
  readonly authority?: StringMatchSettings;
  readonly headers?: Readonly<Record<string, StringMatchSettings>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatchSettings>>;
  readonly queryParams?: Readonly<Record<string, StringMatchSettings>>;
  readonly ignoreUriCase?: boolean;
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

export interface DestinationSettings {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

export interface HeaderOperationSettings {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface HeadersSettings {
  readonly request?: HeaderOperationSettings;
  readonly response?: HeaderOperationSettings;
}

export interface HttpRouteDestination {
  readonly destination: DestinationSettings;
  readonly weight?: number;
  readonly headers?: HeadersSettings;
}

export interface HttpRedirect {
  readonly uri?: string;
  readonly authority?: string;
  readonly port?: number;
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT';
  readonly scheme?: string;
  readonly redirectCode?: number;
}

export interface HttpDirectResponse {
  readonly status: number;
  readonly body?: { readonly string?: string; readonly bytes?: string };
}

export interface HttpRewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly uriRegexRewrite?: { readonly match: string; readonly rewrite: string };
}

export interface HttpRetry {
  readonly attempts?: number;
  readonly perTryTimeout?: DurationText;
  /** Envoy's words and status codes, separated by commas. */
  readonly retryOn?: string;
  readonly backoff?: DurationText;
  readonly retryIgnorePreviousHosts?: boolean;
}

export interface HttpRouteSettings {
  readonly name?: string;
  readonly match?: readonly HttpMatchRequest[];
  readonly route?: readonly HttpRouteDestination[];
  readonly redirect?: HttpRedirect;
  readonly directResponse?: HttpDirectResponse;
  readonly rewrite?: HttpRewrite;
  readonly timeout?: DurationText;
  readonly retries?: HttpRetry;
  readonly headers?: HeadersSettings;
}

export interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  /** Absent means `[mesh]`: all sidecars [S27]. */
  readonly gateways?: readonly string[];
  readonly http?: readonly HttpRouteSettings[];
  readonly tls?: readonly TlsRouteSettings[];
  readonly tcp?: readonly TcpRouteSettings[];
  readonly exportTo?: readonly string[];
}

const later: readonly Field[] = [
  { field: 'mirror', message: 'nothing is mirrored' },
  { field: 'mirrors', message: 'nothing is mirrored' },
  { field: 'fault', message: 'no fault is injected' },
  { field: 'corsPolicy', message: 'no CORS header is added' },
];

function* checkAction(route: HttpRouteSettings, path: string): Iterable<Problem> {
  const actions = (['route', 'redirect', 'directResponse'] as const).filter((field) =>
    field === 'route' ? route.route?.length : route[field],
  );
  if (Object.hasOwn(route, 'delegate'))
    yield invalid(`${path}.delegate`, '`delegate` has no effect yet, so the route would lead nowhere', 'Write the routes here.');
  else if (actions.length === 0) yield invalid(path, 'the route says nothing to do', 'Add `route`, `redirect` or `directResponse`.');
  if (actions.length > 1)
    yield invalid(path, `only one of ${actions.map((field) => `\`${field}\``).join(' and ')} may be set`, 'Remove one.');
  for (const [index, { destination, headers }] of (route.route ?? []).entries()) {
    yield* checkDestination(destination, `${path}.route[${index}].destination`);
    yield* checkHeaderOperations(headers, `${path}.route[${index}].headers`);
  }
  yield* checkWeights(route.route ?? [], `${path}.route`);
  if (route.redirect) yield* checkRedirect(route.redirect, `${path}.redirect`);
  if (route.redirect && route.rewrite)
    yield invalid(`${path}.rewrite`, 'a redirect cannot be rewritten', 'Put the new address into `redirect`.');
  if (route.directResponse) yield* checkDirectResponse(route.directResponse, `${path}.directResponse`);
}

function* checkRoute(route: HttpRouteSettings, path: string): Iterable<Problem> {
  for (const [index, match] of (route.match ?? []).entries()) yield* checkMatch(match, `${path}.match[${index}]`);
  yield* checkAction(route, path);
  if (route.rewrite) yield* checkRewrite(route.rewrite, `${path}.rewrite`);
  if (route.retries) yield* checkRetry(route.retries, `${path}.retries`);
  yield* checkHeaderOperations(route.headers, `${path}.headers`);
  yield* withoutEffect(route, path, later);
}

/** Routes behind one that takes everything are dead (IST0130); a repeated condition never applies (IST0131). */
function* checkReach(routes: readonly HttpRouteSettings[], path: string): Iterable<Problem> {
  const seen = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [index, { match = [] }] of routes.entries()) {
    const at = `${path}[${index}]`;
    if (catchAll !== undefined) {
      yield doubtful('IST0130', at, [
        `the route is never reached: route ${catchAll} before it matches everything`,
        'Move it up, or remove it.',
      ]);
      continue;
    }
    for (const [place, one] of match.entries()) {
      const { name: _, ...conditions } = one as HttpMatchRequest;
      const text = canonical(conditions);
      const before = seen.get(text);
      if (before !== undefined && before !== index)
        yield {
          ...doubtful('IST0131', `${at}.match[${place}]`, [`route ${before} already has this match`, 'Remove it.']),
          severity: 'info',
        };
      seen.set(text, before ?? index);
    }
    if (match.length === 0 || match.some(isCatchAll)) catchAll = index;
  }
}

function* checkHosts(spec: VirtualServiceSpec): Iterable<Problem> {
  const { hosts = [], gateways = [] } = spec;
  if (hosts.length === 0)
    yield invalid('spec.hosts', 'the VirtualService is for no host', 'List the hosts. (Delegates have no effect yet.)');
  const seen = new Set<string>();
  const forMesh = gateways.length === 0 || gateways.includes('mesh');
  for (const [index, host] of hosts.entries()) {
    const at = `spec.hosts[${index}]`;
    const lower = host.toLowerCase();
    if (!isWildcardHostname(host) && !isIp(host))
      yield invalid(at, `\`${host.slice(0, 80)}\` is no host name`, 'Write a name, or `*.` and a domain.');
    else if (host === '*' && forMesh)
      yield invalid(at, '`*` is for gateways only: in the mesh it would take every host', 'Name the hosts, or name a gateway.');
    if (seen.has(lower)) yield invalid(at, `the host \`${host.slice(0, 80)}\` stands twice`, 'Remove one of them.');
    seen.add(lower);
  }
}

/** Istio's admission (pkg/config/validation, `ValidateVirtualService`), and what Envoy takes but reads otherwise. */
export function* checkVirtualService(spec: VirtualServiceSpec): Iterable<Problem> {
  yield* checkHosts(spec);
  yield* checkGatewayNames(spec.gateways, 'spec.gateways');
  yield* checkExportTo(spec.exportTo, 'spec.exportTo', { nobody: false });
  if (!spec.http?.length && !spec.tls?.length && !spec.tcp?.length)
    yield invalid('spec', 'the VirtualService has no routes', 'Add `http`, `tls` or `tcp`.');
  for (const [index, route] of (spec.http ?? []).entries()) yield* checkRoute(route, `spec.http[${index}]`);
  yield* checkReach(spec.http ?? [], 'spec.http');
  yield* checkTlsRoutes(spec.tls ?? [], spec.hosts ?? []);
  yield* checkTcpRoutes(spec.tcp ?? []);
}
