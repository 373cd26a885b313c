import type { SQLOutputValue } from 'node:sqlite';
import type { Span, SpanKind, Trace, TraceExemplar, TraceSearch, TraceSummary } from '@weft/model';
import type { TracedSpan } from '@weft/signals';
import type { Database } from '../../store/database.ts';

export interface ExemplarSearch {
  readonly service: string;
  readonly namespace?: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds; up to `maxDuration`, which is left out: the bounds of a bucket. */
  readonly minDuration: number;
  readonly maxDuration?: number;
  readonly limit: number;
}

type Row = Record<string, SQLOutputValue>;

const hex = (value: SQLOutputValue | undefined): string => Buffer.from(value as Uint8Array).toString('hex');

const ever = Number.MAX_VALUE;

/** The rest of a span as `write.ts` puts it down. */
type Rest = Pick<Span, 'workload' | 'pod' | 'message' | 'attributes' | 'events'>;

const spanOf = (row: Row): Span => {
  const { workload, pod, message, attributes, events } = JSON.parse(String(row.more)) as Rest;
  return {
    id: hex(row.id),
    ...(row.parent !== null && { parent: hex(row.parent) }),
    name: String(row.name),
    kind: String(row.kind) as SpanKind,
    at: Number(row.start),
    duration: Number(row.duration),
    service: String(row.service),
    namespace: String(row.namespace),
    workload,
    pod,
    failed: row.failed === 1,
    ...(message !== undefined && { message }),
    attributes,
    events,
  };
};

/** Which traces, by their spans at a service, the newest first and once for each span: all of one that is asked for lies in the index. */
const ofService = `
  SELECT trace AS id FROM spans
  WHERE service = :service AND start >= :from AND start < :to AND duration >= :min AND duration < :max
    AND (:failed IS NULL OR failed = :failed) AND (:namespace IS NULL OR namespace = :namespace)
  ORDER BY start DESC`;

const ofTrace = `finish - traces.start >= :min AND finish - traces.start < :max AND (:failed IS NULL OR (traces.failed > 0) = :failed)`;

const ofNamespace = `
  SELECT trace AS id FROM spans CROSS JOIN traces ON traces.id = trace
  WHERE namespace = :namespace AND spans.start >= :from AND spans.start < :to AND ${ofTrace}
  ORDER BY spans.start DESC`;

const ofAny = `SELECT id FROM traces WHERE start >= :from AND start < :to AND ${ofTrace} ORDER BY start DESC`;

const answeredBy = `
  SELECT trace, id, start, duration FROM spans
  WHERE service = :service AND start >= :from AND start < :to AND duration >= :min AND duration < :max
    AND kind = 'server' AND (:namespace IS NULL OR namespace = :namespace)
  ORDER BY start DESC LIMIT :limit`;

const parameters = ({ from, to, minDuration: min = 0, maxDuration: max = ever }: Omit<TraceSearch, 'failed' | 'service' | 'limit'>) => ({
  ...{ from, to, min, max },
});

/** What proxies told of requests that they served and made, with whose each is. */
export type LatestSpan = TracedSpan & Pick<Span, 'namespace' | 'pod'>;

const latest = `
  SELECT spans.* FROM traces JOIN spans ON spans.trace = traces.id
  WHERE traces.start >= :from AND spans.kind IN ('server', 'client') ORDER BY traces.start DESC LIMIT :limit`;

export interface Search {
  /** Newest first. */
  latest(search: { readonly from: number; readonly limit: number }): readonly LatestSpan[];
  find(search: TraceSearch): readonly TraceSummary[];
  trace(id: string): Trace | undefined;
  exemplars(search: ExemplarSearch): readonly TraceExemplar[];
}

export const searchIn = ({ sql }: Database): Search => {
  const [byService, byNamespace, byTrace] = [sql.prepare(ofService), sql.prepare(ofNamespace), sql.prepare(ofAny)];
  const [byDuration, byTime] = [sql.prepare(answeredBy), sql.prepare(latest)];
  const counted = sql.prepare('SELECT * FROM traces WHERE id = ?');
  // What a trace began with: nobody called it, or whoever did told nothing of it.
  const first = sql.prepare(`
    SELECT service, namespace, name FROM spans AS span WHERE trace = ?
    ORDER BY parent IS NOT NULL AND EXISTS (SELECT 1 FROM spans WHERE trace = span.trace AND id = span.parent), start LIMIT 1`);
  const services = sql.prepare('SELECT DISTINCT service FROM spans WHERE trace = ? ORDER BY service');
  const spans = sql.prepare('SELECT * FROM spans WHERE trace = ? ORDER BY start, duration DESC');

  const summary = (id: SQLOutputValue): TraceSummary => {
    const row = counted.get(id) ?? {};
    const root = first.get(id) ?? {};
    return {
      id: hex(id),
      at: Number(row.start),
      duration: Number(row.finish) - Number(row.start),
      service: String(root.service),
      namespace: String(root.namespace),
      name: String(root.name),
      spans: Number(row.spans),
      failed: Number(row.failed),
      services: services.all(id).map(({ service }) => String(service)),
    };
  };

  const newestFirst = ({ service, namespace, failed, limit: _, ...search }: TraceSearch): Iterable<Row> => {
    const given = { ...parameters(search), failed: failed === undefined ? null : Number(failed) };
    if (service !== undefined) return byService.iterate({ ...given, service, namespace: namespace ?? null });
    return namespace === undefined ? byTrace.iterate(given) : byNamespace.iterate({ ...given, namespace });
  };

  /** As many as are asked for: what took part in each of a day's traces would be a day's spans. */
  const idsOf = (search: TraceSearch): readonly SQLOutputValue[] => {
    const found = new Map<string, SQLOutputValue>();
    for (const { id = null } of newestFirst(search)) {
      found.set(hex(id), id);
      if (found.size === search.limit) break;
    }
    return [...found.values()];
  };

  return {
    latest: ({ from, limit }) =>
      byTime.all({ from, limit }).map((row) => {
        const { id, kind, at, duration, attributes, namespace, pod } = spanOf(row);
        return { trace: hex(row.trace), id, kind, at, duration, attributes, namespace, pod };
      }),
    find: (search) => idsOf(search).map(summary),
    trace: (id) => {
      const found = spans.all(Buffer.from(id, 'hex')).map(spanOf);
      return found.length === 0 ? undefined : { id, spans: found };
    },
    exemplars: ({ service, namespace = null, limit, ...search }) =>
      byDuration.all({ ...parameters(search), service, namespace, limit }).map((row) => ({
        trace: hex(row.trace),
        span: hex(row.id),
        at: Number(row.start),
        duration: Number(row.duration),
      })),
  };
};
