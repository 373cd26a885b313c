/** What counts for an objective, from what was measured. */
import type { SignalsQuery } from '../query.ts';
import { mergeHistograms } from '../series/histogram.ts';
import type { Window } from '../series/looks.ts';
import { availability, type Count, latency } from './events.ts';
import type { Objective } from './objective.ts';
import { answerLabels, answerOf, durationsOf, hostOf, requestsOf } from './requests.ts';

export interface Span extends Window {
  /** Milliseconds; only longer ones may be kept. */
  readonly step: number;
}

const byStep = <Found extends { readonly at: number }>(
  all: readonly Found[],
  count: (at: number, found: readonly Found[]) => Count,
): readonly Count[] => [...Map.groupBy(all, ({ at }) => at)].map(([at, found]) => count(at, found)).sort((a, b) => a.at - b.at);

/** Of each step in which there was something, in the order of time. Rejects where it cannot be measured. */
export const countsOf = async (objective: Objective, query: SignalsQuery, span: Span): Promise<readonly Count[]> => {
  const { subject, namespace, indicator } = objective;
  const where = {
    destination_service: [hostOf(subject.service, namespace)],
    ...(subject.route !== undefined && { route: [subject.route] }),
  };
  const asked = { ...span, where, caller: subject.caller ?? {} };
  if (indicator.kind === 'latency') {
    const { groups } = await durationsOf(query, asked);
    return byStep(
      groups.flatMap(({ steps }) => steps),
      (at, steps) => latency(at, mergeHistograms(steps.map(({ value }) => value.histogram)), indicator.threshold),
    );
  }
  const { groups } = await requestsOf(query, { ...asked, by: answerLabels });
  const answers = groups.flatMap((group) => group.steps.map(({ at, value }) => ({ at, amount: value.amount, ...answerOf(group) })));
  return byStep(answers, availability);
};
