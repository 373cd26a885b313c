/** One metric over time, one series for each combination of some labels' values: what breaks a figure down. */
import { type LabelledSeries, type Measure, type SeriesAnswer, type SeriesSearch, seriesMetrics } from '@weft/model';
import type { Labels } from '../prometheus/exposition.ts';
import { type Answered, groupLabels, type Question, type SignalsQuery, type Where } from '../query.ts';
import { total } from '../series/histogram.ts';
import { inLongerSteps, type Measured, type Step } from '../series/steps.ts';
import { latencyOf } from './figures.ts';
import { finenessOf } from './signals.ts';
import { perspectives } from './subjects.ts';

/** More than anybody tells apart by colour or reads in a table; of labels that callers choose there may be thousands. */
const most = 1_000;

const measureOf = (value: Measured): Measure => {
  switch (value.kind) {
    case 'amount':
      return { count: value.amount };
    case 'gauge':
      return { count: value.looks, max: value.max, ...(value.looks > 0 && { mean: value.sum / value.looks }) };
    case 'observations': {
      const count = total(value.histogram);
      const quantiles = latencyOf([value.histogram]);
      return { count, ...(count > 0 && { mean: value.histogram.sum / count }), ...(quantiles && { quantiles }) };
    }
  }
};

interface Group {
  readonly labels: Labels;
  readonly steps: Step<Measured>[];
}

/** What both perspectives' halves say of the same labels. */
const gathered = (answers: readonly Answered<Measured>[], by: readonly string[]): readonly Group[] => {
  const found = new Map<string, Group>();
  for (const { labels, steps } of answers.flatMap(({ groups }) => groups)) {
    const key = by.map((label) => labels[label] ?? '').join('\0');
    const known = found.get(key) ?? { labels: groupLabels(labels, by), steps: [] };
    found.set(key, known);
    known.steps.push(...steps);
  }
  return [...found.values()];
};

const seriesOf = ({ labels, steps }: Group, { step, isStepped }: { readonly step: number; readonly isStepped: boolean }): LabelledSeries => {
  const [all] = inLongerSteps(
    steps.map(({ value }) => ({ at: 0, value })),
    1,
  );
  const inOrder = inLongerSteps([...steps].sort((a, b) => a.at - b.at), step);
  return {
    labels,
    ...(all ? measureOf(all.value) : { count: 0 }),
    ...(isStepped && { series: inOrder.map(({ at, value, gap }) => ({ at, ...measureOf(value), ...(gap && { gap }) })) }),
  };
};

export const seriesBy = async (query: SignalsQuery, search: SeriesSearch): Promise<SeriesAnswer> => {
  const { metric, by, seenBy, from, to, where = {} } = search;
  const kind = seriesMetrics[metric];
  // Only traffic is counted at two ends.
  const sides: readonly Where[] = metric.startsWith('istio_') ? perspectives[seenBy] : [{}];
  const asked = search.step === undefined ? { step: finenessOf(to - from), whole: true } : { step: search.step };
  const answers: Answered<Measured>[] = [];
  // One after another: the store answers one at a time.
  for (const side of sides) {
    const question: Question = { ...asked, metric, by, from, to, where: { ...where, ...side } };
    answers.push(await query[kind](question));
  }
  const [first] = answers;
  const step = first?.step ?? asked.step;
  const items = gathered(answers, by)
    .map((group) => seriesOf(group, { step, isStepped: search.step !== undefined }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  return { from, to, step, gaps: first?.gaps ?? [], items: items.slice(0, most), leftOut: Math.max(0, items.length - most) };
};
