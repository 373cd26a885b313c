/** Rules about any metric at all. */
import { type MetricSignal, periodText } from '@weft/model';
import type { Labels } from '../../prometheus/exposition.ts';
import type { Question } from '../../query.ts';
import { judgedBy } from './bound.ts';
import { isBlind, lastOf, lookBack, sumOf } from './steps.ts';
import type { Judge, Watch } from './watch.ts';

/** A namespace's own rules see what its workloads tell. */
const questionOf = ({ name, where, by }: MetricSignal, watch: Watch, now: number): Question => ({
  metric: name,
  where: { ...where, ...(watch.namespace !== undefined && { namespace: [watch.namespace] }) },
  by: [...new Set(['namespace', ...(by ?? [])])],
  ...lookBack(watch, now),
});

const named = (labels: Labels): Labels => Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));

export const counter: Judge = async (watch, { query, now }) => {
  const { counter: metric = { name: '' } } = watch.signal;
  const answered = await query.counters(questionOf(metric, watch, now));
  const blind = isBlind(answered, watch, now);
  return answered.groups.map((group) => {
    const perSecond = blind ? undefined : (sumOf(lastOf(group, watch, now)) * 1000) / watch.window;
    const words = (value: string): string => `${metric.name} grew by ${value} a second in ${periodText(watch.window)}`;
    return { rule: watch.rule.name, labels: named(group.labels), judgement: judgedBy(metric, perSecond, words) };
  });
};

export const gauge: Judge = async (watch, { query, now }) => {
  const { gauge: metric = { name: '' } } = watch.signal;
  const { groups } = await query.gauges(questionOf(metric, watch, now));
  return groups.map((group) => {
    const last = lastOf(group, watch, now).at(-1)?.value.last;
    return {
      rule: watch.rule.name,
      labels: named(group.labels),
      judgement: judgedBy(metric, last, (value) => `${metric.name} is ${value}`),
    };
  });
};
