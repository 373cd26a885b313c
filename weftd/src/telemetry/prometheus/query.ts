/** What was measured, read from a server that speaks Prometheus' language, over its HTTP API. */
import {
  type Amount,
  type Answered,
  type Cumulative,
  fromCumulative,
  type Gauge,
  groupLabels,
  type Labels,
  type Observations,
  type Question,
  type SeriesGroup,
  type SignalsQuery,
  type Step,
  total,
} from '@weft/signals';
import { exchange } from '../../outbound/exchange.ts';
import type { Reach } from '../../outbound/guard.ts';
import { headersOf, type TelemetryReceiver } from '../hand-over/receivers.ts';
import { growthOf, type Lengths, looked, over, within } from './growth.ts';

/** Its address is its base, without `/api/v1/query`. */
export interface PrometheusServer extends TelemetryReceiver {
  readonly reach: Reach;
}

const answerMs = 30_000;
const maxBytes = 64 * 1024 * 1024;

interface Series {
  readonly metric: Labels;
  readonly values: readonly (readonly [at: number, value: string])[];
}

interface Told {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly result?: readonly Series[] };
}

/** The ends of steps, in Unix milliseconds: each step is told of at its end. */
interface Ends extends Lengths {
  readonly first: number;
  readonly last: number;
}

/** More would cost the server too much. */
const mostLooks = 11_000;
const finenesses = [60_000, 300_000, 3_600_000];

const finenessOf = ({ from, to, step }: Question): number =>
  finenesses.find((fine) => step % fine === 0 && (to - from) / fine <= mostLooks) ?? step;

const endsOf = (question: Question): Ends => {
  const { from, to, step, whole } = question;
  const [start, end] = [from - (from % step), Math.ceil(to / step) * step];
  const fine = finenessOf(question);
  return whole ? { first: end, last: end, step: end - start, fine } : { first: start + step, last: end, step, fine };
};

const parsed = (body: string, status: number): readonly Series[] => {
  let told: Told;
  try {
    told = JSON.parse(body) as Told;
  } catch (cause) {
    throw new Error(`the Prometheus server answers ${status}, and no JSON`, { cause });
  }
  if (told.status !== 'success') throw new Error(`the Prometheus server answers ${status}: ${(told.error ?? '').slice(0, 300)}`);
  return told.data?.result ?? [];
};

const ask = async (
  { address, credentials, reach }: PrometheusServer,
  query: string,
  { first, last, step }: Ends,
): Promise<readonly Series[]> => {
  if (!credentials) throw new Error('the Secret with which the Prometheus server is asked is not there, or says nothing that it could be');
  const [start, end, width] = [first, last, step].map((ms) => String(ms / 1000));
  const body = new URLSearchParams({ query, start: start ?? '', end: end ?? '', step: width ?? '' }).toString();
  const url = new URL(`${address}/api/v1/query_range`);
  const headers = { ...headersOf(credentials), 'content-type': 'application/x-www-form-urlencoded' };
  const limits = { signal: AbortSignal.timeout(answerMs), maxBytes };
  const reply = await exchange({ url, method: 'POST', headers, body, certificates: credentials }, reach, limits);
  return parsed(reply.body, reply.status);
};

/** Start of the step that ends then. */
const startOf = (at: number, { step }: Ends): number => Math.round(at * 1000) - step;

const gapsOf = async (server: PrometheusServer, question: Question): Promise<readonly number[]> => {
  const ends = endsOf({ ...question, whole: false });
  const [found] = await ask(server, `sum(count_over_time(${looked}${within(ends.step)}))`, ends);
  const seen = new Set((found?.values ?? []).map(([at]) => startOf(at, ends)));
  const starts = Array.from(
    { length: Math.round((ends.last - ends.first) / ends.step) + 1 },
    (_, index) => ends.first + (index - 1) * ends.step,
  );
  // What comes after the last look is not missing, but still to come.
  const last = Math.max(0, ...seen);
  return starts.filter((at) => at < last && !seen.has(at));
};

const amountsOf = ({ values }: Series, ends: Ends): ReadonlyMap<number, number> =>
  new Map(values.map(([at, value]) => [startOf(at, ends), Number(value)]));

const answered = <Value extends Amount | Observations | Gauge>(
  { step }: Question,
  groups: readonly SeriesGroup<Value>[],
  gaps: readonly number[],
): Answered<Value> => ({ step, groups: groups.filter(({ steps }) => steps.length > 0), gaps });

const counters = async (server: PrometheusServer, question: Question): Promise<Answered<Amount>> => {
  const ends = endsOf(question);
  const [found, gaps] = await Promise.all([ask(server, `${growthOf(question, ends)} > 0`, ends), gapsOf(server, question)]);
  const groups = found.map((series) => ({
    labels: groupLabels(series.metric, question.by),
    steps: [...amountsOf(series, ends)].map(([at, amount]): Step<Amount> => ({ at, value: { kind: 'amount', amount } })),
  }));
  return answered(question, groups, gaps);
};

interface Lines {
  readonly labels: Labels;
  /** By the step's start. */
  readonly buckets: Map<number, Cumulative[]>;
  readonly sums: Map<number, number>;
}

const observationsOf = ({ labels, buckets, sums }: Lines): SeriesGroup<Observations> => ({
  labels,
  steps: [...buckets]
    .sort(([a], [b]) => a - b)
    .flatMap(([at, lines]): readonly Step<Observations>[] => {
      const histogram = fromCumulative(lines, sums.get(at) ?? 0);
      return histogram && total(histogram) > 0 ? [{ at, value: { kind: 'observations', histogram } }] : [];
    }),
});

const histograms = async (server: PrometheusServer, question: Question): Promise<Answered<Observations>> => {
  const ends = endsOf(question);
  const part = (suffix: string): Question => ({ ...question, metric: `${question.metric}_${suffix}` });
  const [buckets, sums, gaps] = await Promise.all([
    ask(server, growthOf(part('bucket'), ends, ['le']), ends),
    ask(server, `${growthOf(part('sum'), ends)} > 0`, ends),
    gapsOf(server, question),
  ]);
  const byGroup = new Map<string, Lines>();
  const linesOf = ({ metric }: Series): Lines => {
    const labels = groupLabels(metric, question.by);
    const known = byGroup.get(JSON.stringify(labels)) ?? { labels, buckets: new Map(), sums: new Map() };
    byGroup.set(JSON.stringify(labels), known);
    return known;
  };
  for (const series of buckets) {
    const bound = series.metric['le'] === '+Inf' ? Infinity : Number(series.metric['le']);
    const lines = linesOf(series);
    for (const [at, count] of amountsOf(series, ends)) lines.buckets.set(at, [...(lines.buckets.get(at) ?? []), { bound, count }]);
  }
  for (const series of sums) for (const [at, sum] of amountsOf(series, ends)) linesOf(series).sums.set(at, sum);
  return answered(question, [...byGroup.values()].map(observationsOf), gaps);
};

const parts = ['min', 'max', 'sum', 'count', 'last'] as const;

const gauges = async (server: PrometheusServer, question: Question): Promise<Answered<Gauge>> => {
  const ends = endsOf(question);
  const [gaps, ...found] = await Promise.all([
    gapsOf(server, question),
    ...parts.map((what) => ask(server, over(what, question, ends.step), ends)),
  ]);
  const keyOf = ({ metric }: Series): string => JSON.stringify(groupLabels(metric, question.by));
  const [least, ...others] = found.map((all) => new Map(all.map((series) => [keyOf(series), amountsOf(series, ends)])));
  const groups = [...(least ?? [])].map(([key, minima]) => ({
    labels: JSON.parse(key) as Labels,
    steps: [...minima].map(([at, min]): Step<Gauge> => {
      const [max = min, sum = min, looks = 1, last = min] = others.map((one) => one.get(key)?.get(at));
      return { at, value: { kind: 'gauge', min, max, sum, looks, last } };
    }),
  }));
  return answered(question, groups, gaps);
};

export const prometheusQuery = (server: PrometheusServer): SignalsQuery => ({
  counters: (question) => counters(server, question),
  histograms: (question) => histograms(server, question),
  gauges: (question) => gauges(server, question),
});
