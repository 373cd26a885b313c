/** One resource type of one Envoy's stream: what it asked for, what it was sent, what it acknowledged. */
import type { Resource } from './envelope.ts';

export interface Subscription {
  wildcard: boolean;
  /** Asked for by name, without `*`. */
  readonly names: Set<string>;
  /** Asked for and not answered yet. */
  readonly owed: Set<string>;
  /** A response came in this stream, or Envoy came with resources: a wildcard waits for no first answer. */
  answered: boolean;
  /** Name to version of what Envoy has, as far as was sent and not refused. */
  readonly sent: Map<string, string>;
  /** What Envoy acknowledged, with its bytes: the matter of a snapshot. */
  readonly held: Map<string, Resource>;
  /** Names of which weftd said that there is no such thing. */
  readonly absent: Set<string>;
}

/** Resources by type URL, then by name. */
export type Configuration = ReadonlyMap<string, ReadonlyMap<string, Resource>>;

export interface Change {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
}

/**
 * The first request of a type in a stream; one that names nothing means everything (xDS, "wildcard").
 * @param known bytes that may belong to what Envoy says it has
 */
export const openSubscription = (
  subscribe: readonly string[],
  versions: Readonly<Record<string, string>>,
  known?: ReadonlyMap<string, Resource>,
): Subscription => {
  const sent = new Map(Object.entries(versions));
  const held = new Map<string, Resource>();
  for (const [name, version] of sent) {
    const resource = known?.get(name);
    if (resource?.version === version) held.set(name, resource);
  }
  const names = new Set(subscribe.filter((name) => name !== '*'));
  return {
    wildcard: subscribe.length === 0 || subscribe.includes('*'),
    names,
    owed: new Set([...names].filter((name) => !sent.has(name))),
    answered: sent.size > 0,
    sent,
    held,
    absent: new Set(),
  };
};

export const changeSubscription = (subscription: Subscription, { subscribe, unsubscribe }: Change): void => {
  for (const name of subscribe) {
    if (name === '*') {
      subscription.wildcard = true;
      continue;
    }
    subscription.names.add(name);
    subscription.absent.delete(name);
    subscription.owed.add(name); // asked again means: send again, it may have been forgotten [X6]
  }
  for (const name of unsubscribe) {
    if (name === '*') subscription.wildcard = false;
    else subscription.names.delete(name);
    subscription.owed.delete(name);
    subscription.absent.delete(name);
  }
  if (unsubscribe.length > 0) dropUncovered(subscription);
};

export const covers = ({ wildcard, names }: Subscription, name: string): boolean => wildcard || names.has(name);

const dropUncovered = (subscription: Subscription): void => {
  for (const name of [...subscription.sent.keys(), ...subscription.held.keys()]) {
    if (covers(subscription, name)) continue;
    subscription.sent.delete(name);
    subscription.held.delete(name);
  }
};

/** Whether Envoy waits for an answer. */
export const owes = ({ wildcard, answered, owed }: Subscription): boolean => owed.size > 0 || (wildcard && !answered);

/**
 * What to tell a new upstream stream that Envoy has. A version whose bytes we do not hold is given as the empty string, which
 * equals none: weftd then sends the resource again (and a snapshot can be whole), or says that it is gone.
 */
export const versionsHeld = ({ sent, held }: Subscription): Record<string, string> =>
  Object.fromEntries([...sent].map(([name, version]) => [name, held.get(name)?.version === version ? version : '']));

/** Everything that was sent is acknowledged, nothing is owed: a state to restart from. */
export const isWhole = (subscription: Subscription): boolean =>
  !owes(subscription) && [...subscription.sent].every(([name, version]) => subscription.held.get(name)?.version === version);

/** Sent to Envoy, not acknowledged yet. */
export interface Sent {
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

export const markSent = (subscription: Subscription, { resources, removed }: Sent): void => {
  subscription.answered = true;
  for (const { name, version } of resources) {
    subscription.sent.set(name, version);
    subscription.owed.delete(name);
    subscription.absent.delete(name);
  }
  for (const name of removed) {
    subscription.sent.delete(name);
    subscription.owed.delete(name);
    if (subscription.names.has(name)) subscription.absent.add(name);
  }
};

/** [R10]: only what Envoy acknowledged is kept. Copies, since a slice would keep the whole message it came in alive. */
export const keep = (subscription: Subscription, { resources, removed }: Sent): void => {
  for (const { name, version, bytes } of resources) {
    if (covers(subscription, name)) subscription.held.set(name, { name, version, bytes: bytes.slice() });
  }
  for (const name of removed) subscription.held.delete(name);
};

/** Envoy refused: it has what it had, and a new stream to weftd is told so. */
export const takeBack = (subscription: Subscription, { resources, removed }: Sent): void => {
  const { sent, held } = subscription;
  for (const { name, version } of resources) {
    if (sent.get(name) !== version) continue;
    const former = held.get(name);
    if (former) sent.set(name, former.version);
    else sent.delete(name);
  }
  for (const name of removed) {
    const former = held.get(name);
    if (former && !sent.has(name)) sent.set(name, former.version);
    subscription.absent.delete(name);
  }
};

/**
 * What a snapshot can answer of what is owed: additions only [R4]. Silence on an unknown name: that there is no such thing,
 * weftd alone may say.
 */
export const answerFrom = (subscription: Subscription, snapshot: ReadonlyMap<string, Resource> | undefined): Resource[] | undefined => {
  const { wildcard, answered, owed, sent, held } = subscription;
  const answer = new Map<string, Resource>();
  for (const name of owed) {
    const resource = held.get(name) ?? snapshot?.get(name);
    if (resource) answer.set(name, resource);
  }
  const first = wildcard && !answered && snapshot !== undefined;
  if (first) for (const [name, resource] of snapshot) if (!sent.has(name)) answer.set(name, resource);
  return first || answer.size > 0 ? [...answer.values()] : undefined;
};
