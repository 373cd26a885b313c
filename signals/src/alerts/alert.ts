/** Alerts and the rules that they come of. */
import { type Labels, seriesKey } from '../prometheus/exposition.ts';
import type { AlertState, Judgement, Timing } from './state.ts';

export interface AlertRule {
  /** There is one of each name. */
  readonly name: string;
  /** Beside those of what was seen; a rule's own win. With `alertname` where people call it otherwise. */
  readonly labels: Labels;
  readonly timing: Timing;
}

/** What a rule says of one thing. */
export interface Observation {
  readonly rule: string;
  readonly labels: Labels;
  readonly judgement: Judgement;
}

export interface Alert {
  /** The same for the same rule and labels, also after a restart. */
  readonly id: string;
  readonly rule: string;
  readonly labels: Labels;
  readonly state: AlertState;
  /** Why it is in this state. */
  readonly reason: string;
}

export const alertId = (rule: string, labels: Labels): string => seriesKey(rule, labels);

/** The name is a label too, as in Prometheus, so that matchers find it. */
export const labelsOf = ({ name, labels }: AlertRule, seen: Labels): Labels => ({ ...seen, alertname: name, ...labels });
