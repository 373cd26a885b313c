/** Checks of one HTTP route; Istio's are in `validateHTTPRoute` (pkg/config/validation). */
import { isDnsLabel, isDnsSubdomain } from '../metadata.ts';
import type { Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import { hasControl } from '../text/header.ts';
import { childPath } from '../yaml/json.ts';
import { checkDirectResponse, checkHeaderOperations, checkRedirect, checkRetry, checkRewrite, isHost } from './http-action.ts';
import { checkCors } from './http-cors.ts';
import { checkFault, checkMirrors } from './http-fault.ts';
import { checkMatch } from './http-match.ts';
import { checkDestination, checkWeights } from './route-destination.ts';
import type { HttpRouteDestination, HttpRouteSettings } from './virtual-service.ts';

/** A route that is given away says where, and what holds for all that comes back. */
function* checkDelegation(route: HttpRouteSettings, path: string): Iterable<Problem> {
  const { name, namespace } = route.delegate ?? {};
  if (!name || !isDnsSubdomain(name))
    yield invalid(
      `${path}.delegate.name`,
      `\`${(name ?? '').slice(0, 80)}\` is no VirtualService's name`,
      'Name a VirtualService without hosts.',
    );
  if (namespace && !isDnsLabel(namespace))
    yield invalid(`${path}.delegate.namespace`, `\`${namespace.slice(0, 80)}\` is no namespace`, 'Name a namespace.');
  for (const field of ['route', 'redirect'] as const) {
    if (route[field]) yield invalid(`${path}.${field}`, `a route that is given away has no \`${field}\``, 'Write it in the delegate.');
  }
}

const actions = ['route', 'redirect', 'directResponse'] as const;

/** What cannot be said of an answer that the proxy gives itself. */
const forwardOnly = ['fault', 'rewrite'] as const;

function* checkActions(route: HttpRouteSettings, path: string): Iterable<Problem> {
  const given = actions.filter((field) => (field === 'route' ? route.route?.length : route[field]));
  const [first] = given;
  if (!first) yield invalid(path, 'the route says nothing to do', 'Add `route`, `redirect` or `directResponse`.');
  if (given.length > 1) yield invalid(path, `only one of ${given.map((field) => `\`${field}\``).join(' and ')} may be set`, 'Remove one.');
  if (first === 'route' || first === undefined) return;
  for (const field of forwardOnly) {
    if (route[field]) yield invalid(`${path}.${field}`, `\`${field}\` has no effect beside \`${first}\``, 'Remove one of them.');
  }
}

function* checkDestinations(destinations: readonly HttpRouteDestination[], path: string): Iterable<Problem> {
  for (const [index, { destination, headers }] of destinations.entries()) {
    yield* checkDestination(destination, `${path}[${index}].destination`);
    yield* checkHeaderOperations(headers, `${path}[${index}].headers`);
  }
  yield* checkWeights(destinations, path);
}

/** Each says what the host of a request becomes; Istio takes one of them. */
function* checkHostSetters({ rewrite, headers }: HttpRouteSettings, path: string): Iterable<Problem> {
  const written = (['set', 'add'] as const).flatMap((action) =>
    Object.keys(headers?.request?.[action] ?? {})
      .filter(isHost)
      .map((name) => childPath(`${path}.headers.request.${action}`, name)),
  );
  const [, ...others] = [...(rewrite?.authority ? [`${path}.rewrite.authority`] : []), ...written];
  for (const at of others) yield invalid(at, 'the host is rewritten twice', 'Keep one of `rewrite.authority` and the header operations.');
}

interface RouteOptions {
  /** Of a VirtualService that others give routes to. */
  readonly delegate: boolean;
}

export function* checkHttpRoute(route: HttpRouteSettings, path: string, { delegate }: RouteOptions): Iterable<Problem> {
  if (hasControl(route.name)) yield invalid(`${path}.name`, 'a control character', 'Remove it.');
  for (const [index, match] of (route.match ?? []).entries()) yield* checkMatch(match, `${path}.match[${index}]`);
  if (route.delegate && delegate)
    yield invalid(`${path}.delegate`, 'a delegate cannot give its routes away again', 'Write the routes here.');
  yield* route.delegate ? checkDelegation(route, path) : checkActions(route, path);
  yield* checkDestinations(route.route ?? [], `${path}.route`);
  if (route.redirect) yield* checkRedirect(route.redirect, `${path}.redirect`);
  if (route.directResponse) yield* checkDirectResponse(route.directResponse, `${path}.directResponse`);
  if (route.rewrite) yield* checkRewrite(route.rewrite, `${path}.rewrite`);
  if (route.retries) yield* checkRetry(route.retries, `${path}.retries`);
  if (route.fault) yield* checkFault(route.fault, `${path}.fault`);
  if (route.corsPolicy) yield* checkCors(route.corsPolicy, `${path}.corsPolicy`);
  yield* checkMirrors(route, path);
  yield* checkHeaderOperations(route.headers, `${path}.headers`);
  yield* checkHostSetters(route, path);
}
