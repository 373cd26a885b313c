/** What `explain` says against what Envoy did with one request. */
import { answered, forwarded } from '@weft/compile';
import type { ClusterStep, Passage, Request } from '@weft/model';
import type { Answer } from './client.ts';
import { type Arrival, answerHeader, clusterOf } from './echo.ts';
import { ending, type Failure } from './failures.ts';

export interface Observation {
  readonly answer: Answer;
  /** At endpoints, one for each try; none: Envoy answered itself. */
  readonly arrivals: readonly Arrival[];
  /** What the endpoints were asked for. */
  readonly failure?: Failure;
}

/** Envoy's own, and ours. */
const isEnvoys = (name: string): boolean =>
  /^(x-envoy-|x-forwarded-|x-request-id$|traceparent$|tracestate$|x-sim-|host$|connection$|content-length$|via$)/.test(name);

const differs = (what: string, expected: unknown, found: unknown): string[] =>
  expected === found ? [] : [`${what}: explain says ${JSON.stringify(expected)}, Envoy did ${JSON.stringify(found)}`];

type Headers = Readonly<Record<string, string>>;

const headersDiffer = (what: string, expected: Headers, found: Headers): string[] => {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)].filter((name) => !isEnvoys(name)));
  // Values with Envoy's own variables are not computed here.
  return [...names].flatMap((name) => (/%.+%/.test(expected[name] ?? '') ? [] : differs(`${what} ${name}`, expected[name], found[name])));
};

/** Envoy tells the upstream how long it waits. */
const waits = ({ timeout, retries }: Passage): string | undefined => {
  const perTry = retries?.perTryTimeout ?? 0;
  const wait = perTry > 0 && (timeout === 0 || perTry < timeout) ? perTry : timeout;
  return wait > 0 ? `${wait}` : undefined;
};

const answersDiffer = (passage: Passage, answer: Answer, sent: Headers, cluster?: ClusterStep): string[] => {
  const expected = { ...answered(sent, passage, cluster), ...passage.cors };
  const touched = new Set([...Object.keys(expected), ...Object.keys(sent)]);
  for (const name of Object.keys(answer.headers)) if (name.startsWith('access-control-')) touched.add(name);
  const pick = (headers: Headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => touched.has(name)));
  return headersDiffer('response header', expected, pick(answer.headers));
};

interface Forwarded {
  readonly request: Request;
  readonly passage: Passage;
  readonly cluster: ClusterStep;
}

const forwardedDiffers = ({ request, passage, cluster }: Forwarded, { answer, arrivals, failure }: Observation): string[] => {
  const { authority, path, method, headers = {} } = forwarded(request, passage, cluster);
  const names = [request.headers?.[answerHeader] ?? ''].flat().join().split(',').filter(Boolean);
  const sent = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat().join()]));
  const { tries, status } = failure ? ending(passage.retries, failure) : { tries: 1, status: 200 };
  const arrival = arrivals.at(-1);
  // An answer is Envoy's own where the backend gave none.
  const isOwn = failure?.kind === 'reset' && status !== 200;
  return [
    ...differs('tries', tries, arrivals.length),
    ...differs('status', status, answer.status),
    ...differs('path', path, arrival?.path),
    ...differs('host', authority, arrival?.headers.host),
    ...differs('method', method, arrival?.method),
    // Of a later try only the rest is said.
    ...(tries > 1 ? [] : differs('timeout', waits(passage), arrival?.headers['x-envoy-expected-rq-timeout-ms'])),
    ...headersDiffer('request header', sent, arrival?.headers ?? {}),
    ...(isOwn ? [] : answersDiffer(passage, answer, Object.fromEntries(names.map((name) => [name, 'backend'])), cluster)),
  ];
};

const isAborted = ({ faults }: Passage, { status, headers }: Answer): boolean =>
  (faults?.abort?.percent ?? 0) > 0 && status === faults?.abort?.status && (headers['x-sim-flags'] ?? '').split(',').includes('FI');

const flagsOf = ({ headers }: Answer): readonly string[] => (headers['x-sim-flags'] ?? '').split(',');

const ownAnswerDiffers = ({ method }: Request, { outcome, ...passage }: Passage, answer: Answer): string[] => {
  const failures = passage.clusters.flatMap(({ failure }) => failure ?? []);
  if (failures.some(({ status, flag }) => status === answer.status && flagsOf(answer).includes(flag))) return [];
  if (outcome.kind === 'forward' || outcome.kind === 'passthrough')
    return [`Envoy answered ${answer.status} (${answer.headers['x-sim-flags']}) where explain says that it forwards`];
  const { status = 0, location, body, flag } = outcome;
  if (status === 0) return differs('status', 0, answer.status);
  return [
    ...differs('status', status, answer.status),
    ...(location === undefined ? [] : differs('location', location, answer.headers.location)),
    ...(body === undefined || method === 'HEAD' || body.startsWith('base64:') ? [] : differs('body', body, answer.body)),
    ...(flag === undefined ? [] : differs('flag', true, flagsOf(answer).includes(flag))),
    ...(outcome.kind === 'refused' ? [] : answersDiffer({ ...passage, outcome }, answer, {})),
  ];
};

const delayDiffers = ({ faults }: Passage, answer: Answer): string[] => {
  const percent = faults?.delay?.percent ?? 0;
  const delayed = flagsOf(answer).includes('DI');
  if (delayed && percent === 0) return ['Envoy delayed a request that explain lets through at once'];
  return !delayed && percent === 100 ? ['Envoy did not delay the request'] : [];
};

/** The chain's name where it was emitted with one; the route's, if the request came so far. */
const wayDiffers = ({ filterChain, virtualHost, route }: Passage, { headers }: Answer): string[] => {
  const { 'x-sim-chain': chain = '', 'x-sim-route': taken = '' } = headers;
  return [
    ...(chain === '' || chain === '-' ? [] : differs('chain', filterChain, chain)),
    ...(virtualHost === '' || !('x-sim-route' in headers) ? [] : differs('route', route, taken === '-' ? '' : taken)),
  ];
};

export const differences = (request: Request, passage: Passage, seen: Observation): string[] => {
  const { answer, arrivals } = seen;
  const delays = delayDiffers(passage, answer);
  if (isAborted(passage, answer)) return delays;
  const [first] = arrivals;
  // Bytes have no answer of Envoy's own.
  const ways = passage.virtualHost === '' ? [] : wayDiffers(passage, answer);
  if (!first) return [...delays, ...ways, ...ownAnswerDiffers(request, passage, answer)];
  const cluster = clusterOf(first.at);
  const steps = passage.clusters.filter(({ name, failure }) => name === cluster && !failure);
  if (steps.length === 0)
    return [`Envoy sent it to ${cluster}; explain says ${passage.clusters.map(({ name }) => name).join(', ') || passage.outcome.why}`];
  if (passage.virtualHost === '') return [];
  // One cluster may stand in a route twice, with other headers each time.
  const found = steps.map((step) => forwardedDiffers({ request, passage, cluster: step }, seen));
  return [...delays, ...ways, ...(found.find((none) => none.length === 0) ?? found[0] ?? [])];
};
