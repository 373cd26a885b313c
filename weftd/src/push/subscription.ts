/** What one stream asked for in one type, and what it has of it. Plain values; the rules [X1-X16] are xDS's own. */
import { noResources, type ResourceMap } from '@weft/compile/diff';
import type { Encoded } from '@weft/envoy';
import { type InFlight, reverted } from './in-flight.ts';

/** `envoy.service.discovery.v3.DeltaDiscoveryRequest`, as far as the session reads it. */
export interface Request {
  readonly typeUrl: string;
  /** Node id; only the first message must carry it. */
  readonly node?: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Name to version; only the first request of a type carries it. */
  readonly initialVersions: Readonly<Record<string, string>>;
  readonly nonce: string;
  /** Present: the response with this nonce was refused [X1]. */
  readonly error?: string;
}

export interface Subscription {
  readonly wildcard: boolean;
  /** Names asked for, without `*`. */
  readonly names: ReadonlySet<string>;
  /** What the client was sent, restricted to what it asks for; placeholders without bytes after a reconnect. */
  readonly sent: ResourceMap;
  readonly acknowledged: ResourceMap;
  readonly acknowledgedAt: number;
  /** Names to be answered whether they changed or not. */
  readonly owed: ReadonlySet<string>;
  /** A first wildcard request is answered even if there is nothing, or the client waits [X9]. */
  readonly unanswered: boolean;
  readonly inFlight?: InFlight;
  /** Name to the version that the client refused. */
  readonly refused: ReadonlyMap<string, string>;
  /** Groups of names that were in a refused response, one of them bad: sent again one group at a time. */
  readonly suspects: readonly (readonly string[])[];
}

export const maxNames = 10_000;

const none: ReadonlySet<string> = new Set();

export const covers = (subscription: Subscription, name: string): boolean => subscription.wildcard || subscription.names.has(name);

/** The first request of a type on this stream. */
export const subscribed = (request: Request, wanted: ResourceMap): Subscription => {
  // [X9]: a first request that names nothing asks for everything.
  const wildcard = request.subscribe.length === 0 || request.subscribe.includes('*');
  const names = canonical(request.subscribe, wanted);
  const has = reported(request, wanted, (name) => wildcard || names.has(name));
  const owed = has.size === 0 ? names : new Set([...names].filter((name) => !has.has(name)));
  return {
    wildcard,
    names,
    sent: has,
    acknowledged: has,
    acknowledgedAt: 0,
    owed,
    unanswered: wildcard && has.size === 0,
    refused: new Map(),
    suspects: [],
  };
};

/** Later changes of the subscription; they count with any nonce [X5]. */
export const resubscribed = (before: Subscription, request: Request, wanted: ResourceMap): Subscription => {
  const { subscribe, unsubscribe } = request;
  const kept = unsubscribe.length === 0 ? before : withdrawn(before, unsubscribe);
  if (subscribe.length === 0) return kept;
  const named = withNames(kept, canonical(subscribe, wanted));
  return subscribe.includes('*') && !named.wildcard ? withWildcard(named, kept.names) : named;
};

const withdrawn = (before: Subscription, given: readonly string[]): Subscription => {
  const names = new Set(before.names);
  const owed = new Set(before.owed);
  for (const name of given) {
    if (name === '*') continue;
    const named = names.delete(name);
    // [X8]: the wildcard still covers it, so the client wants to know what it is now.
    if (!before.wildcard) owed.delete(name);
    else if (named) owed.add(name);
  }
  if (!before.wildcard || !given.includes('*')) return { ...before, names, owed };
  const owedNames = new Set([...owed].filter((name) => names.has(name)));
  return { ...before, names, owed: owedNames, wildcard: false, unanswered: false, sent: restricted(before.sent, names) };
};

/** [X6]: the client may have forgotten it, so it is sent again even if unchanged, or was refused. */
const withNames = (before: Subscription, asked: ReadonlySet<string>): Subscription => {
  const names = new Set([...before.names, ...asked]);
  const owed = new Set([...before.owed, ...asked]);
  const refused = new Map([...before.refused].filter(([name]) => !asked.has(name)));
  const { wildcard, acknowledged } = before;
  // What it refused it does not have, whatever was sent; of what is on its way again nobody knows yet.
  const coming = new Set(before.inFlight?.resources.map(({ name }) => name));
  const lost = [...before.refused.keys()].filter((name) => asked.has(name) && !coming.has(name));
  const sent = reverted(before.sent, acknowledged, lost);
  if (wildcard) return { ...before, names, owed, refused, sent };
  // What passed by while nobody asked for it was never sent.
  const fresh = [...asked].filter((name) => !before.names.has(name));
  return { ...before, names, owed, refused, sent: without(sent, fresh), acknowledged: without(acknowledged, fresh) };
};

const withWildcard = (before: Subscription, namedBefore: ReadonlySet<string>): Subscription => {
  const acknowledged = restricted(before.acknowledged, namedBefore);
  const doubtful = [...before.refused.keys(), ...before.suspects.flat()];
  const sent = reverted(restricted(before.sent, namedBefore), acknowledged, doubtful);
  return { ...before, wildcard: true, unanswered: true, suspects: [], refused: new Map(), acknowledged, sent };
};

/**
 * Names as the plan spells them, so that thousands of streams share the strings; and the very same set where they are all
 * names that there are, in their order, as clients ask that were sent the clusters in that order.
 */
const canonical = (names: readonly string[], wanted: ResourceMap): ReadonlySet<string> => {
  if (names.length === 0) return none;
  if (isAll(names, wanted)) return allNames(wanted);
  const set = new Set<string>();
  for (const name of names) if (name !== '*') set.add(wanted.get(name)?.name ?? name);
  return set;
};

const isAll = (names: readonly string[], wanted: ResourceMap): boolean => {
  if (names.length !== wanted.size) return false;
  let index = 0;
  for (const name of wanted.keys()) if (names[index++] !== name) return false;
  return true;
};

const nameSets = new WeakMap<ResourceMap, ReadonlySet<string>>();

const allNames = (map: ResourceMap): ReadonlySet<string> => {
  const names = nameSets.get(map) ?? new Set(map.keys());
  nameSets.set(map, names);
  return names;
};

const restricted = (map: ResourceMap, names: ReadonlySet<string>): ResourceMap => new Map([...map].filter(([name]) => names.has(name)));

/** The same map where none of the names is in it. */
export const without = (map: ResourceMap, names: readonly string[]): ResourceMap => {
  if (!names.some((name) => map.has(name))) return map;
  const rest = new Map(map);
  for (const name of names) rest.delete(name);
  return rest;
};

/** [X11]: what the client says it has. The wanted map itself if that is exactly what it has: the usual case, and shared. */
const reported = (request: Request, wanted: ResourceMap, covered: (name: string) => boolean): ResourceMap => {
  const versions = Object.entries(request.initialVersions).filter(([name]) => covered(name));
  if (versions.length === 0) return noResources;
  if (versions.length === wanted.size && versions.every(([name, version]) => wanted.get(name)?.version === version)) return wanted;
  return new Map(versions.map(([name, version]) => [name, known(wanted.get(name), name, version)]));
};

const known = (resource: Encoded | undefined, name: string, version: string): Encoded =>
  resource?.version === version ? resource : { name, version, bytes: new Uint8Array(0) };
