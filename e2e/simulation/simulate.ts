/** Asks Envoy and `explain` the same, many times, and gathers what differs. */
import { explain, type View } from '@weft/compile';
import type { ClusterStep, Passage, Request } from '@weft/model';
import { extreme, isLikely } from '../chance.ts';
import { ask, clientHello, type Dialled, exchange } from './client.ts';
import { type Arrival, answerHeader, type Echo, echo } from './echo.ts';
import { run } from './envoy.ts';
import { differences } from './expected.ts';
import { type Random, randomFrom } from './random.ts';
import { bytesFor, requestFor, targetsOf } from './requests.ts';
import { type Case, type Stage, stage } from './stage.ts';

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
}

/** A request to one case. */
interface Asked {
  readonly index: number;
  readonly asked: Request;
}

/** How often something happened of as many chances. */
interface Tally {
  readonly probability: number;
  /** One of the requests with these chances. */
  readonly sample: Asked;
  count: number;
  of: number;
}

interface Run {
  readonly subjects: readonly Subject[];
  readonly stage: Stage;
  readonly echo: Echo;
  readonly random: Random;
  readonly tallies: Map<string, Tally>;
  readonly differences: string[];
  readonly mirrored: { readonly id: string; readonly at: At }[];
  asked: number;
}

interface Chance {
  readonly key: string;
  readonly percent: number;
  readonly happened: boolean;
}

const tally = ({ tallies }: Run, { index, asked }: Asked, { key, percent, happened }: Chance): void => {
  const known = tallies.get(key) ?? { probability: percent / 100, sample: { index, asked }, count: 0, of: 0 };
  known.of += 1;
  if (happened) known.count += 1;
  tallies.set(key, known);
};

/** `3/outbound|80||host#0` → `outbound|80||host` */
const clusterOf = (at: string): string => at.slice(at.indexOf('/') + 1, at.lastIndexOf('#'));

const endpointOf = (at: string): string => at.slice(at.lastIndexOf('#') + 1);

const listenerOf = ({ stage: { listeners } }: Run, index: number, { address, port }: Request): string | undefined =>
  listeners.get(`${index}/${address}_${port}`) ?? listeners.get(`${index}/0.0.0.0_${port}`);

const questionOf = ({ host, authority = host, method = 'GET', path = '/', headers = {} }: Request, id: string) => ({
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

const keyOf = (index: number, { listener, virtualHost, route, object, clusters }: Passage): string =>
  [index, listener, virtualHost, route, object?.path, ...clusters.map(({ percent }) => percent.toFixed(3))].join(' ');

interface Seen {
  readonly status: number;
  readonly flags: string;
  readonly cluster?: string;
}

const count = (state: Run, at: At, seen: Seen): void => {
  const { index, passage } = at;
  const key = keyOf(index, passage);
  const flagged = (flag: string) => seen.flags.split(',').includes(flag);
  const { abort, delay } = passage.faults ?? {};
  const aborted = abort !== undefined && flagged('FI') && seen.status === abort.status;
  if (abort && abort.percent < 100) tally(state, at, { key: `${key} is aborted`, percent: abort.percent, happened: aborted });
  if (delay && delay.percent < 100) tally(state, at, { key: `${key} is delayed`, percent: delay.percent, happened: flagged('DI') });
  if (aborted || passage.clusters.length < 2) return;
  const shares = Map.groupBy(
    passage.clusters.filter(({ failure }) => !failure),
    ({ name }) => name,
  );
  for (const [name, steps] of shares) {
    const percent = steps.reduce((sum, step) => sum + step.percent, 0);
    tally(state, at, { key: `${key} goes to ${name}`, percent, happened: seen.cluster === name });
  }
};

/** Bytes: where they come out, and whether they do. */
const askBytes = async (state: Run, at: At): Promise<void> => {
  const { index, dialled, asked, passage } = at;
  const answer = await exchange(dialled, asked.protocol === 'tls' ? await clientHello(asked.host) : Buffer.from('hello\n'));
  const cluster = answer.startsWith('[') ? clusterOf(answer.slice(1)) : undefined;
  const steps = passage.clusters.filter(({ failure }) => !failure);
  const closes = passage.outcome.kind === 'refused' || steps.length < passage.clusters.length;
  const agrees = cluster === undefined ? closes : passage.outcome.kind !== 'refused' && steps.some(({ name }) => name === cluster);
  if (!agrees)
    state.differences.push(
      `${state.subjects[index]?.name}: ${JSON.stringify(asked)}: Envoy led it to ${cluster ?? 'nobody'}; explain says ${passage.outcome.why}`,
    );
  count(state, at, { status: 0, flags: '', ...(cluster !== undefined && { cluster }) });
};

interface At {
  readonly index: number;
  readonly dialled: Dialled;
  readonly asked: Request;
  readonly passage: Passage;
}

/** An endpoint of a cluster where endpoints are known. */
const isExpected = ({ clusters }: Passage, { at }: Arrival): boolean =>
  endpointOf(at) === '' ||
  clusters.some(
    ({ name, endpoints }) =>
      name === clusterOf(at) && endpoints.some(({ address, port, percent }) => percent > 0 && endpointOf(at) === `${address}:${port}`),
  );

/**
 * Clusters whose endpoints are chosen without regard to what was asked, or to how busy they are: requests are over at once,
 * but one connection that stays open keeps all others away from its endpoint.
 */
const isEven = ({ loadBalancer, endpoints }: ClusterStep, { virtualHost }: Passage): boolean =>
  loadBalancer === 'ROUND_ROBIN' ||
  loadBalancer === 'RANDOM' ||
  (loadBalancer === 'LEAST_REQUEST' && virtualHost !== '' && endpoints.every(({ weight }) => weight === 1));

const countEndpoint = (state: Run, asked: At, { at }: Arrival): void => {
  const { index, passage } = asked;
  const [only, ...others] = passage.clusters.filter(({ name }) => name === clusterOf(at));
  if (!only || others.length > 0 || only.endpoints.length < 2 || !isEven(only, passage) || endpointOf(at) === '') return;
  for (const { address, port, percent } of only.endpoints)
    tally(state, asked, {
      key: `${index} ${only.name} chooses ${address}:${port}`,
      percent,
      happened: endpointOf(at) === `${address}:${port}`,
    });
};

const askHttp = async (state: Run, at: At): Promise<void> => {
  const { index, dialled, asked, passage } = at;
  const request = withAnswer(asked, passage);
  const id = `${state.asked}`;
  state.asked += 1;
  const answer = await ask(dialled, questionOf(request, id));
  const arrival = state.echo.arrivals(id).find(({ headers }) => !/-shadow(:\d+)?$/.test(headers.host ?? ''));
  const cluster = arrival && clusterOf(arrival.at);
  const found: string[] = differences(request, passage, { answer, ...(arrival && { arrival }), ...(cluster !== undefined && { cluster }) });
  if (arrival && !isExpected(passage, arrival)) found.push(`Envoy chose ${arrival.at}, which explain gives no share`);
  for (const difference of found) state.differences.push(`${state.subjects[index]?.name}: ${JSON.stringify(asked)}: ${difference}`);
  // Where bytes are carried the way is chosen once for each connection, and connections are used again.
  if (passage.virtualHost === '') return;
  count(state, at, { status: answer.status, flags: answer.headers['x-sim-flags'] ?? '', ...(cluster !== undefined && { cluster }) });
  if (arrival) countEndpoint(state, at, arrival);
  if (arrival) state.mirrored.push({ id, at });
};

const askOne = async (state: Run, index: number, asked: Request): Promise<void> => {
  const view = state.subjects[index]?.view;
  const socket = listenerOf(state, index, asked);
  // TLS that ends at a gateway is not spoken here.
  if (!view || socket === undefined || asked.scheme === 'https') return;
  const passage = explain(view, asked);
  const at: At = { index, dialled: { socket, address: asked.address, port: asked.port, isTold: true }, asked, passage };
  if ((asked.protocol ?? 'http') === 'http') return askHttp(state, at);
  state.asked += 1;
  return askBytes(state, at);
};

/** Copies arrive when they arrive: looked at when everything is over. */
const countMirrors = (state: Run): void => {
  for (const { id, at } of state.mirrored) {
    const { index, passage } = at;
    const copies = state.echo.arrivals(id).filter(({ headers }) => /-shadow(:\d+)?$/.test(headers.host ?? ''));
    const expected = (passage.mirrors ?? []).filter(({ failure }) => !failure);
    const unknown = copies.filter((copy) => !expected.some((mirror) => mirror.name === clusterOf(copy.at)));
    for (const copy of unknown)
      state.differences.push(`${state.subjects[index]?.name}: Envoy mirrored to ${copy.at}, of which explain says nothing`);
    for (const { name, percent } of expected) {
      const happened = copies.some((copy) => clusterOf(copy.at) === name);
      tally(state, at, { key: `${keyOf(index, passage)} is mirrored to ${name}`, percent, happened });
    }
  }
};

const isUnlikely = ({ probability, count: times, of }: Tally, outside?: number): boolean => !isLikely(times, of, probability, outside);

const againTimes = 2000;

/** Of a thousand fair dice one looks loaded, and there are hundreds here: what looks so is thrown again, more often, and that decides. */
const unlikely = async (state: Run): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [key, first] of state.tallies) {
    if (!isUnlikely(first)) continue;
    const { index, asked } = first.sample;
    const again: Run = { ...state, tallies: new Map(), mirrored: [] };
    for (let time = 0; time < againTimes; time += 1) await askOne(again, index, asked);
    state.asked = again.asked;
    await state.echo.quiet();
    countMirrors(again);
    const second = again.tallies.get(key);
    if (second && !isUnlikely(second, extreme)) continue;
    const { probability, count: times, of } = second ?? first;
    found.push(`${key}: ${times} of ${of} times, where explain promises ${(100 * probability).toFixed(1)} %`);
  }
  return found;
};

const atOnce = 16;

/** Connections that are not HTTP. */
const bytesShare = 0.05;

/** The case's own requests first, then generated ones until there are enough; cases with more routes get more. */
const plan = ({ subjects, random }: Run, total: number): readonly (readonly [number, () => Request])[] => {
  const targets = subjects.map(({ view }) => targetsOf(view));
  const bag = targets.flatMap((ofCase, index) =>
    ofCase.flatMap((target) => Array.from({ length: 1 + 2 * target.routes.length }, () => ({ index, target }))),
  );
  const written = subjects.flatMap(({ requests }, index) => requests.map((request) => [index, () => request] as const));
  const generated = Array.from({ length: total }, () => {
    const { index, target } = random.pick(bag);
    const view = subjects[index]?.view;
    return [index, () => (view && random.chance(bytesShare) ? bytesFor(target, view, random) : requestFor(target, random))] as const;
  });
  return [...written, ...generated];
};

export const simulate = async (subjects: readonly Subject[], { folder, count: total, seed }: Settings): Promise<Report> => {
  const backends = await echo(`${folder}/b`);
  const staged = await stage(subjects, folder, backends);
  const envoy = await run(staged.bootstrap, folder);
  const state: Run = {
    subjects,
    stage: staged,
    echo: backends,
    random: randomFrom(seed),
    tallies: new Map(),
    differences: [],
    mirrored: [],
    asked: 0,
  };
  try {
    // Some requests go to listeners that there are none of, and are not asked.
    while (state.asked < total) {
      const queue = [...plan(state, total - state.asked)];
      const worker = async () => {
        for (let next = queue.pop(); next; next = queue.pop()) await askOne(state, next[0], next[1]());
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    }
    await backends.quiet();
    countMirrors(state);
    const loaded = await unlikely(state);
    return { asked: state.asked, differences: [...state.differences, ...loaded] };
  } finally {
    await envoy.stop();
    await backends.stop();
  }
};
