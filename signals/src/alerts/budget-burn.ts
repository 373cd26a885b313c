/** Alerts about objectives whose budget burns. */
import { periodText } from '@weft/model';
import { burning } from '../objective/burning.ts';
import type { Count } from '../objective/events.ts';
import type { BurnRate, Objective } from '../objective/objective.ts';
import type { AlertRule, Observation } from './alert.ts';
import type { Inhibition } from './muting.ts';

const minute = 60_000;

const alertname = 'error-budget-burn';

const ruleName = ({ namespace, name }: Objective, { long }: BurnRate): string => `${namespace}/${name} ${alertname} ${periodText(long)}`;

/** The windows are what waits here; what comes back within the short one, or five minutes, is still the same trouble. */
export const budgetBurnRules = (objective: Objective): readonly AlertRule[] =>
  objective.burnRates.map((condition) => ({
    name: ruleName(objective, condition),
    labels: { alertname },
    timing: { for: 0, keep: Math.min(condition.short, 5 * minute), missing: { leaves: 60 * minute } },
  }));

/** Who is woken need not read the ticket about it. */
export const pagesExplainTickets: Inhibition = {
  source: [
    { label: 'alertname', is: '=', value: alertname },
    { label: 'severity', is: '=', value: 'page' },
  ],
  target: [
    { label: 'alertname', is: '=', value: alertname },
    { label: 'severity', is: '=', value: 'ticket' },
  ],
  equal: ['namespace', 'objective'],
};

/** One observation for each pair of windows. */
export const budgetBurns = (objective: Objective, counts: readonly Count[], now: number): readonly Observation[] =>
  burning(objective, counts, now).map(({ condition, holds, reason }) => ({
    rule: ruleName(objective, condition),
    labels: {
      namespace: objective.namespace,
      objective: objective.name,
      severity: condition.severity,
      window: periodText(condition.long),
    },
    judgement: { holds: holds ?? 'unknown', reason },
  }));
