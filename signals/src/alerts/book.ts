/**
 * All alerts, silences and tellings as one value, and the only ways in which it changes. It is JSON: what was written to disk goes on after a
 * restart as if there had been none.
 */
import { type Alert, type AlertRule, alertId, labelsOf, type Observation } from './alert.ts';
import { withoutFuture } from './clock.ts';
import type { Circumstances, Inhibition, Silence } from './muting.ts';
import { advance } from './state.ts';
import { type Group, groupsOf, type Notification, notification, type Receiver, type Told } from './telling.ts';

export interface Book {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
  /** By group. */
  readonly told: Readonly<Record<string, Told>>;
}

export const emptyBook: Book = { alerts: [], silences: [], told: {} };

export interface Rulebook {
  readonly rules: readonly AlertRule[];
  readonly receivers: readonly Receiver[];
  readonly inhibitions: readonly Inhibition[];
  /** Milliseconds that what is resolved is still shown. */
  readonly retention: number;
}

export type Entry =
  /** All that the rules say at one moment. Of what an alert is about and nothing is said, nothing is known. */
  | { readonly kind: 'judged'; readonly observations: readonly Observation[] }
  | { readonly kind: 'told'; readonly notification: Notification }
  | { readonly kind: 'silenced'; readonly silence: Silence }
  | { readonly kind: 'unsilenced'; readonly id: string };

/** Of one rule: one about any metric has as many alerts as the metric has labels, and who is told could do nothing with more. */
export const mostAlerts = 500;

const gone = { holds: 'unknown', reason: 'nothing is said of it any more' } as const;
const ended = { holds: false, reason: 'its rule is gone' } as const;

const judged = (
  before: readonly Alert[],
  { rules }: Rulebook,
  { observations, now }: { observations: readonly Observation[]; now: number },
): readonly Alert[] => {
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  const left = new Map(before.map((alert) => [alert.id, alert]));
  const after: Alert[] = [];
  const counted = new Map([...Map.groupBy(before, ({ rule }) => rule)].map(([rule, members]) => [rule, members.length]));
  const step = (alert: Omit<Alert, 'state' | 'reason'>, rule: AlertRule | undefined, judgement: Observation['judgement']): void => {
    const timing = rule?.timing ?? { for: 0, keep: 0, missing: { leaves: 0 } };
    const { state, reason } = advance(left.get(alert.id)?.state, judgement, { timing, now });
    const isKnown = left.delete(alert.id);
    const count = counted.get(alert.rule) ?? 0;
    if (!state || (!isKnown && count >= mostAlerts)) return;
    if (!isKnown) counted.set(alert.rule, count + 1);
    after.push({ id: alert.id, rule: alert.rule, labels: alert.labels, state, reason });
  };
  for (const { rule: name, labels: seen, judgement } of observations) {
    const rule = known.get(name);
    if (!rule) continue;
    const labels = labelsOf(rule, seen);
    step({ id: alertId(name, labels), rule: name, labels }, rule, judgement);
  }
  for (const alert of [...left.values()]) {
    if (alert.state.kind === 'resolved') after.push(alert);
    else step(alert, known.get(alert.rule), known.has(alert.rule) ? gone : ended);
  }
  return after;
};

/** A group that nothing fires in is begun anew the next time; one that was never told begins with its first alert. */
const groupsAfter = ({ alerts, told }: Book, { receivers }: Rulebook, now: number): Book['told'] => {
  const entries = groupsOf(alerts, receivers).flatMap(({ key, alerts: members }): [string, Told][] => {
    const before = told[key];
    const isFiring = members.some(({ state }) => state.kind === 'firing');
    if (before && (isFiring || before.firing.length > 0)) return [[key, before]];
    return isFiring ? [[key, { since: now, count: 0, firing: [] }]] : [];
  });
  return Object.fromEntries(entries);
};

/** What was resolved is kept until everybody who heard of it was told, and shown for a while. */
const isKept = ({ id, state }: Alert, { told }: Book, { retention, now }: { retention: number; now: number }): boolean =>
  state.kind !== 'resolved' || now - state.at < retention || Object.values(told).some(({ firing }) => firing.includes(id));

const tidied = (book: Book, rulebook: Rulebook, now: number): Book => {
  const told = groupsAfter(book, rulebook, now);
  const next = { ...book, told, silences: book.silences.filter(({ to }) => to > now) };
  return { ...next, alerts: next.alerts.filter((alert) => isKept(alert, next, { retention: rulebook.retention, now })) };
};

const afterTelling = (book: Book, { group, firing }: Notification, now: number): Book => {
  const before = book.told[group];
  if (!before) return book;
  const told: Told = { since: before.since, at: now, count: before.count + 1, firing: firing.map(({ id }) => id) };
  return { ...book, told: { ...book.told, [group]: told } };
};

const changed = (book: Book, entry: Entry, { rulebook, now }: Occurrence): Book => {
  switch (entry.kind) {
    case 'judged':
      return { ...book, alerts: judged(book.alerts, rulebook, { observations: entry.observations, now }) };
    case 'told':
      return afterTelling(book, entry.notification, now);
    case 'silenced':
      return { ...book, silences: [...book.silences.filter(({ id }) => id !== entry.silence.id), entry.silence] };
    case 'unsilenced':
      return { ...book, silences: book.silences.filter(({ id }) => id !== entry.id) };
  }
};

export interface Occurrence {
  readonly rulebook: Rulebook;
  /** Unix milliseconds. */
  readonly now: number;
}

export const reduce = (book: Book, entry: Entry, occurrence: Occurrence): Book =>
  tidied(changed(withoutFuture(book, occurrence.now), entry, occurrence), occurrence.rulebook, occurrence.now);

export const circumstances = ({ alerts, silences }: Book, { rulebook: { inhibitions }, now }: Occurrence): Circumstances => ({
  alerts,
  silences,
  inhibitions,
  now,
});

/** What is to be told now; each that was delivered is entered as `told`, and is not due again. */
export const due = (book: Book, occurrence: Occurrence): readonly Notification[] =>
  groupsOf(book.alerts, occurrence.rulebook.receivers).flatMap((group: Group) => {
    const told = book.told[group.key];
    return (told && notification(group, told, circumstances(book, occurrence))) ?? [];
  });
