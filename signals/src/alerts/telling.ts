/** Who is to be told what: alerts of a kind together, once, and again when that changes; a pure reading of what was told before. */
import { type Labels, seriesKey } from '../prometheus/exposition.ts';
import type { Alert } from './alert.ts';
import { allMatch, type Matcher } from './matcher.ts';
import { type Circumstances, mutedBy } from './muting.ts';

export interface Receiver {
  readonly name: string;
  /** Of the alerts that it hears of. */
  readonly matchers: readonly Matcher[];
  /** Alerts with equal values of these labels are told together. */
  readonly groupBy: readonly string[];
  /** Milliseconds: before a group is told first, since others may come along; between two tellings; until what lasts is told again. */
  readonly wait: number;
  readonly interval: number;
  readonly repeat: number;
}

/** What was told of one group; kept over restarts, so that nothing is told twice. */
export interface Told {
  /** When the first of its alerts fired. */
  readonly since: number;
  /** Absent: nothing so far. */
  readonly at?: number;
  /** How often. */
  readonly count: number;
  /** Ids of alerts that were told to fire. */
  readonly firing: readonly string[];
}

export type Occasion = 'first' | 'more' | 'resolved' | 'again';

export interface Notification {
  /** The same for the same telling: who got it before a crash and gets it again can know. */
  readonly id: string;
  readonly receiver: string;
  readonly group: string;
  readonly labels: Labels;
  readonly occasion: Occasion;
  readonly firing: readonly Alert[];
  readonly resolved: readonly Alert[];
}

export interface Group {
  readonly key: string;
  readonly receiver: Receiver;
  readonly labels: Labels;
  readonly alerts: readonly Alert[];
}

/** Every receiver hears of every alert that it asked for. */
export const groupsOf = (alerts: readonly Alert[], receivers: readonly Receiver[]): readonly Group[] =>
  receivers.flatMap((receiver) => {
    const heard = alerts.filter(({ labels }) => allMatch(receiver.matchers, labels));
    const labelsOf = ({ labels }: Alert): Labels => Object.fromEntries(receiver.groupBy.map((label) => [label, labels[label] ?? '']));
    return [...Map.groupBy(heard, (alert) => seriesKey(receiver.name, labelsOf(alert)))].map(([key, members]) => ({
      key,
      receiver,
      labels: members[0] ? labelsOf(members[0]) : {},
      alerts: members,
    }));
  });

interface News {
  readonly firing: readonly Alert[];
  readonly resolved: readonly Alert[];
}

const occasionOf = ({ firing, resolved }: News, { receiver }: Group, { told, now }: { told: Told; now: number }): Occasion | undefined => {
  if (told.at === undefined) return firing.length > 0 && now >= told.since + receiver.wait ? 'first' : undefined;
  if (now < told.at + receiver.interval) return undefined;
  if (firing.some(({ id }) => !told.firing.includes(id))) return 'more';
  if (resolved.length > 0) return 'resolved';
  return firing.length > 0 && now >= told.at + receiver.repeat ? 'again' : undefined;
};

/** @returns what the group's receiver is to be told now, if anything */
export const notification = (group: Group, told: Told, circumstances: Circumstances): Notification | undefined => {
  const firing = group.alerts.filter((alert) => alert.state.kind === 'firing' && !mutedBy(alert, circumstances));
  // Who was told that something fires is told that it does not any more, whatever was silenced meanwhile: else it stays open there.
  const resolved = group.alerts.filter(({ id, state }) => state.kind === 'resolved' && told.firing.includes(id));
  const occasion = occasionOf({ firing, resolved }, group, { told, now: circumstances.now });
  if (!occasion) return undefined;
  const { key, receiver, labels } = group;
  return { id: `${key}#${told.since}.${told.count + 1}`, receiver: receiver.name, group: key, labels, occasion, firing, resolved };
};
