/** Families → text that any Prometheus reads: 0.0.4, or OpenMetrics, which alone carries exemplars and units. */
import type { Exemplar, Family, Format, Labels, Sample } from './exposition.ts';

export const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const helpText = (text: string, format: Format): string =>
  format === 'openmetrics' ? escaped(text) : text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const writeNumber = (value: number): string => {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
};

const labelSet = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const time = (at: number, format: Format): string => (format === 'openmetrics' ? String(at / 1000) : String(Math.round(at)));

const exemplar = ({ labels, value, at }: Exemplar): string =>
  ` # ${labelSet(labels) || '{}'} ${writeNumber(value)}${at === undefined ? '' : ` ${time(at, 'openmetrics')}`}`;

const line = ({ name, labels, value, at, exemplar: shown }: Sample, format: Format): string =>
  `${name}${labelSet(labels)} ${writeNumber(value)}${at === undefined ? '' : ` ${time(at, format)}`}${
    shown && format === 'openmetrics' ? exemplar(shown) : ''
  }`;

/** 0.0.4 has five types; the others are gauges to it. */
const typeName = (type: Family['type'], format: Format): string => {
  if (format === 'openmetrics') return type;
  if (type === 'unknown') return 'untyped';
  return ['counter', 'gauge', 'histogram', 'summary'].includes(type) ? type : 'gauge';
};

/** 0.0.4 knows no suffixes of counters: the family is called as its samples are, and `_created` is a family of its own. */
const named = ({ name, type, samples }: Family, format: Format): string =>
  format === 'text' && type === 'counter' && samples.some((sample) => sample.name === `${name}_total`) ? `${name}_total` : name;

/** A counter whose samples do not end in `_total` is none to OpenMetrics. */
const typed = (family: Family, format: Format): Family =>
  format === 'openmetrics' && family.type === 'counter' && family.samples.some(({ name }) => name === family.name)
    ? { ...family, type: 'unknown' }
    : family;

const withoutCreation = (family: Family, format: Format): readonly Sample[] =>
  format === 'text' ? family.samples.filter(({ name }) => name !== `${family.name}_created`) : family.samples;

/** What stands above a family's samples. */
export const headOf = (written: Family, format: Format): string => {
  const family = typed(written, format);
  const name = named(family, format);
  return [
    ...(family.help === undefined ? [] : [`# HELP ${name} ${helpText(family.help, format)}`]),
    `# TYPE ${name} ${typeName(family.type, format)}`,
    ...(family.unit && format === 'openmetrics' ? [`# UNIT ${name} ${family.unit}`] : []),
    '',
  ].join('\n');
};

export const linesOf = (family: Family, format: Format): string =>
  withoutCreation(family, format)
    .map((sample) => `${line(sample, format)}\n`)
    .join('');

export const ending = (format: Format): string => (format === 'openmetrics' ? '# EOF\n' : '');
