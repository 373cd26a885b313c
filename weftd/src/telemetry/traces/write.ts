import type { Database } from '../../store/database.ts';
import { bounds } from './bounds.ts';
import type { ToldSpan } from './otlp.ts';

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** What is not searched by. */
const restOf = ({ workload, pod, message, attributes, events }: ToldSpan): string =>
  JSON.stringify({ workload, pod, message, attributes, events });

/** @returns how many spans were kept; one that comes again, as it does when an answer was lost, counts as kept */
export const writerIn = ({ sql }: Database): ((spans: readonly ToldSpan[], received: number) => number) => {
  const known = sql.prepare('SELECT spans FROM traces WHERE id = ?');
  const put = sql.prepare('INSERT OR IGNORE INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const count = sql.prepare(`
    INSERT INTO traces VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (id) DO UPDATE SET
    start = min(start, excluded.start), finish = max(finish, excluded.finish), spans = spans + 1, failed = failed + excluded.failed
  `);

  const one = (span: ToldSpan, received: number): boolean => {
    const trace = bytesOf(span.trace);
    if (Number(known.get(trace)?.spans ?? 0) >= bounds.spansInTrace) return false;
    const { service, namespace, name, kind, at, duration } = span;
    const parent = span.parent === undefined ? null : bytesOf(span.parent);
    const failed = Number(span.failed);
    const { changes } = put.run(trace, bytesOf(span.id), parent, service, namespace, name, kind, at, duration, failed, restOf(span));
    if (changes > 0) count.run(trace, received, at, at + duration, failed);
    return true;
  };
  return (spans, received) => spans.filter((span) => one(span, received)).length;
};
