/** Everything that was measured of some subjects, put together by subject and step. */
import type { Labels } from '../prometheus/exposition.ts';
import { type Answered, groupLabels, type Question, type SignalsQuery } from '../query.ts';
import type { Histogram } from '../series/histogram.ts';
import type { Window } from '../series/looks.ts';
import type { Measured } from '../series/steps.ts';
import { type Perspective, perspectives } from './subjects.ts';

/** Requests that were answered alike. */
export interface Answers {
  readonly code: string;
  readonly grpcStatus: string;
  readonly flags: string;
  readonly amount: number;
}

/** In one step. */
export interface Observed {
  readonly answers: Answers[];
  readonly durations: Histogram[];
  opened: number;
  closed: number;
  received: number;
  sent: number;
  gap: boolean;
}

export interface ObservedSubject {
  readonly labels: Labels;
  readonly steps: Map<number, Observed>;
}

export interface ObservedAll {
  readonly subjects: readonly ObservedSubject[];
  readonly step: number;
  readonly gaps: readonly number[];
  readonly looked?: Window;
}

export type Asked = Omit<Question, 'metric' | 'by'> & { readonly by: readonly string[]; readonly seenBy: Perspective };

const answerLabels = ['response_code', 'grpc_response_status', 'response_flags'];

const nothing = (): Observed => ({ answers: [], durations: [], opened: 0, closed: 0, received: 0, sent: 0, gap: false });

/** Subjects, by what tells one from the others, as they are found. */
export class Gathered<Key> {
  readonly #subjects = new Map<Key, ObservedSubject>();

  get subjects(): readonly ObservedSubject[] {
    return [...this.#subjects.values()];
  }

  subject(key: Key, labels: () => Labels): ObservedSubject {
    const known = this.#subjects.get(key);
    if (known) return known;
    const subject = { labels: labels(), steps: new Map<number, Observed>() };
    this.#subjects.set(key, subject);
    return subject;
  }
}

export const stepOf = ({ steps }: ObservedSubject, { at, gap }: { readonly at: number; readonly gap: boolean }): Observed => {
  let step = steps.get(at);
  if (!step) {
    step = nothing();
    steps.set(at, step);
  }
  if (gap) step.gap = true;
  return step;
};

/** Counters that are added up, and as what: bytes as the server received and sent them, whatever the protocol. */
const addends = {
  istio_tcp_connections_opened_total: 'opened',
  istio_tcp_connections_closed_total: 'closed',
  istio_tcp_received_bytes_total: 'received',
  istio_tcp_sent_bytes_total: 'sent',
  istio_request_bytes_sum: 'received',
  istio_response_bytes_sum: 'sent',
} as const;

/** One question of those that together say everything. */
export interface Part {
  readonly kind: 'counters' | 'histograms';
  readonly question: Question;
}

const requestsMetric = 'istio_requests_total';

export const questionsOf = ({ by, seenBy, where = {}, ...asked }: Asked): readonly Part[] =>
  perspectives[seenBy].flatMap((side): Part[] => {
    const question = { ...asked, by, where: { ...where, ...side } };
    return [
      { kind: 'counters', question: { ...question, metric: requestsMetric, by: [...by, ...answerLabels] } },
      { kind: 'histograms', question: { ...question, metric: 'istio_request_duration_milliseconds' } },
      ...Object.keys(addends).map((metric): Part => ({ kind: 'counters', question: { ...question, metric } })),
    ];
  });

const fieldOf = (metric: string): (typeof addends)[keyof typeof addends] | undefined => addends[metric as keyof typeof addends];

/** Puts what was asked of this metric into a step. */
export const putterOf = (metric: string): ((into: Observed, value: Measured, labels: Labels) => void) => {
  const field = fieldOf(metric);
  return (into, value, labels) => {
    if (value.kind === 'observations') into.durations.push(value.histogram);
    if (value.kind !== 'amount') return;
    if (field) {
      into[field] += value.amount;
      return;
    }
    const { response_code: code = '', grpc_response_status: grpcStatus = '', response_flags: flags = '' } = labels;
    into.answers.push({ code, grpcStatus, flags, amount: value.amount });
  };
};

/** Measurements, and perhaps who keeps them and can put them together while it reads them. */
export interface ObservedQuery extends SignalsQuery {
  observe?(asked: Asked): ObservedAll;
}

/** One after another: the store answers one at a time. */
export const observe = async (query: ObservedQuery, asked: Asked): Promise<ObservedAll> => {
  if (query.observe) return query.observe(asked);
  const gathered = new Gathered<string>();
  let first: Answered<Measured> | undefined;
  for (const { kind, question } of questionsOf(asked)) {
    const answer: Answered<Measured> = await query[kind](question);
    first ??= answer;
    const put = putterOf(question.metric);
    for (const { labels, steps } of answer.groups) {
      // No label has a 0.
      const key = asked.by.map((label) => labels[label] ?? '').join('\0');
      const subject = gathered.subject(key, () => groupLabels(labels, asked.by));
      for (const { at, gap = false, value } of steps) put(stepOf(subject, { at, gap }), value, labels);
    }
  }
  return {
    ...{ subjects: gathered.subjects, step: first?.step ?? asked.step, gaps: first?.gaps ?? [] },
    ...(first?.looked && { looked: first.looked }),
  };
};
