/** Rules about requests to services: how many fail, how long they take, how many there are. */
import { parseThreshold, periodText } from '@weft/model';
import { isCounted, isFailure } from '../../objective/events.ts';
import { answerLabels, answerOf, durationsOf, hostOf, requestsOf } from '../../objective/requests.ts';
import type { Labels } from '../../prometheus/exposition.ts';
import type { SeriesGroup, Where } from '../../query.ts';
import { mergeHistograms, quantile } from '../../series/histogram.ts';
import type { Amount, Measured } from '../../series/steps.ts';
import type { Observation } from '../alert.ts';
import type { Judgement } from '../state.ts';
import { judgedBy } from './bound.ts';
import { isBlind, lastOf, lookBack, remembered, stepFor, sumOf } from './steps.ts';
import type { Judge, Look, Watch } from './watch.ts';

const serviceLabels = ['destination_service_name', 'destination_service_namespace'];

const whereOf = ({ subject, namespace }: Watch): Where => ({
  ...(subject.service !== undefined && { destination_service: [hostOf(subject.service, namespace ?? '')] }),
  ...(subject.service === undefined && namespace !== undefined && { destination_service_namespace: [namespace] }),
});

const labelsOf = ({ labels }: SeriesGroup<Measured>): Labels => ({
  namespace: labels['destination_service_namespace'] ?? '',
  service: labels['destination_service_name'] ?? '',
});

/** What no service of the mesh is answers to nobody's rule. */
const isService = ({ labels }: SeriesGroup<Measured>): boolean => {
  const namespace = labels['destination_service_namespace'] ?? '';
  return namespace !== '' && namespace !== 'unknown';
};

/** Series of one service, from whoever counted them. */
const byService = <Value extends Measured>(
  groups: readonly SeriesGroup<Value>[],
): readonly (readonly [Labels, readonly SeriesGroup<Value>[]])[] =>
  [...Map.groupBy(groups.filter(isService), (group) => JSON.stringify(labelsOf(group)))].map(([key, members]) => [
    JSON.parse(key) as Labels,
    members,
  ]);

const askedOf = (watch: Watch, now: number, windows?: number) => ({
  ...lookBack(watch, now, windows),
  where: whereOf(watch),
  ...(watch.subject.caller && { caller: watch.subject.caller }),
});

const observation = ({ rule }: Watch, labels: Labels, judgement: Judgement): Observation => ({ rule: rule.name, labels, judgement });

export const errors: Judge = async (watch, { query, now }: Look) => {
  const { groups } = await requestsOf(query, { ...askedOf(watch, now), by: [...serviceLabels, ...answerLabels] });
  return byService(groups).map(([labels, members]) => {
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
  const { groups } = await durationsOf(query, { ...askedOf(watch, now), by: serviceLabels });
  return byService(groups).map(([labels, members]) => {
    const histograms = members.flatMap((group) => lastOf(group, watch, now).map(({ value }) => value.histogram));
    const found = quantile(mergeHistograms(histograms), percentile / 100);
    const words = (value: string): string => `p${percentile} was ${value} ms in ${periodText(watch.window)}`;
    return observation(watch, labels, judgedBy({ above: parseThreshold(above) ?? 0 }, found?.value, words));
  });
};

export const traffic: Judge = async (watch, { query, now }) => {
  const answered = await requestsOf(query, { ...askedOf(watch, now), by: serviceLabels });
  const blind = isBlind(answered, watch, now);
  return byService(answered.groups).map(([labels, members]) => {
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

const silence = (members: readonly SeriesGroup<Amount>[], { window }: Watch, now: number): Judgement => {
  const times = members.flatMap(({ steps }) => steps.filter(({ value }) => value.amount > 0).map(({ at }) => at));
  const last = Math.max(...times);
  // A step is as late as its end.
  const quiet = now - last - stepFor(window);
  if (!Number.isFinite(last) || quiet < window) return { holds: false, reason: 'there is traffic' };
  const seen = new Set(times.map((at) => Math.floor((last - at) / window)));
  const isSteady = Array.from({ length: steady }, (_, index) => seen.has(index)).every(Boolean);
  const words = `no request for ${periodText(Math.floor(quiet / 1000) * 1000)}`;
  return isSteady
    ? { holds: true, reason: `${words}, after requests in each ${periodText(window)} before` }
    : { holds: false, reason: `${words}, as before now and then` };
};

export const noTraffic: Judge = async (watch, { query, now }) => {
  const answered = await requestsOf(query, { ...askedOf(watch, now, missed + steady), by: serviceLabels });
  const blind = isBlind(answered, watch, now);
  return byService(answered.groups).map(([labels, members]) =>
    observation(watch, labels, blind ? { holds: 'unknown', reason: 'nobody looked' } : silence(members, watch, now)),
  );
};
