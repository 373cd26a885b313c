/** Alerts about objectives whose budget burns. */
import { periodText } from '@weft/model';
import { burning } from '../objective/burning.ts';
import type { Count } from '../objective/events.ts';
import type { Objective } from '../objective/objective.ts';
import type { AlertRule, Observation } from './alert.ts';
import type { Inhibition } from './muting.ts';

const minute = 60_000;

/** The windows are what waits here; what comes back within the shortest of them is still the same trouble. */
export const budgetBurn: AlertRule = {
  name: 'ErrorBudgetBurn',
  labels: {},
  timing: { for: 0, keep: 5 * minute, missing: { leaves: 60 * minute } },
};

/** Who is woken need not read the ticket about it. */
export const pagesExplainTickets: Inhibition = {
  source: [
    { label: 'alertname', is: '=', value: budgetBurn.name },
    { label: 'severity', is: '=', value: 'page' },
  ],
  target: [
    { label: 'alertname', is: '=', value: budgetBurn.name },
    { label: 'severity', is: '=', value: 'ticket' },
  ],
  equal: ['namespace', 'objective'],
};

/** One observation for each pair of windows. */
export const budgetBurns = (objective: Objective, counts: readonly Count[], now: number): readonly Observation[] =>
  burning(objective, counts, now).map(({ condition, holds, reason }) => ({
    rule: budgetBurn.name,
    labels: {
      namespace: objective.namespace,
      objective: objective.name,
      severity: condition.severity,
      window: periodText(condition.long),
    },
    judgement: { holds: holds ?? 'unknown', reason },
  }));
