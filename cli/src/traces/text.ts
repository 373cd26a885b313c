/** A trace as a person reads it: one line for each span, its bar in the time of the whole. */
import type { Span, Trace } from '@weft/model';
import { type Bar, type Waterfall, waterfall } from '@weft/signals';
import { printable } from '../output.ts';
import type { Terminal } from '../terminal.ts';

type Paint = Terminal['paint'];

const barWidth = 40;
const nameWidth = 48;

export const durationText = (ms: number): string => {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms * 1000)} µs`;
};

/** The smallest one is seen too. */
const barOf = ({ span, offset }: Bar, { duration }: Waterfall): string => {
  const scale = duration === 0 ? 0 : barWidth / duration;
  const start = Math.min(barWidth - 1, Math.floor(offset * scale));
  const length = Math.max(1, Math.min(barWidth - start, Math.round(span.duration * scale)));
  return `${' '.repeat(start)}${'█'.repeat(length)}`.padEnd(barWidth);
};

const statusOf = ({ attributes }: Span): string => attributes['http.status_code'] ?? attributes['http.response.status_code'] ?? '';

const flagsOf = ({ attributes }: Span): string => {
  const flags = attributes.response_flags ?? '-';
  return flags === '-' ? '' : flags;
};

const outcomeOf = (span: Span, paint: Paint): string => {
  const told = printable([statusOf(span), flagsOf(span), span.message].filter(Boolean).join(' '));
  return span.failed ? paint.red(told || 'failed') : told;
};

const nameOf = ({ span, depth }: Bar): string => {
  const text = printable(`${'  '.repeat(Math.min(depth, 12))}${span.service}.${span.namespace} ${span.kind} ${span.name}`);
  return (text.length > nameWidth ? `${text.slice(0, nameWidth - 1)}…` : text).padEnd(nameWidth);
};

const line = (bar: Bar, whole: Waterfall, paint: Paint): string => {
  const drawn = barOf(bar, whole);
  const coloured = bar.span.failed ? paint.red(drawn) : paint.cyan(drawn);
  return `${nameOf(bar)} ${coloured} ${durationText(bar.span.duration).padStart(9)}  ${outcomeOf(bar.span, paint)}`.trimEnd();
};

export const traceText = (trace: Trace, { paint }: Pick<Terminal, 'paint'>): string => {
  const whole = waterfall(trace);
  const head = `${paint.bold(trace.id)}  ${new Date(whole.at).toISOString()}  ${durationText(whole.duration)}, spans: ${whole.bars.length}`;
  return [head, '', ...whole.bars.map((bar) => line(bar, whole, paint))].join('\n');
};
