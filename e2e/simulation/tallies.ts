/** How often something happened of as many chances, against the probability that `explain` gives it. */
import type { ClusterStep, Passage } from '@weft/model';
import { isLikely } from '../chance.ts';
import { type Arrival, clusterOf, endpointOf } from './echo.ts';

interface Tally<Sample> {
  readonly probability: number;
  /** One of the questions with these chances. */
  readonly sample: Sample;
  count: number;
  of: number;
}

export interface Chance {
  readonly key: string;
  readonly percent: number;
  readonly happened: boolean;
}

export class Tallies<Sample> {
  readonly #byKey = new Map<string, Tally<Sample>>();

  add(sample: Sample, { key, percent, happened }: Chance): void {
    const known = this.#byKey.get(key) ?? { probability: percent / 100, sample, count: 0, of: 0 };
    known.of += 1;
    if (happened) known.count += 1;
    this.#byKey.set(key, known);
  }

  /** What lies outside the interval of all but `outside` of the right counts. */
  unlikely(outside?: number): readonly { readonly key: string; readonly sample: Sample; readonly text: string }[] {
    const found = [...this.#byKey].filter(([, { probability, count, of }]) => !isLikely(count, of, probability, outside));
    return found.map(([key, { sample, probability, count, of }]) => ({
      ...{ key, sample },
      text: `${key}: ${count} of ${of} times, where explain promises ${(100 * probability).toFixed(1)} %`,
    }));
  }
}

const keyOf = (index: number, { listener, virtualHost, route, object, clusters }: Passage): string =>
  [index, listener, virtualHost, route, object?.path, ...clusters.map(({ percent }) => percent.toFixed(3))].join(' ');

export interface Seen {
  readonly status: number;
  readonly flags: string;
  readonly cluster?: string;
}

/** Faults, and who of several gets it. */
export const chancesOf = (index: number, passage: Passage, seen: Seen): readonly Chance[] => {
  const key = keyOf(index, passage);
  const flagged = (flag: string) => seen.flags.split(',').includes(flag);
  const { abort, delay } = passage.faults ?? {};
  const aborted = abort !== undefined && flagged('FI') && seen.status === abort.status;
  const faults: Chance[] = [
    ...(abort && abort.percent < 100 ? [{ key: `${key} is aborted`, percent: abort.percent, happened: aborted }] : []),
    ...(delay && delay.percent < 100 ? [{ key: `${key} is delayed`, percent: delay.percent, happened: flagged('DI') }] : []),
  ];
  if (aborted || passage.clusters.length < 2) return faults;
  const shares = Map.groupBy(
    passage.clusters.filter(({ failure }) => !failure),
    ({ name }) => name,
  );
  const chosen = [...shares].map(([name, steps]) => {
    const percent = steps.reduce((sum, step) => sum + step.percent, 0);
    return { key: `${key} goes to ${name}`, percent, happened: seen.cluster === name };
  });
  return [...faults, ...chosen];
};

/**
 * Clusters whose endpoints are chosen without regard to what was asked, or to how busy they are: requests are over at once,
 * but one connection that stays open keeps all others away from its endpoint.
 */
const isEven = ({ loadBalancer, endpoints }: ClusterStep, { virtualHost }: Passage): boolean =>
  loadBalancer === 'ROUND_ROBIN' ||
  loadBalancer === 'RANDOM' ||
  (loadBalancer === 'LEAST_REQUEST' && virtualHost !== '' && endpoints.every(({ weight }) => weight === 1));

const onlyStep = ({ clusters }: Passage, at: string): ClusterStep | undefined => {
  const [only, ...others] = clusters.filter(({ name }) => name === clusterOf(at));
  return only && others.length === 0 && only.endpoints.length > 1 && endpointOf(at) !== '' ? only : undefined;
};

/** Which endpoint the first try meets. */
export const endpointChances = (index: number, passage: Passage, { at }: Arrival): readonly Chance[] => {
  const only = onlyStep(passage, at);
  if (!only || !isEven(only, passage)) return [];
  return only.endpoints.map(({ address, port, percent }) => ({
    ...{ key: `${index} ${only.name} chooses ${address}:${port}`, percent },
    happened: endpointOf(at) === `${address}:${port}`,
  }));
};

/** Choosing again, so often, an endpoint that was not tried (`hostSelectionRetryMaxAttempts`). */
const choices = 6;

/** Whether the second try meets another endpoint than the first: of equal ones chosen at random. */
export const retryChances = (index: number, passage: Passage, [first, second]: readonly Arrival[]): readonly Chance[] => {
  const only = first && onlyStep(passage, first.at);
  if (!first || !second || only?.loadBalancer !== 'RANDOM') return [];
  const ready = only.endpoints.filter(({ percent }) => percent > 0);
  if (ready.some(({ percent }) => percent !== ready[0]?.percent)) return [];
  const same = (1 / ready.length) ** (passage.retries?.otherEndpoint ? choices : 1);
  return [
    { key: `${keyOf(index, passage)} is tried elsewhere than at first`, percent: 100 * (1 - same), happened: first.at !== second.at },
  ];
};

export const mirrorChances = (index: number, passage: Passage, copies: readonly Arrival[]): readonly Chance[] =>
  (passage.mirrors ?? [])
    .filter(({ failure }) => !failure)
    .map(({ name, percent }) => ({
      ...{ key: `${keyOf(index, passage)} is mirrored to ${name}`, percent },
      happened: copies.some((copy) => clusterOf(copy.at) === name),
    }));
