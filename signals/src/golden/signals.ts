/** Latency, traffic and errors of each service, workload, version, edge or caller. */
import type { GoldenSignals, NamedSaturation, Saturation, SignalsAnswer, SignalsSearch } from '@weft/model';
import { readFlags } from '../errors/flags.ts';
import type { Labels } from '../prometheus/exposition.ts';
import { isWhere, type Where } from '../query.ts';
import { overlap, type Window } from '../series/looks.ts';
import { figuresOf, reasonsOf } from './figures.ts';
import { type Observed, type ObservedAll, type ObservedQuery, type ObservedSubject, observe } from './observed.ts';
import { saturationOf } from './saturation.ts';
import { subjects } from './subjects.ts';

const second = 1_000;
const hour = 3_600 * second;

/** How finely the ends of a stretch are told: as finely as is kept of so long a time. */
export const finenessOf = (length: number): number => {
  if (length <= hour) return 10 * second;
  if (length <= 6 * hour) return 60 * second;
  return length <= 72 * hour ? 300 * second : hour;
};

/** What was refused since there was no more room is told by Envoy's flag. */
const fullOf = (measured: Saturation | undefined, all: readonly Observed[]): Saturation | undefined => {
  const overflowed = all
    .flatMap(({ answers }) => answers)
    .filter(({ flags }) => flags.includes('UO') && readFlags(flags).includes('UO'))
    .reduce((sum, { amount }) => sum + amount, 0);
  return overflowed > 0 ? { ...measured, overflowed } : measured;
};

const trafficOf = ({ requests, connectionsOpened }: GoldenSignals): number => requests + connectionsOpened;

/** Those with as much traffic by what they are called. */
const busiestFirst = (items: readonly GoldenSignals[]): readonly GoldenSignals[] =>
  items
    .map((item) => ({ item, name: Object.values(item.labels).join('\0') }))
    .sort((a, b) => trafficOf(b.item) - trafficOf(a.item) || (a.name < b.name ? -1 : 1))
    .map(({ item }) => item);

/** What rates are over: of what was before anybody looked, or is still to come, nobody says that nothing happened. */
const ratedIn = ({ looked, gaps, step }: ObservedAll, { from, to }: Window): Window => {
  if (looked) return { from: Math.max(from, looked.from), to: Math.min(to, looked.to) };
  const missing = new Set(gaps);
  let first = from - (from % step);
  while (missing.has(first)) first += step;
  return { from: Math.max(from, first), to };
};

/** Of nothing there is no rate. */
const lengthOf = (rated: Window, asked: Window): number => {
  const length = overlap(rated, asked);
  return length > 0 ? length : asked.to - asked.from;
};

/** Who had no traffic, of those that are asked for. */
const idle = (busy: readonly ObservedSubject[], known: readonly Labels[], where: Where = {}): readonly ObservedSubject[] => {
  const seen = new Set(busy.map(({ labels }) => JSON.stringify(labels)));
  return known
    .filter((labels) => !seen.has(JSON.stringify(labels)) && isWhere(labels, where))
    .map((labels) => ({ labels, steps: new Map() }));
};

/** @param measures what users want to know to be full, beside what is measured anyway */
export const goldenSignals = async (
  query: ObservedQuery,
  search: SignalsSearch,
  measures: readonly NamedSaturation[] = [],
): Promise<SignalsAnswer> => {
  const { of, from, to, step, where } = search;
  const { by, seenBy } = subjects[of];
  const fineness = finenessOf(to - from);
  const asked = step === undefined ? { step: fineness, whole: true as const } : { step };
  const observed = await observe(query, { by, seenBy, from, to, ...(where && { where }), ...asked });
  const rated = ratedIn(observed, { from, to });
  const seriesOf = (steps: ReadonlyMap<number, Observed>) =>
    [...steps]
      .sort(([a], [b]) => a - b)
      .map(([at, one]) => ({ at, ...figuresOf([one], lengthOf(rated, { from: at, to: at + observed.step })), ...(one.gap && { gap: true as const }) }));
  const saturation = await saturationOf(query, { of, measures, from, to, step: fineness, whole: true });
  const items = [...observed.subjects, ...idle(observed.subjects, saturation?.known ?? [], where)].map(({ labels, steps }): GoldenSignals => {
    const all = [...steps.values()];
    const full = fullOf(saturation?.of(labels), all);
    return {
      labels,
      ...figuresOf(all, lengthOf(rated, { from, to })),
      reasons: reasonsOf(all, seenBy),
      ...(full && { saturation: full }),
      ...(all.some(({ gap }) => gap) && { gap: true as const }),
      ...(step !== undefined && { series: seriesOf(steps) }),
    };
  });
  const missing = observed.gaps.length * observed.step;
  return {
    ...{ from, to, step: observed.step, known: Math.max(0, 1 - missing / (to - from)) },
    ...(rated.from > from && { since: rated.from }),
    items: busiestFirst(items),
  };
};
