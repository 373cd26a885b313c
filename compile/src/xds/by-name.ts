/**
 * Maps of resources by name. Maps that say the same are one map: whoever compares, sends or encodes it does it once for all proxies.
 * A map whose parts came instead of others is mended where they differ; what comes out is what would be made of nothing.
 */
import type { Encoded } from '@weft/envoy';
import { predecessor, turnover } from '../mesh/index.ts';
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

interface Change {
  /** New, or instead of others of their names. */
  readonly come: readonly Encoded[];
  readonly gone: readonly string[];
}

const changed = ({ map, sum }: Summed, { come, gone }: Change): Summed => {
  const next = new Map(map);
  let nextSum = sum;
  const without = (name: string) => {
    const old = next.get(name);
    if (old) nextSum = (nextSum - sumOf(old).sum + modulus) % modulus;
  };
  for (const name of gone) {
    without(name);
    next.delete(name);
  }
  for (const resource of come) {
    without(resource.name);
    next.set(resource.name, resource);
    nextSum = (nextSum + sumOf(resource).sum) % modulus;
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
  /** No name twice in the parts. */
  readonly isDistinct: boolean;
}

const madeOf = new WeakMap<readonly Part[], Made>();

/** What becomes of the earlier list's map; `undefined`: some name is, or would be, there twice, and its place counts. */
const changeTo = (parts: readonly Part[], before: readonly Part[], { map, isDistinct }: Made): Change | undefined => {
  const change = isDistinct ? turnover(before, parts) : undefined;
  if (!change) return undefined;
  const come = change.come.flat();
  const left = new Set(change.gone.flatMap((part) => part.map(({ name }) => name)));
  const names = new Set(come.map(({ name }) => name));
  if (names.size < come.length || come.some(({ name }) => map.has(name) && !left.has(name))) return undefined;
  return { come, gone: [...left].filter((name) => !names.has(name)) };
};

/** By a map: the one that it came of, and how. */
const came = new WeakMap<Resources, { readonly before: WeakRef<Resources>; readonly change: Change }>();

const mended = (parts: readonly Part[]): Made | undefined => {
  const before = predecessor(parts);
  const earlier = before && madeOf.get(before);
  const change = before && earlier && changeTo(parts, before, earlier);
  if (!earlier || !change) return undefined;
  const made = changed(earlier, change);
  const result = shared(made);
  if (result === made.map) came.set(result, { before: new WeakRef(earlier.result), change });
  return { ...made, result, isDistinct: true };
};

const anew = (parts: readonly Part[]): Made => {
  const map = new Map<string, Encoded>();
  let isDistinct = true;
  for (const part of parts) {
    for (const resource of part) {
      if (map.has(resource.name)) isDistinct = false;
      else map.set(resource.name, resource);
    }
  }
  const made = withSum(map);
  return { ...made, result: shared(made), isDistinct };
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

/** What `a` has no more may still be one of `b`'s. */
const besideOf = ({ come, gone }: Change, b: Resources): Change => ({
  come: [...come, ...gone.flatMap((name) => b.get(name) ?? [])],
  gone: gone.filter((name) => !b.has(name)),
});

const mergedWith = remember((_b: Resources) => new WeakMap<Resources, Summed>());

/** Of names that both have `a` has the resource. */
export const merged = (a: Resources, b: Resources): Resources => {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  const all = mergedWith(b);
  const known = all.get(a);
  if (known) return known.map;
  const origin = came.get(a);
  const before = origin?.before.deref();
  const earlier = before && all.get(before);
  const made =
    earlier && origin ? changed(earlier, besideOf(origin.change, b)) : withSum(new Map([...a, ...[...b].filter(([name]) => !a.has(name))]));
  const result = { ...made, map: shared(made) };
  all.set(a, result);
  return result.map;
};
