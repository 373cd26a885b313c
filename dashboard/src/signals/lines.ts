/** Answers about measurements → lines of a chart. */
import type { LabelledSeries, Measure, SeriesAnswer } from '@weft/model';
import { isFailure } from '@weft/signals';
import type { Series } from '../kit/plot.ts';

export interface Lines {
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** How many lines there would be more. */
  readonly leftOut: number;
}

/** More are not told apart by colour. */
const most = 8;

/** Proxies are read every ten seconds, and what they said is kept a moment later. */
const settlingMs = 15_000;

/** Steps that are over: what is counted of the last one is not all that will be. */
const timesOf = ({ from, to, step }: SeriesAnswer, now: number): readonly number[] => {
  const first = from - (from % step);
  const end = Math.min(to, now - settlingMs);
  return Array.from({ length: Math.max(0, Math.floor((end - first) / step)) }, (_, index) => first + index * step);
};

export interface Reading {
  readonly nameOf: (labels: LabelledSeries['labels']) => string;
  /** @param seconds of one step. What is undefined is drawn as a gap. */
  readonly valueOf: (measure: Measure, seconds: number) => number | undefined;
  readonly toneOf?: (name: string) => Series['tone'];
  /** Where nothing was counted: 0 of a rate; undefined of a duration. */
  readonly nothing?: number;
  /** Unix milliseconds. */
  readonly now: number;
}

/** One line for each name, those with most first; where nobody looked there is a gap. */
export const linesOf = (answer: SeriesAnswer, { nameOf, valueOf, toneOf, nothing, now }: Reading): Lines => {
  const times = timesOf(answer, now);
  const gaps = new Set(answer.gaps);
  const seconds = answer.step / 1_000;
  const lines = answer.items.map(({ labels, series = [] }): Series => {
    const byTime = new Map(series.map((one) => [one.at, one]));
    return {
      name: nameOf(labels),
      values: times.map((time) => {
        const one = byTime.get(time);
        if (one) return valueOf(one, seconds);
        return gaps.has(time) ? undefined : nothing;
      }),
    };
  });
  const all = summed(lines).map((line) => ({ ...line, ...tonedBy(toneOf, line.name) }));
  return { times, series: all.slice(0, most), leftOut: Math.max(0, all.length - most) };
};

const tonedBy = (toneOf: Reading['toneOf'], name: string): Pick<Series, 'tone'> => {
  const tone = toneOf?.(name);
  return tone ? { tone } : {};
};

const add = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : a + (b ?? 0));

/** Lines of one name are one: answers of a class, not each code by itself. */
const summed = (lines: readonly Series[]): readonly Series[] => {
  const byName = Map.groupBy(lines, ({ name }) => name);
  return [...byName].map(([name, same]) => ({
    name,
    values: (same[0]?.values ?? []).map((_, index) =>
      same.reduce<number | undefined>((sum, { values }) => add(sum, values[index]), undefined),
    ),
  }));
};

export const perSecond = ({ count }: Measure, seconds: number): number => count / seconds;

/** Of all requests; nothing where there were none. */
export const failedShares = (answer: SeriesAnswer, nameOf: Reading['nameOf'], now: number): Lines => {
  const reading = { nameOf, valueOf: perSecond, nothing: 0, now };
  const all = linesOf(answer, reading);
  const failed = linesOf({ ...answer, items: answer.items.filter(({ labels }) => isFailedAnswer(labels)) }, reading);
  const failedBy = new Map(failed.series.map(({ name, values }) => [name, values]));
  const series = all.series.map(
    ({ name, values }): Series => ({
      name,
      values: values.map((value, index) => (value ? (failedBy.get(name)?.[index] ?? 0) / value : undefined)),
      ...(all.series.length === 1 && { tone: 'bad' as const }),
    }),
  );
  return { ...all, series };
};

const isFailedAnswer = ({ response_code: code = '', grpc_response_status: grpcStatus = '' }: LabelledSeries['labels']): boolean =>
  isFailure({ code, grpcStatus });

export interface Figure {
  readonly name: string;
  readonly answer: SeriesAnswer | undefined;
  readonly valueOf: Reading['valueOf'];
  readonly nothing?: number;
}

/** Several figures, each a line: of one answer, or each of its own. */
export const figureLines = (figures: readonly Figure[], now: number): Lines => {
  const each = figures.flatMap(({ name, answer, ...reading }) =>
    answer ? [linesOf(answer, { nameOf: () => name, now, ...reading })] : [],
  );
  return { times: each[0]?.times ?? [], series: each.flatMap(({ series }) => series), leftOut: 0 };
};

export const valueOf = (by: string, labels: LabelledSeries['labels']): string => labels[by] || 'none';

/** Two figures that belong together, broken down by a label where one is said: lines of each value stand beside each other. */
export const pairLines = (
  pair: readonly (Figure & { readonly answer: SeriesAnswer })[],
  { by, now }: { readonly by: string; readonly now: number },
): Lines => {
  const each = pair.map(({ name, answer, ...reading }) =>
    linesOf(answer, { ...reading, now, nameOf: (labels) => (by === '' ? name : `${valueOf(by, labels)}, ${name}`) }),
  );
  const longest = Math.max(...each.map(({ series }) => series.length));
  const mixed = Array.from({ length: longest }, (_, place) => each.flatMap(({ series }) => series[place] ?? [])).flat();
  return {
    times: each[0]?.times ?? [],
    series: mixed.slice(0, most),
    leftOut: each.reduce((sum, { leftOut }) => sum + leftOut, Math.max(0, mixed.length - most)),
  };
};

/** Bytes a second, of sizes. */
export const bytesPerSecond = ({ count, mean = 0 }: Measure, seconds: number): number => (count * mean) / seconds;

const tones: Readonly<Record<string, Series['tone']>> = { '2xx': 'good', '3xx': 'info', '4xx': 'warn', '5xx': 'bad', 'no answer': 'bad' };

export const toneOfClass = (name: string): Series['tone'] => tones[name];

export const classOf = ({ response_code: code = '', grpc_response_status: status = '' }: LabelledSeries['labels']): string => {
  if (code === '0' || code === '') return 'no answer';
  if (status !== '' && status !== '0') return `gRPC ${status}`;
  return `${code[0]}xx`;
};
