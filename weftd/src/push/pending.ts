/** What one type has to send to reach its target, less what has to be withheld. */
import { changesBetween, type ResourceMap } from '@weft/compile/diff';
import { type Encoded, typeUrls } from '@weft/envoy';
import { reverted } from './in-flight.ts';
import { covers, type Subscription } from './subscription.ts';

const { CDS: cds, ECDS: ecds, LDS: lds, RDS: rds, VHDS: vhds } = typeUrls;

/** What may name a cluster. */
const naming: readonly string[] = [ecds, lds, rds, vhds];

export interface Pending {
  readonly resources: readonly Encoded[];
  readonly removed: readonly string[];
  /** The subscription once this is sent. */
  readonly subscription: Subscription;
}

type Withheld = (resource: Encoded) => boolean;

export interface Aim {
  readonly wanted: ResourceMap;
  /** What to move to now: all that is wanted, and maybe still what has to stay for a while. */
  readonly target: ResourceMap;
  readonly withheld: Withheld;
}

export const pendingOf = (subscription: Subscription, aim: Aim): Pending | undefined => {
  const { target } = aim;
  const { sent, owed, suspects, unanswered } = subscription;
  if (suspects.length > 0) return nextSuspects(subscription, aim);
  if (sent === target && owed.size === 0 && !unanswered) return undefined;
  const changes = changesBetween(sent, target);
  const { resources, held } = additions(subscription, changes.changed, aim);
  const removed = removals(subscription, changes.removed, target);
  if (resources.length === 0 && removed.length === 0 && !unanswered) return undefined;
  // Still owed: what is withheld, and what is gone but has to stay for a while.
  const still = [...owed].filter((name) => held.includes(name) || (target.has(name) && !aim.wanted.has(name)));
  const after = reverted(target, sent, held);
  return { resources, removed, subscription: { ...subscription, sent: after, owed: new Set(still), unanswered: false } };
};

/** The array of the comparison itself wherever it is just that: all who are sent it share its encoded form. */
const additions = (subscription: Subscription, changed: readonly Encoded[], { wanted: all, withheld }: Aim) => {
  const { owed } = subscription;
  const held: string[] = [];
  const permitted = (resource: Encoded): boolean => {
    if (!withheld(resource)) return true;
    held.push(resource.name);
    return false;
  };
  const everything = subscription.wildcard && withheld === nothingWithheld;
  const wanted = everything ? changed : filtered(changed, (resource) => covers(subscription, resource.name) && permitted(resource));
  // Who was sent nothing yet is sent all that is owed with all that is new.
  if (owed.size === 0 || subscription.sent.size === 0) return { resources: wanted, held };
  // [X10]: no name twice.
  const names = new Set(wanted.map(({ name }) => name));
  const again: Encoded[] = [];
  for (const name of owed) {
    const resource = names.has(name) || held.includes(name) ? undefined : all.get(name);
    if (resource && permitted(resource)) again.push(resource);
  }
  return { resources: again.length === 0 ? wanted : [...wanted, ...again], held };
};

const removals = (subscription: Subscription, removed: readonly string[], target: ResourceMap): readonly string[] => {
  const gone = filtered(removed, (name) => covers(subscription, name));
  // [X7]: what was asked for and does not exist is answered as removed; what has to stay for a while, when it goes.
  const told = new Set(gone);
  const missing = [...subscription.owed].filter((name) => !target.has(name) && !told.has(name));
  return missing.length === 0 ? gone : [...gone, ...missing];
};

/**
 * The subscription with only those suspects that are still worth a try. What changed meanwhile, or must be withheld now,
 * counts as never sent: the client did not take it.
 */
export const withLiveSuspects = (subscription: Subscription, { wanted, withheld }: Omit<Aim, 'target'>): Subscription => {
  const { sent, acknowledged } = subscription;
  const live = (name: string): boolean => {
    const resource = wanted.get(name);
    return resource !== undefined && resource.version === sent.get(name)?.version && covers(subscription, name) && !withheld(resource);
  };
  const dropped = subscription.suspects.flat().filter((name) => !live(name));
  const suspects = subscription.suspects.map((group) => group.filter(live)).filter(({ length }) => length > 0);
  return { ...subscription, suspects, sent: reverted(sent, acknowledged, dropped) };
};

const nextSuspects = (subscription: Subscription, { wanted }: Aim): Pending => {
  const [group = [], ...suspects] = subscription.suspects;
  const owed = new Set([...subscription.owed].filter((name) => !group.includes(name)));
  const resources = group.flatMap((name) => wanted.get(name) ?? []);
  return { resources, removed: [], subscription: { ...subscription, suspects, owed, unanswered: false } };
};

const filtered = <T>(all: readonly T[], keep: (one: T) => boolean): readonly T[] => {
  const kept = all.filter(keep);
  return kept.length === all.length ? all : kept;
};

export const nothingWithheld: Withheld = () => false;

/**
 * [X15]: routes are not warmed, so what names a cluster that the client refused, and has in no version, is kept back;
 * all else goes on [X3].
 */
export const withheldBy = (subscriptions: ReadonlyMap<string, Subscription>, type: string): Withheld => {
  const clusters = subscriptions.get(cds);
  if (!clusters || clusters.refused.size === 0 || !naming.includes(type)) return nothingWithheld;
  const unknown = [...clusters.refused.keys()].filter((name) => !clusters.acknowledged.has(name));
  const written = unknown.map(lengthDelimited);
  return (resource) => written.some((bytes) => includes(resource.bytes, bytes));
};

/** A string field as protobuf writes it: the length in front keeps one name apart from a longer one that starts alike. */
const lengthDelimited = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.from([...length, rest, ...bytes]);
};

const includes = (bytes: Uint8Array, part: Buffer): boolean => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(part);
