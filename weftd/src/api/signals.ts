import { type SeriesMetric, type SignalSubject, seriesMetrics, signalSubjects } from '@weft/model';
import type { Where } from '@weft/signals';
import { sendJson } from './json.ts';
import { numberIn, onlyThese, type Query, spanIn, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;

const subjectIn = (query: Query): SignalSubject => {
  const asked = textIn(query, 'of');
  const subject = signalSubjects.find((one) => one === asked);
  if (!subject) throw new Refusal(400, `of must be one of ${signalSubjects.join(', ')}`);
  return subject;
};

/** `where=destination_workload=web`, and again for other labels and values. */
const whereIn = (query: Query): Where => {
  const pairs = [query.where ?? []].flat().map((text) => {
    const [, label = '', value = ''] = /^([a-z_]\w*)=(.*)$/.exec(text) ?? [];
    if (label === '') throw new Refusal(400, 'where must be label=value');
    return { label, value };
  });
  const byLabel = Map.groupBy(pairs, ({ label }) => label);
  return Object.fromEntries([...byLabel].map(([label, same]) => [label, same.map(({ value }) => value)]));
};

const isMetric = (name: string): name is SeriesMetric => Object.hasOwn(seriesMetrics, name);

const metricIn = (query: Query): SeriesMetric => {
  const asked = textIn(query, 'metric') ?? '';
  if (!isMetric(asked)) throw new Refusal(400, `metric must be one of ${Object.keys(seriesMetrics).join(', ')}`);
  return asked;
};

/** Each label more is as many series as it has values. */
const labelsAtMost = 6;

const byIn = (query: Query): readonly string[] => {
  const labels = (textIn(query, 'by') ?? '').split(',').filter(Boolean);
  if (labels.length > labelsAtMost || labels.some((label) => !/^[a-z_]\w*$/.test(label)))
    throw new Refusal(400, `by must be names of at most ${labelsAtMost} labels, with commas`);
  return labels;
};

const seenByIn = (query: Query): 'callers' | 'servers' => {
  const asked = textIn(query, 'seenBy') ?? 'callers';
  if (asked !== 'callers' && asked !== 'servers') throw new Refusal(400, 'seenBy must be callers or servers');
  return asked;
};

/** Steps so short that nobody could draw them. */
const refuseRange = (error: Error): never => {
  throw error instanceof RangeError ? new Refusal(400, error.message) : error;
};

export const signalRoutes: Routes = (server, { goldenSignals, seriesBy }) => {
  server.get<{ Querystring: Query }>('/signals', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'of', 'where', 'step', 'to', 'from');
    const step = numberIn(query, 'step');
    const search = { of: subjectIn(query), ...spanIn(query, tenMinutes), where: whereIn(query), ...(step !== undefined && { step }) };
    return sendJson(reply, await goldenSignals(search).catch(refuseRange));
  });

  server.get<{ Querystring: Query }>('/series', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'metric', 'by', 'seenBy', 'where', 'step', 'to', 'from');
    const step = numberIn(query, 'step');
    const span = { ...spanIn(query, tenMinutes), ...(step !== undefined && { step }) };
    const search = { metric: metricIn(query), by: byIn(query), seenBy: seenByIn(query), where: whereIn(query), ...span };
    return sendJson(reply, await seriesBy(search).catch(refuseRange));
  });
};
