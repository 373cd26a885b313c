/** Everything that was measured of some subjects, put together by subject and step. */
import type { Labels } from '../prometheus/exposition.ts';
import { type Answered, groupLabels, type Question, type SignalsQuery } from '../query.ts';
import type { Histogram } from '../series/histogram.ts';
import type { Measured, Step } from '../series/steps.ts';
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
}

export type Asked = Omit<Question, 'metric' | 'by'> & { readonly by: readonly string[]; readonly seenBy: Perspective };

const answerLabels = ['response_code', 'grpc_response_status', 'response_flags'];

const nothing = (): Observed => ({ answers: [], durations: [], opened: 0, closed: 0, received: 0, sent: 0, gap: false });

class Collection {
  readonly #by: readonly string[];
  readonly #subjects = new Map<string, ObservedSubject>();

  constructor(by: readonly string[]) {
    this.#by = by;
  }

  get subjects(): readonly ObservedSubject[] {
    return [...this.#subjects.values()];
  }

  take<Value extends Measured>({ groups }: Answered<Value>, put: (into: Observed, value: Value, labels: Labels) => void): void {
    for (const { labels, steps } of groups) {
      const subject = this.#subject(labels);
      for (const step of steps) put(at(subject, step), step.value, labels);
    }
  }

  #subject(labels: Labels): ObservedSubject {
    // Some ten thousand groups are of some thousand subjects; no label has a 0.
    const key = this.#by.map((label) => labels[label] ?? '').join('\0');
    const known = this.#subjects.get(key) ?? { labels: groupLabels(labels, this.#by), steps: new Map() };
    this.#subjects.set(key, known);
    return known;
  }
}

const at = ({ steps }: ObservedSubject, step: Step<Measured>): Observed => {
  const known = steps.get(step.at) ?? nothing();
  steps.set(step.at, known);
  if (step.gap) known.gap = true;
  return known;
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

const putter =
  (metric: string) =>
  (into: Observed, value: Measured, labels: Labels): void => {
    if (value.kind === 'observations') into.durations.push(value.histogram);
    if (value.kind !== 'amount') return;
    const field = fieldOf(metric);
    if (field) {
      into[field] += value.amount;
      return;
    }
    const { response_code: code = '', grpc_response_status: grpcStatus = '', response_flags: flags = '' } = labels;
    into.answers.push({ code, grpcStatus, flags, amount: value.amount });
  };

/** @param answers to `questionsOf(asked)`, in their order */
export const together = (asked: Asked, answers: readonly Answered<Measured>[]): ObservedAll => {
  const found = new Collection(asked.by);
  for (const [index, { question }] of questionsOf(asked).entries()) {
    const answer = answers[index];
    if (answer) found.take(answer, putter(question.metric));
  }
  const [first] = answers;
  return { subjects: found.subjects, step: first?.step ?? asked.step, gaps: first?.gaps ?? [] };
};

/** One after another: the store answers one at a time. */
export const observe = async (query: SignalsQuery, asked: Asked): Promise<ObservedAll> => {
  const answers: Answered<Measured>[] = [];
  for (const { kind, question } of questionsOf(asked)) answers.push(await query[kind](question));
  return together(asked, answers);
};
