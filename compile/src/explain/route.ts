/** A virtual host's routes: which one takes the request, and what it does with it. */

import type { ClusterStep, Outcome, Passage, RetryStep } from '@weft/model';
import type { HttpRoute, Retry, RouteAction, View } from '../mesh/index.ts';
import { clusterStep } from './clusters.ts';
import { certainAbort, corsHeaders, faultStep, mirrorSteps, preflightOutcome } from './faults.ts';
import { matches } from './match.ts';
import type { Read } from './request.ts';
import { operations, rewrittenPath } from './rewrite.ts';

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;
type Direct = Extract<RouteAction, { readonly kind: 'direct' }>;
type Redirect = Extract<RouteAction, { readonly kind: 'redirect' }>;

/** What a route table says: the rest of a passage is its listener's. */
export type Routed = Omit<Passage, 'listener' | 'filterChain' | 'tls'>;

export interface Host {
  readonly virtualHost: string;
  readonly routes: readonly HttpRoute[];
}

/** @param hashed a hash chooses the endpoint: another try goes there too, unless the rule says otherwise [S36] */
export const retryStep = (retry: Retry | undefined, hashed = false): { readonly retries?: RetryStep } => {
  if (!retry || retry.attempts === 0) return {};
  const { attempts, retryOn: on, statusCodes, perTryTimeout, otherHost = !hashed, remoteLocalities } = retry;
  return {
    retries: {
      ...{ attempts, on, statusCodes },
      ...(perTryTimeout && { perTryTimeout }),
      ...(otherHost && { otherEndpoint: true }),
      ...(remoteLocalities && { otherLocality: true }),
    },
  };
};

const isHashed = ({ hash, destinations }: Forward): boolean => Boolean(hash?.length) && destinations.length === 1;

const nothing = { clusters: [], timeout: 0, rewrites: {} };

/** The scheme's own port goes without saying [S42]. */
const isDefaultPort = (port: number, scheme: string): boolean => port === (scheme === 'https' ? 443 : 80);

/** A redirect keeps what it does not change; a changed scheme drops its own default port (Envoy's newUri). */
const locationOf = ({ uri, authority, port, scheme }: Redirect, asked: Read): string => {
  const [, name = '', said] = /^(.*?)(?::(\d+))?$/.exec(asked.authority) ?? [];
  const newScheme = scheme ?? asked.scheme;
  const dropped = said !== undefined && newScheme !== asked.scheme && isDefaultPort(Number(said), asked.scheme);
  const written = port === undefined || isDefaultPort(port, newScheme) ? undefined : `${port}`;
  const newPort = written ?? (authority === undefined && !dropped ? said : undefined);
  const path = uri ?? asked.pathname;
  return `${newScheme}://${authority ?? name}${newPort === undefined ? '' : `:${newPort}`}${path}${path.includes('?') ? '' : asked.search}`;
};

/** One destination takes everything whatever its weight; of several those without weight nothing [S32]. */
const stepsOf = ({ destinations }: Forward, view: View): readonly ClusterStep[] => {
  const weighted = destinations.filter(({ weight }) => weight > 0);
  const taken = destinations.length === 1 || weighted.length === 0 ? destinations.slice(0, 1) : weighted;
  const total = taken.reduce((sum, { weight }) => sum + weight, 0);
  return taken.map(({ cluster, weight, request, response, authority }) => {
    const own = { ...operations(request, response), ...(authority !== undefined && { host: authority }) };
    const percent = taken.length === 1 ? 100 : (100 * weight) / total;
    return { ...clusterStep(cluster, view, { weight, percent }), ...(Object.keys(own).length > 0 && { rewrites: own }) };
  });
};

/** What callers get from where there is nobody; with several destinations, some may fail and others answer. */
const forwardOutcome = (clusters: readonly ClusterStep[]): Outcome => {
  const failures = clusters.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (first && failures.length === clusters.length) return { kind: 'refused', status: first.status, flag: first.flag, why: first.why };
  if (first) {
    const share = clusters.filter(({ failure }) => failure).reduce((sum, { percent }) => sum + percent, 0);
    return {
      kind: 'forward',
      why: `first route that matches, but ${Math.round(share)} % fail with ${first.status} ${first.flag}: ${first.why}`,
    };
  }
  return { kind: 'forward', why: 'first route that matches' };
};

const forward = (route: HttpRoute, action: Forward, { view, asked }: Question): Routed => {
  const clusters = stepsOf(action, view);
  const path = rewrittenPath(action, route.match, asked);
  const host = action.rewrite?.authority;
  const mirrors = mirrorSteps(action, view);
  return {
    ...heading(route),
    clusters,
    timeout: action.timeout,
    ...retryStep(action.retry, isHashed(action)),
    rewrites: {
      ...(path !== undefined && { path }),
      ...(host !== undefined && { host }),
      ...operations(route.request, route.response),
    },
    ...(mirrors.length > 0 && { mirrors }),
    outcome:
      clusters.length > 0 ? forwardOutcome(clusters) : { kind: 'direct', status: 503, body: 'no destination', why: 'no destination' },
  };
};

const heading = ({ name, origin, fault }: HttpRoute) => ({
  ...{ virtualHost: '', route: name },
  ...(origin && { object: origin }),
  ...(fault && { faults: faultStep(fault) }),
});

interface Question {
  readonly view: View;
  readonly asked: Read;
}

/** The text of a body; of any other one only that there is one. */
const bodyOf = (body: Direct['body']): { readonly body?: string } =>
  body === undefined ? {} : { body: 'text' in body ? body.text : `base64:${body.base64}` };

const chosen = (route: HttpRoute, question: Question): Routed => {
  const { action } = route;
  switch (action.kind) {
    case 'forward':
      return forward(route, action, question);
    case 'redirect': {
      const location = locationOf(action, question.asked);
      const outcome: Outcome = { kind: 'redirect', status: action.code, location, why: 'the route redirects' };
      return { ...heading(route), ...nothing, rewrites: operations(route.request, route.response), outcome };
    }
    case 'direct': {
      const { status, body } = action;
      const outcome: Outcome = { kind: 'direct', status, ...bodyOf(body), why: 'the proxy answers itself' };
      return { ...heading(route), ...nothing, rewrites: operations(route.request, route.response), outcome };
    }
  }
};

/** A fault comes before everything, then a preflight's answer, then the route's own action. */
const taken = (route: HttpRoute, question: Question): Routed => {
  const own = chosen(route, question);
  const cors = corsHeaders(route.cors, question.asked);
  const instead = certainAbort(route.fault) ?? preflightOutcome(route.cors, question.asked);
  const told = { ...own, ...(Object.keys(cors).length > 0 && { cors }) };
  if (!instead) return told;
  const { mirrors: _mirrors, retries: _retries, ...rest } = told;
  return { ...rest, clusters: [], timeout: 0, outcome: instead };
};

export const routed = ({ virtualHost, routes }: Host, question: Question): Routed => {
  const route = routes.find(({ match }) => matches(match, question.asked));
  if (route) return { ...taken(route, question), virtualHost };
  return { virtualHost, route: '', ...nothing, outcome: { kind: 'refused', status: 404, flag: 'NR', why: 'no route matches' } };
};

/** Everything to one cluster; `retry` as the virtual host has it. */
export const straight = (names: { readonly virtualHost: string; readonly route: string }, cluster: ClusterStep, why: string): Routed => {
  const { failure } = cluster;
  const outcome: Outcome = failure
    ? { kind: 'refused', status: failure.status, flag: failure.flag, why: failure.why }
    : { kind: 'forward', why };
  return { ...names, clusters: [cluster], timeout: 0, rewrites: {}, outcome };
};
