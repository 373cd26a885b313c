/**
 * Text of a scrape → families. Prometheus refuses a scrape for one bad line; here the other lines count and the bad one is told,
 * since a proxy's metrics must not be lost for what its application writes.
 */
import type { Exposition, Fault, Format, MetricType, Sample } from './exposition.ts';
import { readSample } from './line.ts';

const types: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  gaugehistogram: 'gaugehistogram',
  info: 'info',
  stateset: 'stateset',
  untyped: 'unknown',
  unknown: 'unknown',
};

const suffixes: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count', '_created'],
  info: ['_info'],
  gauge: [],
  stateset: [],
  unknown: [],
};

interface Growing {
  readonly name: string;
  type: MetricType;
  unit?: string;
  readonly samples: Sample[];
}

const meta = /^#[ \t]+(HELP|TYPE|UNIT)[ \t]+([A-Za-z_:][\w:]*)(?:[ \t]+(.*))?$/;

const unescaped = (text: string): string => text.replace(/\\([\\n"])/g, (_, character: string) => (character === 'n' ? '\n' : character));

/** A counter of 0.0.4 is called as its samples; of OpenMetrics, and here, without `_total`. */
const familyName = (name: string, type: MetricType): string =>
  type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;

/** A sample belongs to the family that it is called after, with or without a suffix of that family's type. */
const ownerOf = (name: string, families: ReadonlyMap<string, Growing>): Growing | undefined => {
  const own = families.get(name);
  if (own) return own;
  const cut = name.lastIndexOf('_');
  const base = cut > 0 ? families.get(name.slice(0, cut)) : undefined;
  return base && suffixes[base.type].includes(name.slice(cut)) ? base : undefined;
};

/** What was read so far. */
interface Reading {
  readonly format: Format;
  readonly families: Map<string, Growing>;
  /** HELP may stand before TYPE, which alone says how the family is called. */
  readonly helps: Map<string, string>;
  readonly faults: Fault[];
}

const familyOf = (name: string, type: MetricType, { families }: Reading): Growing => {
  const known = families.get(name);
  if (known) return known;
  const made: Growing = { name, type, samples: [] };
  families.set(name, made);
  return made;
};

/** TYPE; @returns what is wrong with it. */
const declare = (name: string, word: string, reading: Reading): string | undefined => {
  const type = types[word.trim()];
  if (!type) return `\`${word.slice(0, 40)}\` is no type`;
  const short = familyName(name, type);
  // A gauge may be called as a counter is without its suffix.
  const isTaken = (reading.families.get(short)?.samples.length ?? 0) > 0;
  const family = familyOf(isTaken ? name : short, type, reading);
  if (family.samples.length > 0) return `the type of \`${name}\` is said behind its samples`;
  family.type = type;
  return undefined;
};

/** HELP, TYPE and UNIT; every other comment says nothing. */
const readComment = (line: string, reading: Reading): string | undefined => {
  const [, keyword, name = '', rest = ''] = meta.exec(line) ?? [];
  if (keyword === 'HELP') reading.helps.set(name, unescaped(rest));
  if (keyword === 'UNIT') familyOf(name, 'unknown', reading).unit = rest;
  return keyword === 'TYPE' ? declare(name, rest, reading) : undefined;
};

const readLine = (line: string, reading: Reading): string | undefined => {
  if (line.startsWith('#')) return readComment(line, reading);
  const sample = readSample(line, reading.format);
  if (typeof sample === 'string') return sample;
  (ownerOf(sample.name, reading.families) ?? familyOf(sample.name, 'unknown', reading)).samples.push(sample);
  return undefined;
};

const finished = ({ families, helps, faults }: Reading): Exposition => ({
  families: [...families.values()]
    .filter(({ samples }) => samples.length > 0)
    .map((family) => {
      const help = helps.get(family.name) ?? helps.get(`${family.name}_total`);
      return { ...family, ...(help !== undefined && { help }) };
    }),
  faults,
});

export const parseExposition = (text: string, format: Format): Exposition => {
  const reading: Reading = { format, families: new Map(), helps: new Map(), faults: [] };
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '') continue;
    if (format === 'openmetrics' && line === '# EOF') return finished(reading);
    const message = readLine(line, reading);
    if (message) reading.faults.push({ line: index + 1, message });
  }
  // What was cut off on its way must not look like series that are gone (OpenMetrics 1.0, "EOF").
  if (format === 'openmetrics') reading.faults.push({ message: 'the text ends before `# EOF`' });
  return finished(reading);
};
