/**
 * Requests of each route by the minute, from records: metrics do not tell routes apart, since each label costs with every request. The
 * answer has the form in which metrics are asked for, so that whatever is computed of a service is computed of a route.
 */
import { latencyBounds } from '@weft/model';
import { type Asked, Gathered, type ObservedAll, type ObservedSubject, putterOf, stepOf } from '../golden/observed.ts';
import { missing } from '../istio/standard.ts';
import type { Labels } from '../prometheus/exposition.ts';
import { type Answered, groupLabels, isWhere, type Question } from '../query.ts';
import { type Histogram, total } from '../series/histogram.ts';
import { type Amount, inLongerSteps, type Measured, type Observations, type Step } from '../series/steps.ts';
import type { AccessRecord } from './record.ts';

/** The answers that one route gave one caller, alike in all that labels tell. */
export interface RouteCount {
  readonly labels: Labels;
  /** Start of the step, in Unix milliseconds. */
  readonly at: number;
  readonly durations: Histogram;
}

export const routeStep = 60_000;

const serviceLabels = (host: string): Labels => {
  const [name = '', namespace = ''] = host.split('.');
  const isOwn = /^[^.]+\.[^.]+\.svc(\.|$)/.test(host);
  return {
    destination_service: host || 'unknown',
    destination_service_name: isOwn ? name : host || 'unknown',
    destination_service_namespace: isOwn ? namespace : 'unknown',
  };
};

/** As in metrics, and the route. */
const labelsOf = ({ source, destination, request, flags, route }: AccessRecord): Labels => ({
  ...{ reporter: 'source', route },
  source_workload: source.workload || missing('source_workload'),
  source_workload_namespace: source.namespace || missing('source_workload_namespace'),
  source_principal: source.principal || missing('source_principal'),
  destination_workload: destination.workload || missing('destination_workload'),
  destination_workload_namespace: destination.namespace || missing('destination_workload_namespace'),
  ...serviceLabels(destination.service),
  request_protocol: request?.grpcStatus ? 'grpc' : 'http',
  response_code: `${request?.status ?? 0}`,
  grpc_response_status: request?.grpcStatus ?? '',
  response_flags: flags || missing('response_flags'),
});

const bucketOf = (duration: number): number => {
  const found = latencyBounds.findIndex((bound) => duration <= bound);
  return found < 0 ? latencyBounds.length : found;
};

interface Counting extends RouteCount {
  readonly durations: { readonly bounds: readonly number[]; readonly counts: number[]; sum: number };
}

const nothing = (labels: Labels, at: number): Counting => ({
  ...{ labels, at },
  durations: { bounds: latencyBounds, counts: Array<number>(latencyBounds.length + 1).fill(0), sum: 0 },
});

/** Of callers' proxies and gateways, which choose routes; the proxy of a server has one for all. */
export const routeCounts = (records: readonly AccessRecord[]): readonly RouteCount[] => {
  const byKey = new Map<string, Counting>();
  for (const record of records) {
    if (record.side !== 'source' || !record.request) continue;
    const at = record.at - (record.at % routeStep);
    const labels = labelsOf(record);
    const key = JSON.stringify([at, labels]);
    const known = byKey.get(key) ?? nothing(labels, at);
    byKey.set(key, known);
    const bucket = bucketOf(record.duration);
    known.durations.counts[bucket] = (known.durations.counts[bucket] ?? 0) + 1;
    known.durations.sum += record.duration;
  }
  return [...byKey.values()];
};

/** @param rows within the time that is asked for; each of `step` milliseconds */
export interface KeptRoutes {
  readonly rows: readonly RouteCount[];
  readonly step: number;
}

const lengthOf = (kept: number, { whole, from, to, step }: Pick<Question, 'whole' | 'from' | 'to' | 'step'>): number =>
  whole ? to - from : Math.ceil(Math.max(step, kept) / kept) * kept;

const answered = <Value extends Measured>(
  { rows, step: kept }: KeptRoutes,
  question: Question,
  valueOf: (durations: Histogram) => Value,
): Answered<Value> => {
  const { where, by, whole, from } = question;
  const length = lengthOf(kept, question);
  const groups = Map.groupBy(
    rows.filter(({ labels }) => isWhere(labels, where)),
    ({ labels }) => JSON.stringify(groupLabels(labels, by)),
  );
  return {
    step: length,
    gaps: [],
    groups: [...groups.values()].map((same) => {
      const steps = same
        .map(({ at, durations }): Step<Value> => ({ at: whole ? from : at, value: valueOf(durations) }))
        .sort((a, b) => a.at - b.at);
      return { labels: groupLabels(same[0]?.labels ?? {}, by), steps: whole ? together(steps, from) : inLongerSteps(steps, length) };
    }),
  };
};

/** All of the time is one step, wherever it begins. */
const together = <Value extends Measured>(steps: readonly Step<Value>[], from: number): readonly Step<Value>[] =>
  inLongerSteps(
    steps.map((step) => ({ ...step, at: 0 })),
    1,
  ).map((step) => ({ ...step, at: from }));

const amountOf = (durations: Histogram): Amount => ({ kind: 'amount', amount: total(durations) });

const metrics = { requests: 'istio_requests_total', durations: 'istio_request_duration_milliseconds' } as const;

/** What routes are counted by, and nothing else. */
export const isCountedOfRoutes = ({ metric }: Question): boolean => metric === metrics.requests || metric === metrics.durations;

/** All of it at once: each was counted with its duration. @param kept for each side that is asked for */
export const observedRoutes = (asked: Asked, kept: readonly KeptRoutes[]): ObservedAll => {
  const gathered = new Gathered<string>();
  const subjects = new Map<Labels, ObservedSubject>();
  const subjectOf = (labels: Labels): ObservedSubject => {
    const known = subjects.get(labels);
    if (known) return known;
    const own = groupLabels(labels, asked.by);
    const subject = gathered.subject(JSON.stringify(own), () => own);
    subjects.set(labels, subject);
    return subject;
  };
  const [putRequests, putDurations] = [putterOf(metrics.requests), putterOf(metrics.durations)];
  for (const { labels, at, durations } of kept.flatMap(({ rows }) => rows)) {
    const step = stepOf(subjectOf(labels), { at: asked.whole ? asked.from : at, gap: false });
    putRequests(step, amountOf(durations), labels);
    putDurations(step, { kind: 'observations', histogram: durations }, labels);
  }
  return { subjects: gathered.subjects, step: lengthOf(kept[0]?.step ?? routeStep, asked), gaps: [] };
};

/** `istio_requests_total`, and nothing else, by route. */
export const routeCounters = (kept: KeptRoutes, question: Question): Answered<Amount> =>
  question.metric === metrics.requests ? answered(kept, question, amountOf) : { step: question.step, groups: [], gaps: [] };

/** `istio_request_duration_milliseconds`. */
export const routeHistograms = (kept: KeptRoutes, question: Question): Answered<Observations> =>
  question.metric === metrics.durations
    ? answered(kept, question, (histogram) => ({ kind: 'observations', histogram }))
    : { step: question.step, groups: [], gaps: [] };
