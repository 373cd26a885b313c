/** Conditions of objects: what the worker knows of them, and what proxies have acknowledged. */
import { type Condition, conditionsOf, type Programming, type StoredObject } from '@weft/model';
import type { StandingObject } from '../desired/messages.ts';
import { withoutKeys } from './redact.ts';
import type { ApiParts } from './routes.ts';

interface Whose {
  /** Also of proxies that are no pods of this mesh and have not acknowledged it. */
  readonly lateStrangers?: boolean;
}

/** Of the proxies that depend on it: who has not acknowledged the object's revision. One that left for good counts no more. */
type Acknowledged = (dependents: readonly string[], revision: number) => Programming;

const acknowledged = ({ desired, push }: ApiParts, { lateStrangers = true }: Whose): Acknowledged => {
  const known = new Map(push.proxies().map((proxy) => [`${proxy.namespace}/${proxy.name}`, proxy]));
  const registered = new Set(desired.node().instances.map(({ pod }) => `${pod.namespace}/${pod.name}`));
  return (dependents, revision) => {
    const has = (name: string): boolean => {
      const proxy = known.get(name);
      return proxy?.connected === true && proxy.revision >= revision;
    };
    const counts = (name: string): boolean => registered.has(name) || (known.has(name) && (lateStrangers || has(name)));
    const proxies = dependents.filter(counts);
    return { proxies, pending: proxies.filter((name) => !has(name)) };
  };
};

export interface Standing {
  /** With its conditions, as it may be shown: a Secret's values may not. */
  readonly object: StoredObject;
  readonly conditions: readonly Condition[];
  /** Proxies that depend on the object and have not acknowledged it; empty where nobody asked. */
  readonly pending: readonly string[];
}

const inSteps: ReadonlySet<string> = new Set(['PeerAuthentication', 'AuthorizationPolicy']);

/** A policy is in force when the proxies that it changes are through with all steps, too. */
const throughAllSteps = ({ proxies, pending }: Programming, changing: ReadonlySet<string>): Programming => ({
  proxies,
  pending: proxies.filter((name) => pending.includes(name) || changing.has(name)),
});

export const standings = (items: readonly StandingObject[], parts: ApiParts, whose: Whose = {}): readonly Standing[] => {
  const programmingOf = acknowledged(parts, whose);
  const changing = new Set(parts.desired.node().changing);
  return items.map(({ stored, outdated, dependents }) => {
    const { revision, findings } = stored;
    const known = dependents && programmingOf(dependents, revision);
    const programming = known && inSteps.has(stored.resource.kind) ? throughAllSteps(known, changing) : known;
    const conditions = conditionsOf({ revision, findings, outdated, ...(programming && { programming }) });
    return { object: { ...stored, resource: withoutKeys(stored.resource), conditions }, conditions, pending: programming?.pending ?? [] };
  });
};
