/**
 * The mesh's metrics on an Envoy's page, read a thousand proxies at a time: what is general about Prometheus' text is for `parseExposition`. Envoy
 * writes a family behind its TYPE, a histogram's lines together, with rising bounds and `le` as the last label; what is written otherwise is passed over.
 */

import { messagesLabel } from '@weft/model';

export interface PageSeries {
  /** As Istio calls it: `istio_requests_total`, `istio_request_bytes`. */
  readonly metric: string;
  readonly kind: 'counter' | 'histogram';
  /** What stands between the braces, without `le`. */
  readonly labels: string;
  /** Upper bounds of a histogram, the same array for all of one page's family. */
  readonly bounds: readonly number[];
  /** A counter's value; a histogram's observations in each bucket (one more than bounds) and their sum. Used again for the next series. */
  readonly values: readonly number[];
}

const newline = 10;

type Take = (series: PageSeries) => void;

/** From where on a line's labels stand. */
interface Block {
  readonly text: string;
  readonly metric: string;
  readonly end: number;
}

const prefix = 'envoy_istio_';
const type = `# TYPE ${prefix}`;

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};

const messages = new RegExp(`${messagesLabel}="(\\d+),(\\d+)"`);

/** Envoy counts calls that had as many messages. */
const messagesIn = (metric: string, labels: string): number => {
  if (!metric.endsWith('_messages_total')) return 1;
  const [, sent = '0', received = '0'] = messages.exec(labels) ?? [];
  return Number(metric.startsWith('istio_request') ? sent : received);
};

const readCounters = ({ text, metric, end }: Block, from: number, take: Take): void => {
  const start = `envoy_${metric}{`;
  for (let at = from; at < end; ) {
    const next = lineEnd(text, at);
    const close = text.lastIndexOf('}', next);
    if (text.startsWith(start, at) && close > at) {
      const value = Number(text.slice(close + 2, next));
      const labels = text.slice(at + start.length, close);
      if (value >= 0) take({ metric, kind: 'counter', labels, bounds: [], values: [value * messagesIn(metric, labels)] });
    }
    at = next + 1;
  }
};

/** Numbers and texts of the bounds, in their order; learnt of the first histogram. */
interface Bounds {
  readonly numbers: readonly number[];
  readonly texts: readonly string[];
}

/** Of the histogram that begins at `from`. */
const boundsAt = ({ text, end }: Block, from: number, start: string): Bounds => {
  const texts: string[] = [];
  for (let at = from; at < end && text.startsWith(start, at); ) {
    const next = lineEnd(text, at);
    const le = text.lastIndexOf('le="', next);
    const close = text.indexOf('"}', le);
    texts.push(text.slice(le + 4, close));
    at = next + 1;
    if (texts.at(-1) === '+Inf') break;
  }
  return { numbers: texts.slice(0, -1).map(Number), texts: texts.map((bound) => `le="${bound}"} `) };
};

/** @returns where its last line ends; undefined where it is not as Envoy writes it */
const readBuckets = ({ text }: Block, from: number, { labels, bounds, values }: Buckets): number | undefined => {
  let at = from;
  let below = 0;
  for (const [index, bound] of bounds.texts.entries()) {
    const le = at + labels;
    if (!text.startsWith(bound, le)) return undefined;
    let count = 0;
    // Digit by digit: most of what is read are these, and a number made of a text takes three times as long.
    for (at = le + bound.length; ; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      count = count * 10 + digit;
    }
    if (text.charCodeAt(at) !== newline || count < below) return undefined;
    values[index] = count - below;
    below = count;
    at += 1;
  }
  return at;
};

interface Buckets {
  /** How far it is from a line's start to its `le`. */
  readonly labels: number;
  readonly bounds: Bounds;
  readonly values: number[];
}

const readHistograms = (block: Block, from: number, take: Take): void => {
  const { text, metric, end } = block;
  const start = `envoy_${metric}_bucket{`;
  const sumStart = `envoy_${metric}_sum{`;
  const bounds = boundsAt(block, from, start);
  const values: number[] = Array(bounds.numbers.length + 2).fill(0);
  for (let at = from; at < end; ) {
    const first = lineEnd(text, at);
    const le = text.lastIndexOf('le="', first);
    const isFirst = text.startsWith(start, at) && le > at;
    const after = isFirst ? readBuckets(block, at, { labels: le - at, bounds, values }) : undefined;
    if (after === undefined || !text.startsWith(sumStart, after)) {
      at = first + 1;
      continue;
    }
    const labels = text.slice(at + start.length, Math.max(at + start.length, le - 1));
    const sumEnd = lineEnd(text, after);
    values[values.length - 1] = Number(text.slice(text.lastIndexOf('}', sumEnd) + 2, sumEnd));
    take({ metric, kind: 'histogram', labels, bounds: bounds.numbers, values });
    // Its `_count` is the last bucket's, again.
    at = lineEnd(text, sumEnd + 1) + 1;
  }
};

/** @param text of `/stats/prometheus` */
export const readPage = (text: string, take: Take): void => {
  for (let at = text.indexOf(type); at >= 0; ) {
    const next = text.indexOf('# TYPE ', at + type.length);
    const head = lineEnd(text, at);
    const [metric = '', kind] = text.slice(at + '# TYPE envoy_'.length, head).split(' ');
    const block: Block = { text, metric, end: next < 0 ? text.length : next };
    if (kind === 'counter') readCounters(block, head + 1, take);
    if (kind === 'histogram') readHistograms(block, head + 1, take);
    at = next < 0 ? -1 : text.indexOf(type, next);
  }
};
