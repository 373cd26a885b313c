/** Rules about any metric at all. */
import { type MetricSignal, periodText } from '@weft/model';
import type { Labels } from '../../prometheus/exposition.ts';
import type { Question, SeriesGroup, Where } from '../../query.ts';
import type { Measured } from '../../series/steps.ts';
import { judgedBy } from './bound.ts';
import { isBlind, lastOf, lookBack, sumOf } from './steps.ts';
import type { Judge, Watch } from './watch.ts';

/** A namespace's own rules see what its workloads tell; Istio's metrics say so by who reports. */
const scopes = (name: string, namespace: string | undefined): readonly Where[] => {
  if (namespace === undefined) return [{}];
  if (!name.startsWith('istio_')) return [{ namespace: [namespace] }];
  return (['source', 'destination'] as const).map((reporter) => ({
    reporter: [reporter],
    [`${reporter}_workload_namespace`]: [namespace],
  }));
};

/** What both let through; undefined: nothing. */
const both = (where: Where, scope: Where): Where | undefined => {
  const labels = [...new Set([...Object.keys(where), ...Object.keys(scope)])];
  const values = labels.map((label) => {
    const [said, own] = [where[label], scope[label]];
    return [label, said && own ? said.filter((value) => own.includes(value)) : (said ?? own ?? [])] as const;
  });
  return values.every(([, allowed]) => allowed.length > 0) ? Object.fromEntries(values) : undefined;
};

const questionsOf = ({ name, where = {}, by = [] }: MetricSignal, watch: Watch, now: number): readonly Question[] =>
  scopes(name, watch.namespace).flatMap((scope) => {
    const wanted = both(where, scope);
    return wanted ? [{ metric: name, where: wanted, by, ...lookBack(watch, now) }] : [];
  });

const together = <Value extends Measured>(groups: readonly SeriesGroup<Value>[]): readonly SeriesGroup<Value>[] =>
  [...Map.groupBy(groups, ({ labels }) => JSON.stringify(labels)).values()].map((members) => ({
    labels: members[0]?.labels ?? {},
    steps: members.flatMap(({ steps }) => steps).sort((a, b) => a.at - b.at),
  }));

const labelsOf = ({ labels }: SeriesGroup<Measured>, { namespace }: Watch): Labels => ({
  ...Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
  ...(namespace !== undefined && { namespace }),
});

export const counter: Judge = async (watch, { query, now }) => {
  const { counter: metric = { name: '' } } = watch.signal;
  const answers = await Promise.all(questionsOf(metric, watch, now).map((question) => query.counters(question)));
  const blind = answers.some((answered) => isBlind(answered, watch, now));
  return together(answers.flatMap(({ groups }) => groups)).map((group) => {
    const perSecond = blind ? undefined : (sumOf(lastOf(group, watch, now)) * 1000) / watch.window;
    const words = (value: string): string => `${metric.name} grew by ${value} a second in ${periodText(watch.window)}`;
    return { rule: watch.rule.name, labels: labelsOf(group, watch), judgement: judgedBy(metric, perSecond, words) };
  });
};

export const gauge: Judge = async (watch, { query, now }) => {
  const { gauge: metric = { name: '' } } = watch.signal;
  const answers = await Promise.all(questionsOf(metric, watch, now).map((question) => query.gauges(question)));
  return together(answers.flatMap(({ groups }) => groups)).map((group) => {
    const last = lastOf(group, watch, now).at(-1)?.value;
    // Of several that told it, the one that is furthest out.
    const judgement = judgedBy(metric, metric.above === undefined ? last?.min : last?.max, (value) => `${metric.name} is ${value}`);
    return { rule: watch.rule.name, labels: labelsOf(group, watch), judgement };
  });
};
