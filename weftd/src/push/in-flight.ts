/** One push that awaits its answer, and what each answer means. At most one exists per stream and type. */
import type { ResourceMap } from '@weft/compile/diff';
import { type Encoded, typeUrls } from '@weft/envoy';
import type { Subscription } from './subscription.ts';

const { CDS: cds, LDS: lds } = typeUrls;

export interface InFlight {
  readonly nonce: string;
  readonly resources: readonly Encoded[];
}

/**
 * Types of which Envoy takes the good resources of a response and names the bad ones in its answer:
 * `Error adding/updating cluster(s) NAME: WHY, NAME: WHY` (cds_api_helper.cc; lds_api.cc with line breaks).
 */
const independent: ReadonlySet<string> = new Set([cds, lds]);

export const acknowledge = (before: Subscription, at: number): Subscription => {
  const { inFlight, ...subscription } = before;
  const refused = without(before.refused, inFlight?.resources ?? []);
  return settled({ ...subscription, refused, acknowledgedAt: at });
};

/**
 * [X2]: the refused bytes are not sent again until the resource changes. Where a response carried several and Envoy
 * does not say which one is bad, the halves are sent again, one at a time: a bad resource must not take the others
 * with it (Envoy drops the whole response in these types), and alone it is known for what it is.
 */
export const refuse = (before: Subscription, type: string, message: string): Subscription => {
  const { inFlight, ...subscription } = before;
  const resources = inFlight?.resources ?? [];
  const named = independent.has(type)
    ? resources.filter(({ name }) => message.includes(` ${name}: `) || message.includes(`\n${name}: `))
    : [];
  const known = resources.filter(({ name, version }) => before.refused.get(name) === version);
  const culprits = resources.length === 1 ? resources : named.length > 0 ? named : known;
  const refused = without(before.refused, resources);
  for (const { name, version } of culprits) refused.set(name, version);
  const innocent = culprits === named && named.length > 0;
  const others = innocent ? [] : resources.filter((resource) => !culprits.includes(resource)).map(({ name }) => name);
  const suspects = [...(known.length > 0 ? [others].filter(({ length }) => length > 0) : halves(others)), ...before.suspects];
  return settled({ ...subscription, refused, suspects });
};

/** What the client really runs: all that was sent, but for what it refused, where it keeps what it had. */
export const settled = (subscription: Subscription): Subscription => {
  const doubtful = [...subscription.refused.keys(), ...subscription.suspects.flat()];
  return { ...subscription, acknowledged: reverted(subscription.sent, subscription.acknowledged, doubtful) };
};

/** `after` with some names as they were `before`. */
export const reverted = (after: ResourceMap, before: ResourceMap, names: readonly string[]): ResourceMap => {
  if (names.length === 0) return after;
  const map = new Map(after);
  for (const name of names) {
    const kept = before.get(name);
    if (kept) map.set(name, kept);
    else map.delete(name);
  }
  return map;
};

const without = (refused: ReadonlyMap<string, string>, resources: readonly Encoded[]): Map<string, string> => {
  const rest = new Map(refused);
  if (rest.size > 0) for (const { name } of resources) rest.delete(name);
  return rest;
};

const halves = (names: readonly string[]): string[][] => {
  const middle = Math.ceil(names.length / 2);
  return [names.slice(0, middle), names.slice(middle)].filter((half) => half.length > 0);
};
