/** Asks Envoy and `explain` the same, many times, and gathers what differs. */
import type { View } from '@weft/compile';
import type { EndpointStep, Passage, Request } from '@weft/model';
import { extreme } from '../chance.ts';
import { type At, answerTo, isHttp, prepared } from './asked.ts';
import { ask } from './client.ts';
import { type Arrival, answerHeader, clusterOf, type Echo, echo, endpointOf, isCopy } from './echo.ts';
import { run } from './envoy.ts';
import { differences } from './expected.ts';
import { type Failure, failureFor, failureHeader, failureText } from './failures.ts';
import { type Keys, makeKeys } from './keys.ts';
import { type Random, randomFrom } from './random.ts';
import { type Case, type Stage, stage } from './stage.ts';
import { chancesOf, endpointChances, mirrorChances, retryChances, Tallies } from './tallies.ts';
import { clientNamesOf, type Question, questionFor, type Target, targetsOf } from './targets.ts';

export interface Subject extends Case {
  readonly view: View;
  /** Written in the case. */
  readonly requests: readonly Request[];
}

export interface Settings {
  readonly folder: string;
  readonly count: number;
  readonly seed: number;
}

export interface Report {
  readonly asked: number;
  readonly differences: readonly string[];
  /** Listeners that nobody asked. */
  readonly unasked: readonly string[];
}

interface Run {
  readonly subjects: readonly Subject[];
  readonly stage: Stage;
  readonly keys: Keys;
  readonly echo: Echo;
  readonly random: Random;
  readonly tallies: Tallies<At>;
  readonly differences: string[];
  readonly mirrored: { readonly id: string; readonly at: At }[];
  readonly visited: Set<string>;
  asked: number;
}

const note = ({ subjects, differences: all }: Run, { index, question }: At, texts: readonly string[]): void => {
  const asked = question.kind === 'call' ? question.request : question.arrival;
  for (const text of texts) all.push(`${subjects[index]?.name}: ${JSON.stringify(asked)}: ${text}`);
};

const wireOf = ({ host, authority = host, method = 'GET', path = '/', headers = {} }: Request, id: string) => ({
  method,
  path,
  headers: { ...headers, host: authority, 'x-sim-id': id },
});

/** Answers carry what the route would change. */
const withAnswer = (request: Request, passage: Passage): Request => {
  const steps = [passage.rewrites, ...passage.clusters.map(({ rewrites = {} }) => rewrites)];
  const names = steps.flatMap(({ response }) =>
    response ? [...Object.keys(response.set), ...Object.keys(response.add), ...response.remove] : [],
  );
  const lower = [...new Set(names.map((name) => name.toLowerCase()))];
  return lower.length === 0 ? request : { ...request, headers: { ...request.headers, [answerHeader]: lower.join(',') } };
};

/** Bytes: where they come out, and whether they do. */
const askBytes = async (state: Run, at: At): Promise<void> => {
  const { index, passage } = at;
  const answer = await answerTo(at);
  const cluster = answer.startsWith('[') ? clusterOf(answer.slice(1)) : undefined;
  const steps = passage.clusters.filter(({ failure }) => !failure);
  const closes = passage.outcome.kind === 'refused' || steps.length < passage.clusters.length;
  const agrees = cluster === undefined ? closes : passage.outcome.kind !== 'refused' && steps.some(({ name }) => name === cluster);
  if (!agrees) note(state, at, [`Envoy led it to ${cluster ?? 'nobody'}; explain says ${passage.outcome.kind}: ${passage.outcome.why}`]);
  const seen = { status: 0, flags: '', ...(cluster !== undefined && { cluster }) };
  for (const chance of chancesOf(index, passage, seen)) state.tallies.add(at, chance);
};

/** Another try may go further away, but never to one that is not ready. */
const isReachable = ({ percent, health }: EndpointStep, { retries }: Passage): boolean =>
  percent > 0 || (retries?.otherLocality === true && health !== 'not ready');

/** An endpoint of a cluster where endpoints are known. */
const isExpected = (passage: Passage, { at }: Arrival): boolean =>
  endpointOf(at) === '' ||
  passage.clusters.some(
    ({ name, endpoints }) =>
      name === clusterOf(at) &&
      endpoints.some((endpoint) => isReachable(endpoint, passage) && endpointOf(at) === `${endpoint.address}:${endpoint.port}`),
  );

const placesDiffer = (passage: Passage, arrivals: readonly Arrival[]): readonly string[] => [
  ...arrivals.filter((arrival) => !isExpected(passage, arrival)).map(({ at }) => `Envoy chose ${at}, which explain gives no share`),
  ...(new Set(arrivals.map(({ at }) => clusterOf(at))).size > 1 ? ['Envoy tried several clusters'] : []),
];

const failingShare = 0.08;

/** Who answers fails sometimes, where requests are read. */
const failureOf = ({ passage, question }: At, random: Random): Failure | undefined => {
  const { virtualHost, retries } = passage;
  if (virtualHost === '' || question.kind === 'arrival' || !random.chance(failingShare)) return undefined;
  return failureFor(retries, random);
};

const askHttp = async (state: Run, at: At): Promise<void> => {
  const { index, passage, request, dialled } = at;
  const failure = failureOf(at, state.random);
  const failing = failure ? { ...request, headers: { ...request.headers, [failureHeader]: failureText(failure) } } : request;
  const sent = withAnswer(failing, passage);
  const id = `${state.asked}`;
  const answer = await ask(dialled, wireOf(sent, id));
  const arrivals = state.echo.arrivals(id).filter((arrival) => !isCopy(arrival));
  const [first] = arrivals;
  note(state, at, differences(sent, passage, { answer, arrivals, ...(failure && { failure }) }));
  note(state, at, placesDiffer(passage, arrivals));
  // Where bytes are carried the way is chosen once for each connection, and connections are used again.
  if (passage.virtualHost === '') return;
  const flags = answer.headers['x-sim-flags'] ?? '';
  const chances = chancesOf(index, passage, { status: answer.status, flags, ...(first && { cluster: clusterOf(first.at) }) });
  const chosen = first ? [...endpointChances(index, passage, first), ...retryChances(index, passage, arrivals)] : [];
  for (const chance of [...chances, ...chosen]) state.tallies.add(at, chance);
  if (first) state.mirrored.push({ id, at });
};

const askOne = async (state: Run, index: number, question: Question): Promise<void> => {
  const view = state.subjects[index]?.view;
  const at = view && prepared(index, question, { ...state, view });
  if (!at) return;
  state.asked += 1;
  state.visited.add(`${index}/${at.listener}`);
  if (at.passage.listener !== at.listener) note(state, at, [`Envoy listens as ${at.listener}; explain says ${at.passage.listener}`]);
  return isHttp(at) ? askHttp(state, at) : askBytes(state, at);
};

/** Copies arrive when they arrive: looked at when everything is over. */
const countMirrors = (state: Run): void => {
  for (const { id, at } of state.mirrored) {
    const { index, passage } = at;
    const copies = state.echo.arrivals(id).filter(isCopy);
    const expected = (passage.mirrors ?? []).filter(({ failure }) => !failure);
    const unknown = copies.filter((copy) => !expected.some((mirror) => mirror.name === clusterOf(copy.at)));
    note(
      state,
      at,
      unknown.map((copy) => `Envoy mirrored to ${copy.at}, of which explain says nothing`),
    );
    for (const chance of mirrorChances(index, passage, copies)) state.tallies.add(at, chance);
  }
};

const againTimes = 2000;

/** Of a thousand fair dice one looks loaded, and there are hundreds here: what looks so is thrown again, more often, and that decides. */
const unlikely = async (state: Run): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const { key, sample, text } of state.tallies.unlikely()) {
    const again: Run = { ...state, tallies: new Tallies(), mirrored: [] };
    for (let time = 0; time < againTimes; time += 1) await askOne(again, sample.index, sample.question);
    state.asked = again.asked;
    await state.echo.quiet();
    countMirrors(again);
    if (again.tallies.unlikely(extreme).some((other) => other.key === key)) found.push(text);
  }
  return found;
};

const atOnce = 16;

type Planned = readonly [number, () => Question];

const perform = async (state: Run, questions: readonly Planned[]): Promise<void> => {
  const queue = [...questions];
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) await askOne(state, next[0], next[1]());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** The cases' own requests and each target once, then at random until there are enough; cases with more routes get more. */
const askAll = async (state: Run, total: number): Promise<void> => {
  const { subjects, random } = state;
  const asking = ({ index, view, target }: { readonly index: number; readonly view: View; readonly target: Target }): Planned => [
    index,
    () => questionFor(target, view, random),
  ];
  const targets = subjects.flatMap(({ view }, index) => targetsOf(view).map((target) => ({ index, view, target })));
  const written = subjects.flatMap(({ requests }, index) => requests.map((request): Planned => [index, () => ({ kind: 'call', request })]));
  await perform(state, [...targets.map(asking), ...written]);
  const bag = targets.flatMap((one) => Array.from({ length: 1 + 2 * one.target.routes.length }, () => one));
  // Some requests go to places where nobody listens, and are not asked.
  while (state.asked < total) {
    await perform(
      state,
      Array.from({ length: total - state.asked }, () => asking(random.pick(bag))),
    );
  }
};

export const simulate = async (subjects: readonly Subject[], { folder, count: total, seed }: Settings): Promise<Report> => {
  const backends = await echo(`${folder}/b`);
  const keys = await makeKeys([...new Set(subjects.flatMap(({ view }) => clientNamesOf(view)))]);
  const staged = await stage(subjects, { folder, echo: backends, keys });
  const envoy = await run(staged.bootstrap, folder);
  const state: Run = {
    ...{ subjects, stage: staged, keys, echo: backends, random: randomFrom(seed), tallies: new Tallies() },
    ...{ differences: [], mirrored: [], visited: new Set(), asked: 0 },
  };
  try {
    await askAll(state, total);
    await backends.quiet();
    countMirrors(state);
    const loaded = await unlikely(state);
    const unasked = staged.listeners.filter((listener) => !state.visited.has(listener));
    return { asked: state.asked, differences: [...state.differences, ...loaded], unasked };
  } finally {
    await envoy.stop();
    await backends.stop();
  }
};
