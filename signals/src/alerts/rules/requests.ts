/** Rules about requests: how many fail, how long they take, how many there are. */
import { parseThreshold, periodText } from '@weft/model';
import { isCounted, isFailure } from '../../objective/events.ts';
import { answerLabels, answerOf, durationsOf, requestsOf } from '../../objective/requests.ts';
import type { Labels } from '../../prometheus/exposition.ts';
import type { SeriesGroup } from '../../query.ts';
import { mergeHistograms, quantile } from '../../series/histogram.ts';
import type { Amount } from '../../series/steps.ts';
import type { Observation } from '../alert.ts';
import type { Judgement } from '../state.ts';
import { judgedBy } from './bound.ts';
import { isBlind, lastOf, lookBack, remembered, stepFor, sumOf } from './steps.ts';
import { bySubject, wantedOf } from './subject.ts';
import type { Judge, Look, Watch } from './watch.ts';

const askedOf = (
  watch: Watch,
  now: number,
  { windows, more = [] }: { readonly windows?: number; readonly more?: readonly string[] } = {},
) => {
  const { by, ...wanted } = wantedOf(watch);
  return {
    ...lookBack(watch, now, windows),
    ...wanted,
    by: [...by, ...more],
    ...(watch.subject.caller && { caller: watch.subject.caller }),
  };
};

const observation = ({ rule }: Watch, labels: Labels, judgement: Judgement): Observation => ({ rule: rule.name, labels, judgement });

export const errors: Judge = async (watch, { query, now }: Look) => {
  const { groups } = await requestsOf(query, askedOf(watch, now, { more: answerLabels }));
  return bySubject(groups, watch).map(([labels, members]) => {
    const counted = members.filter((group) => isCounted(answerOf(group)));
    const all = counted.reduce((sum, group) => sum + sumOf(lastOf(group, watch, now)), 0);
    const failed = counted.filter((group) => isFailure(answerOf(group))).reduce((sum, group) => sum + sumOf(lastOf(group, watch, now)), 0);
    const share = all === 0 ? undefined : (100 * failed) / all;
    const words = (value: string): string => `${value} % of ${Math.round(all)} requests failed in ${periodText(watch.window)}`;
    return observation(watch, labels, judgedBy(watch.signal.errors ?? {}, share, words));
  });
};

export const latency: Judge = async (watch, { query, now }) => {
  const { percentile = 99, above = '' } = watch.signal.latency ?? {};
  const { groups } = await durationsOf(query, askedOf(watch, now));
  return bySubject(groups, watch).map(([labels, members]) => {
    const histograms = members.flatMap((group) => lastOf(group, watch, now).map(({ value }) => value.histogram));
    const found = quantile(mergeHistograms(histograms), percentile / 100);
    const words = (value: string): string => `p${percentile} was ${value} ms in ${periodText(watch.window)}`;
    return observation(watch, labels, judgedBy({ above: parseThreshold(above) ?? 0 }, found?.value, words));
  });
};

export const traffic: Judge = async (watch, { query, now }) => {
  const answered = await requestsOf(query, askedOf(watch, now));
  const blind = isBlind(answered, watch, now);
  return bySubject(answered.groups, watch).map(([labels, members]) => {
    const amount = members.reduce((sum, group) => sum + sumOf(lastOf(group, watch, now)), 0);
    const perSecond = blind ? undefined : (amount * 1000) / watch.window;
    const words = (value: string): string => `${value} requests a second in ${periodText(watch.window)}`;
    return observation(watch, labels, judgedBy(watch.signal.traffic ?? {}, perSecond, words));
  });
};

/** Windows before the last request that all must have had some: who is called now and then is not missed. */
const steady = 6;

/** Nobody is missed for ever. */
const missed = remembered * 2;

const silence = (members: readonly SeriesGroup<Amount>[], watch: Watch, now: number): Judgement => {
  const { window } = watch;
  const times = members.flatMap(({ steps }) => steps.filter(({ value }) => value.amount > 0).map(({ at }) => at));
  const last = Math.max(...times);
  // A step is as late as its end.
  const quiet = now - last - stepFor(watch);
  if (!Number.isFinite(last) || quiet < window) return { holds: false, reason: 'there is traffic' };
  const seen = new Set(times.map((at) => Math.floor((last - at) / window)));
  const isSteady = Array.from({ length: steady }, (_, index) => seen.has(index)).every(Boolean);
  const words = `no request for ${periodText(Math.floor(quiet / 1000) * 1000)}`;
  return isSteady
    ? { holds: true, reason: `${words}, after requests in each ${periodText(window)} before` }
    : { holds: false, reason: `${words}, as before now and then` };
};

export const noTraffic: Judge = async (watch, { query, now }) => {
  const answered = await requestsOf(query, askedOf(watch, now, { windows: missed + steady }));
  const blind = isBlind(answered, watch, now);
  return bySubject(answered.groups, watch).map(([labels, members]) =>
    observation(watch, labels, blind ? { holds: 'unknown', reason: 'nobody looked' } : silence(members, watch, now)),
  );
};
