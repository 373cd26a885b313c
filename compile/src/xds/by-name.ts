/**
 * Maps of resources by name. Maps that say the same are one map: whoever compares, sends or encodes it does it once for all proxies.
 * A map whose parts came instead of others is mended where they differ; what comes out is what would be made of nothing.
 */
import type { Encoded } from '@weft/envoy';
import { changedAt, predecessor } from '../mesh/index.ts';
import { type Part, remember, sameItems } from './remember.ts';

export type Resources = ReadonlyMap<string, Encoded>;

/** A map with the sum of its resources' versions, by which equal ones are found. */
interface Summed {
  readonly map: Resources;
  readonly sum: number;
}

/** Sums stay exact. */
const modulus = 2 ** 52;

const sumOf = remember((resource: Encoded): { readonly sum: number } => ({ sum: Number.parseInt(resource.version.slice(0, 12), 16) }));

const withSum = (map: Resources): Summed => {
  let sum = 0;
  for (const resource of map.values()) sum = (sum + sumOf(resource).sum) % modulus;
  return { map, sum };
};

/** The map with other resources of names that it has. */
const replaced = ({ map, sum }: Summed, resources: readonly Encoded[]): Summed => {
  const next = new Map(map);
  let nextSum = sum;
  for (const resource of resources) {
    const old = map.get(resource.name);
    next.set(resource.name, resource);
    nextSum = (nextSum + sumOf(resource).sum - (old ? sumOf(old).sum : 0) + modulus) % modulus;
  }
  return { map: next, sum: nextSum };
};

const isSame = (a: Resources, b: Resources): boolean => {
  if (a.size !== b.size) return false;
  for (const [name, resource] of a) {
    const other = b.get(name);
    if (other !== resource && other?.version !== resource.version) return false;
  }
  return true;
};

const existing = new Map<string, WeakRef<Resources>>();
const forget = new FinalizationRegistry<string>((key) => {
  if (existing.get(key)?.deref() === undefined) existing.delete(key);
});

/** The one map of this content that is in use, or this one. Order does not count: resources of one type have none. */
const shared = ({ map, sum }: Summed): Resources => {
  const key = `${map.size}:${sum}`;
  const known = existing.get(key)?.deref();
  if (known && isSame(known, map)) return known;
  existing.set(key, new WeakRef(map));
  forget.register(map, key);
  return map;
};

/** What a list of parts was made into: with the parts' own resources, and as it is shared. */
interface Made extends Summed {
  readonly result: Resources;
}

const madeOf = new WeakMap<readonly Part[], Made>();

const sameNames = (a: Part, b: Part): boolean => a.length === b.length && a.every(({ name }, index) => name === b[index]?.name);

/** Where parts hold other resources of the same names; those of a name that an earlier part has are nobody's. */
const replacements = (parts: readonly Part[]): { readonly earlier: Made; readonly own: readonly Encoded[] } | undefined => {
  const before = predecessor(parts);
  const earlier = before && madeOf.get(before);
  const at = before && changedAt(before, parts);
  if (!before || !earlier || !at) return undefined;
  const pairs = at.map((index) => [before[index] ?? [], parts[index] ?? []] as const);
  if (!pairs.every(([old, now]) => sameNames(old, now))) return undefined;
  return { earlier, own: pairs.flatMap(([old, now]) => now.filter(({ name }, index) => earlier.map.get(name) === old[index])) };
};

/** By a map: the one that it came of, and what took the place of resources of that one. */
const came = new WeakMap<Resources, { readonly before: WeakRef<Resources>; readonly own: readonly Encoded[] }>();

const mended = (parts: readonly Part[]): Made | undefined => {
  const found = replacements(parts);
  if (!found) return undefined;
  const made = replaced(found.earlier, found.own);
  const result = shared(made);
  if (result === made.map) came.set(result, { before: new WeakRef(found.earlier.result), own: found.own });
  return { ...made, result };
};

const anew = (parts: readonly Part[]): Made => {
  const map = new Map<string, Encoded>();
  for (const part of parts) for (const resource of part) if (!map.has(resource.name)) map.set(resource.name, resource);
  const made = withSum(map);
  return { ...made, result: shared(made) };
};

/** Lists that begin with the same part, of which as many are remembered: one for each namespace that sees different services. */
const remembered = 32;

const alike = remember((_first: Part): { lists: readonly WeakRef<readonly Part[]>[] } => ({ lists: [] }));

/** The same parts in another list. */
const twin = (parts: readonly Part[]): Made | undefined => {
  const [first] = parts;
  const lists = first ? alike(first).lists : [];
  const found = lists.map((list) => list.deref()).find((list) => list && sameItems(list, parts));
  return found && madeOf.get(found);
};

const note = (parts: readonly Part[]): void => {
  const [first] = parts;
  if (!first) return;
  const known = alike(first);
  const lists = known.lists.filter((list) => list.deref() !== undefined);
  known.lists = [new WeakRef(parts), ...lists].slice(0, remembered);
};

const nothing: Resources = new Map();

/** A map of what the parts hold, by first name: a second resource of one name would be refused with everything beside it [E11]. */
export const byName = (parts: readonly Part[]): Resources => {
  if (parts.length === 0) return nothing;
  const known = madeOf.get(parts) ?? twin(parts);
  const made = known ?? mended(parts) ?? anew(parts);
  madeOf.set(parts, made);
  if (!known) note(parts);
  return made.result;
};

const mergedWith = remember((_b: Resources) => new WeakMap<Resources, Summed>());

/** Of names that both have `a` has the resource. */
export const merged = (a: Resources, b: Resources): Resources => {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  const all = mergedWith(b);
  const known = all.get(a);
  if (known) return known.map;
  const change = came.get(a);
  const before = change?.before.deref();
  const earlier = before && all.get(before);
  const made = earlier && change ? replaced(earlier, change.own) : withSum(new Map([...a, ...[...b].filter(([name]) => !a.has(name))]));
  const result = { ...made, map: shared(made) };
  all.set(a, result);
  return result.map;
};
