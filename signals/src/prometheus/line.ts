/** One line with a sample: `name{label="value"} 1 1700000000000`, and in OpenMetrics an exemplar behind `#`. */
import type { Exemplar, Format, Labels, Sample } from './exposition.ts';

/** More than any exporter writes; what has more is no scrape but an attack. */
const maxLine = 65_536;
const maxLabels = 128;

/** What is read of a line, and where it goes on; or what is wrong. */
type Read<Value> = { readonly value: Value; readonly end: number } | string;

const name = /[A-Za-z_:][\w:]*[ \t]*/y;
const label = /[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|(?=\}))/y;
/** A comma may stand behind the last label. */
const closing = /[ \t]*\}/y;
/** Go's `strconv.ParseFloat` as far as anybody writes it; underscores and hexadecimal numbers are not. */
const number = String.raw`[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?)|NaN|nan`;
const observation = new RegExp(String.raw`[ \t]*(${number})(?:[ \t]+(${number}))?[ \t]*(?=#|$)`, 'y');
const exemplarStart = /#[ \t]*\{/y;

const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** Unknown escapes stand for themselves, as Prometheus reads them. */
const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/g, (both, character: string) => escapes[character] ?? both) : text;

const matched = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** Behind the opening brace. */
const readLabels = (text: string, from: number): Read<Labels> => {
  const pairs = new Map<string, string>();
  let at = from;
  for (let found = matched(label, text, at); found; found = matched(label, text, at)) {
    const [whole, key = '', value = '', comma] = found;
    if (pairs.has(key)) return `label \`${key}\` stands twice`;
    if (pairs.size === maxLabels) return `more than ${maxLabels} labels`;
    pairs.set(key, unescaped(value));
    at += whole.length;
    if (!comma) break;
  }
  const end = matched(closing, text, at);
  if (!end) return `the labels cannot be read from column ${at + 1} on`;
  // Not by assignment, to which `__proto__` would be no name like others.
  return { value: Object.fromEntries(pairs), end: at + end[0].length };
};

/** @param text what stands between the braces, without them */
export const labelsIn = (text: string): Labels | undefined => {
  const read = readLabels(`${text}}`, 0);
  return typeof read === 'string' ? undefined : read.value;
};

const none: Labels = {};

/** `Number` knows neither case nor sign of infinities. */
const readNumber = (text: string): number => {
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
};

interface Observation {
  readonly value: number;
  readonly at?: number;
}

/** OpenMetrics counts seconds, 0.0.4 milliseconds. */
const readObservation = (text: string, from: number, format: Format): Read<Observation> => {
  const found = matched(observation, text, from);
  if (!found) return `a value was expected at column ${from + 1}`;
  const [whole, value = '', time] = found;
  const at = time === undefined ? undefined : format === 'openmetrics' ? Math.round(readNumber(time) * 1000) : readNumber(time);
  if (at !== undefined && !Number.isFinite(at)) return 'the time is no number';
  return { value: { value: readNumber(value), ...(at !== undefined && { at }) }, end: from + whole.length };
};

const readExemplar = (text: string, from: number): Read<Exemplar> => {
  const start = matched(exemplarStart, text, from);
  if (!start) return `an exemplar was expected at column ${from + 1}`;
  const labels = readLabels(text, from + start[0].length);
  if (typeof labels === 'string') return labels;
  const seen = readObservation(text, labels.end, 'openmetrics');
  return typeof seen === 'string' ? seen : { value: { labels: labels.value, ...seen.value }, end: seen.end };
};

/** @returns what is wrong, where the line is no sample. */
export const readSample = (line: string, format: Format): Sample | string => {
  if (line.length > maxLine) return `a line of ${line.length} characters`;
  const start = matched(name, line, 0);
  if (!start) return 'no metric at the start of the line';
  const braced = line[start[0].length] === '{';
  const labels: Read<Labels> = braced ? readLabels(line, start[0].length + 1) : { value: none, end: start[0].length };
  if (typeof labels === 'string') return labels;
  const seen = readObservation(line, labels.end, format);
  if (typeof seen === 'string') return seen;
  const sample = { name: start[0].trimEnd(), labels: labels.value, ...seen.value };
  if (seen.end === line.length) return sample;
  const exemplar = format === 'openmetrics' ? readExemplar(line, seen.end) : `nothing more was expected at column ${seen.end + 1}`;
  if (typeof exemplar === 'string') return exemplar;
  return exemplar.end === line.length ? { ...sample, exemplar: exemplar.value } : `nothing more was expected at column ${exemplar.end + 1}`;
};
