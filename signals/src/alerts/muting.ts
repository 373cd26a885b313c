/** Who is told nothing, and why: silences that people set, and alerts that another alert explains. */
import type { Labels } from '../prometheus/exposition.ts';
import type { Alert } from './alert.ts';
import { allMatch, type Matcher } from './matcher.ts';

export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly comment: string;
}

/** While a source fires, targets with equal values of `equal` are not told. */
export interface Inhibition {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

export type Muted =
  | { readonly by: 'silence'; readonly silence: string }
  /** Id of the alert that explains it. */
  | { readonly by: 'inhibition'; readonly alert: string };

/** One without matchers would silence everything: it silences nothing. */
const silences = (silence: Silence, labels: Labels, now: number): boolean =>
  silence.matchers.length > 0 && silence.from <= now && now < silence.to && allMatch(silence.matchers, labels);

/** Of one that the inhibition is about. An alert that is both does not explain itself, nor others like it: two would explain each other away. */
const inhibits = ({ source, target, equal }: Inhibition, one: Alert, other: Alert): boolean =>
  allMatch(source, one.labels) &&
  !(allMatch(source, other.labels) && allMatch(target, one.labels)) &&
  equal.every((label) => (one.labels[label] ?? '') === (other.labels[label] ?? ''));

export interface Circumstances {
  readonly silences: readonly Silence[];
  readonly inhibitions: readonly Inhibition[];
  readonly alerts: readonly Alert[];
  readonly now: number;
}

export const mutedBy = (alert: Alert, { silences: all, inhibitions, alerts, now }: Circumstances): Muted | undefined => {
  const silence = all.find((one) => silences(one, alert.labels, now));
  if (silence) return { by: 'silence', silence: silence.id };
  // Most alerts are nobody's target.
  const about = inhibitions.filter(({ target }) => allMatch(target, alert.labels));
  if (about.length === 0) return undefined;
  const source = alerts.find(
    (one) => one.state.kind === 'firing' && one.id !== alert.id && about.some((inhibition) => inhibits(inhibition, one, alert)),
  );
  return source && { by: 'inhibition', alert: source.id };
};
