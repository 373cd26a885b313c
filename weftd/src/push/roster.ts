/** Every proxy's session, connected or last seen: what `weft ps`, `weft config` and `weft wait` read. */
import { createHash } from 'node:crypto';
import { changesBetween, noResources, type ResourceMap } from '@weft/compile/diff';
import { shortType } from '@weft/envoy';
import type { Proxy, TypeStatus, WaitResult } from '@weft/model';
import type { Registry } from '../registry.ts';
import { type Push, type PushStatus, strangersMs } from './contract.ts';
import type { ResourceSet } from './plan.ts';
import { inStep, type OpenSession } from './session.ts';
import type { Stream } from './stream.ts';
import { covers, type Subscription } from './subscription.ts';

export interface Roster {
  readonly push: Push;
  seen(stream: Stream, session: OpenSession): void;
  ended(stream: Stream): void;
}

export interface RosterInput {
  readonly registry: Registry;
  readonly identityOf: (proxy: Proxy) => string;
}

interface Known {
  readonly stream: Stream;
  readonly session: OpenSession;
  readonly connected: boolean;
}

interface Waiter {
  readonly revision: number;
  /** Proxies that had all of it at some moment since; endpoints may change without end. */
  readonly arrived: Set<string>;
  /** Strangers are awaited too. */
  isPatient: boolean;
  readonly applied: () => void;
}

/** Who has not all of it. */
interface Behind {
  readonly own: readonly string[];
  /** Proxies that the registry does not know. */
  readonly strangers: readonly string[];
}

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => `${namespace}/${name}`;

export const makeRoster = ({ registry, identityOf }: RosterInput): Roster => {
  const known = new Map<string, Known>();
  const waiters = new Set<Waiter>();
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const registered = (one: Known): boolean => registry.find(one.stream.proxy.namespace, one.stream.proxy.name) !== undefined;
  /** A proxy that left and is not registered any more is nobody's concern. */
  const concerned = (): Known[] => {
    for (const [key, one] of known) if (!one.connected && !registered(one)) known.delete(key);
    return [...known.values()];
  };

  const behind = ({ revision, arrived }: Waiter): Behind => {
    const late = concerned().filter(({ stream, session, connected }) => {
      const key = keyOf(stream.proxy);
      if (connected && session.revision >= revision && (arrived.has(key) || inStep(session))) arrived.add(key);
      else arrived.delete(key);
      return !arrived.has(key);
    });
    const absent = registry
      .list()
      .filter(({ pod, address }) => pod.proxy !== 'none' && address !== '' && !known.has(keyOf(pod)))
      .map(({ pod }) => keyOf(pod));
    const names = (some: readonly Known[]): string[] => some.map(({ stream }) => keyOf(stream.proxy));
    return { own: [...names(late.filter(registered)), ...absent], strangers: names(late.filter((one) => !registered(one))).sort() };
  };

  const outcome = (waiter: Waiter): WaitResult => {
    const { revision, isPatient } = waiter;
    const { own, strangers } = behind(waiter);
    const pending = [...own, ...(isPatient ? strangers : [])].sort();
    return { applied: pending.length === 0, revision, pending, ...(!isPatient && strangers.length > 0 && { strangers }) };
  };

  const tell = (): void => {
    for (const waiter of waiters) if (outcome(waiter).applied) waiter.applied();
  };

  const waitApplied: Push['waitApplied'] = ({ revision, timeoutMs, strangersMs: patienceMs = strangersMs }) =>
    new Promise<WaitResult>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        clearTimeout(patience);
        clearInterval(registryChanges);
        waiters.delete(waiter);
        resolve(outcome(waiter));
      };
      const waiter: Waiter = { revision, arrived: new Set(), isPatient: true, applied: done };
      waiters.add(waiter);
      const timer = setTimeout(done, timeoutMs);
      const patience = setTimeout(() => {
        waiter.isPatient = false;
        tell();
      }, patienceMs);
      // A pod that leaves the registry is not awaited any more; the registry tells nobody.
      const registryChanges = setInterval(tell, 250);
      tell();
    });

  return {
    push: {
      proxies: () => concerned().map((one) => statusOf(one, identityOf)),
      configOf: (namespace, name) => {
        const one = known.get(keyOf({ namespace, name }));
        return one && sentTo(one.session);
      },
      waitApplied,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    seen: (stream, session) => {
      const key = keyOf(stream.proxy);
      const before = known.get(key);
      if (before?.connected && before.stream !== stream && isTold(before.stream, stream)) return;
      known.set(key, { stream, session, connected: true });
      if (waiters.size > 0) tell();
      changed();
    },
    ended: (stream) => {
      const one = known.get(keyOf(stream.proxy));
      if (one?.stream === stream) known.set(keyOf(stream.proxy), { ...one, connected: false });
      changed();
    },
  };
};

/**
 * An older stream of the same proxy may live on for a while; the newest tells how things are. But of a pod that speaks for itself
 * no other one does, which could say for ever that the pod is behind.
 */
const isTold = (by: Stream, other: Stream): boolean =>
  by.proxy.unbound === other.proxy.unbound ? age(by) > age(other) : other.proxy.unbound === true;

/** Stream ids count up. */
const age = (stream: Stream): number => Number(stream.id.slice(stream.id.lastIndexOf('.') + 1));

const statusOf = ({ stream, session, connected }: Known, identityOf: (proxy: Proxy) => string): PushStatus => ({
  proxy: stream.proxy,
  name: stream.proxy.name,
  namespace: stream.proxy.namespace,
  identity: identityOf(stream.proxy),
  connected,
  inStep: connected && inStep(session),
  types: Object.fromEntries([...session.subscriptions].map(([type, subscription]) => [shortType(type), typeStatus(subscription)])),
  lastNack: session.lastNack && { ...session.lastNack, type: shortType(session.lastNack.type) },
  revision: session.revision,
  nacks: session.nacks,
});

/** More names than anybody reads. */
const namesAtMost = 50;

const lateNames = ({ inFlight, suspects, refused }: Subscription): Pick<TypeStatus, 'pending' | 'refused'> => {
  const pending = new Set([...(inFlight?.resources.map(({ name }) => name) ?? []), ...suspects.flat()]);
  return {
    ...(pending.size > 0 && { pending: [...pending].slice(0, namesAtMost) }),
    ...(refused.size > 0 && { refused: [...refused.keys()].slice(0, namesAtMost) }),
  };
};

const typeStatus = (subscription: Subscription): TypeStatus => {
  const { sent, acknowledged, acknowledgedAt, inFlight } = subscription;
  return {
    sent: digest(sent),
    acknowledged: inFlight ? digest(acknowledged) : digest(same(acknowledged, sent) ? sent : acknowledged),
    resources: subscription.wildcard ? sent.size : [...sent.keys()].filter((name) => covers(subscription, name)).length,
    acknowledgedAt,
    ...lateNames(subscription),
  };
};

const same = (one: ResourceMap, other: ResourceMap): boolean => {
  const { changed, removed } = changesBetween(one, other);
  return changed.length === 0 && removed.length === 0;
};

const digests = new WeakMap<ResourceMap, string>();

/** One version for a whole type: equal for all who were sent the same. */
const digest = (map: ResourceMap): string => {
  const before = digests.get(map);
  if (before !== undefined) return before;
  const hash = createHash('sha256');
  for (const name of [...map.keys()].sort()) hash.update(`${name}\0${map.get(name)?.version}\0`);
  const text = hash.digest('hex').slice(0, 16);
  digests.set(map, text);
  return text;
};

/** What is asked for, as it was sent; what the client kept from an earlier stream is left out where its bytes are gone. */
const sentTo = (session: OpenSession): ResourceSet =>
  new Map([...session.subscriptions].map(([type, subscription]) => [type, coveredBytes(subscription)]));

const coveredBytes = (subscription: Subscription): ResourceMap => {
  if (subscription.sent.size === 0) return noResources;
  return new Map([...subscription.sent].filter(([name, { bytes }]) => bytes.length > 0 && covers(subscription, name)));
};
