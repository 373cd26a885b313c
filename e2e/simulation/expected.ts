/** What `explain` says against what Envoy did with one request. */
import { answered, forwarded } from '@weft/compile';
import type { ClusterStep, Passage, Request } from '@weft/model';
import type { Answer } from './client.ts';
import { type Arrival, answerHeader } from './echo.ts';

export interface Observation {
  readonly answer: Answer;
  /** The endpoint that answered; absent: Envoy did. */
  readonly arrival?: Arrival;
}

/** Envoy's own, and ours. */
const isEnvoys = (name: string): boolean =>
  /^(x-envoy-|x-forwarded-|x-request-id$|x-sim-|host$|connection$|content-length$|via$)/.test(name);

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

const forwardedDiffers = (
  request: Request,
  passage: Passage,
  { answer, arrival }: Required<Observation>,
  cluster: ClusterStep,
): string[] => {
  const { authority, path, method, headers = {} } = forwarded(request, passage, cluster);
  const names = (request.headers?.[answerHeader] ?? '').split(',').filter(Boolean);
  return [
    ...differs('status', 200, answer.status),
    ...differs('path', path, arrival.path),
    ...differs('host', authority, arrival.headers.host),
    ...differs('method', method, arrival.method),
    ...differs('timeout', waits(passage), arrival.headers['x-envoy-expected-rq-timeout-ms']),
    ...headersDiffer('request header', headers, arrival.headers),
    ...answersDiffer(passage, answer, Object.fromEntries(names.map((name) => [name, 'backend'])), cluster),
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

/** @param clusterAt the cluster's name behind an endpoint's */
export const differences = (request: Request, passage: Passage, seen: Observation & { readonly cluster?: string }): string[] => {
  const { answer, arrival, cluster } = seen;
  const delays = delayDiffers(passage, answer);
  if (isAborted(passage, answer)) return delays;
  if (!arrival) return [...delays, ...ownAnswerDiffers(request, passage, answer)];
  const steps = passage.clusters.filter(({ name, failure }) => name === cluster && !failure);
  if (steps.length === 0)
    return [`Envoy sent it to ${cluster}; explain says ${passage.clusters.map(({ name }) => name).join(', ') || passage.outcome.why}`];
  // Bytes are carried as they are.
  if (passage.virtualHost === '') return [];
  // One cluster may stand in a route twice, with other headers each time.
  const found = steps.map((step) => forwardedDiffers(request, passage, { answer, arrival }, step));
  return [...delays, ...(found.find((none) => none.length === 0) ?? found[0] ?? [])];
};
