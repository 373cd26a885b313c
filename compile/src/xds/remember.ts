/**
 * Results remembered by the identity of what they were made of, so that one changed object re-encodes its own resources only,
 * and so that equal maps are one object: whoever compares, sends or encodes a map does it once for all proxies.
 * Entries go when their inputs go.
 */
import type { Encoded } from '@weft/envoy';

export type Resources = ReadonlyMap<string, Encoded>;

/** The law: `make` is a pure function of its argument, which never changes. */
export const remember = <Input extends object, Output>(make: (input: Input) => Output): ((input: Input) => Output) => {
  const made = new WeakMap<Input, { readonly output: Output }>();
  return (input) => {
    const known = made.get(input);
    if (known) return known.output;
    const output = make(input);
    made.set(input, { output });
    return output;
  };
};

/** The same for two objects. */
export const rememberPair = <A extends object, B extends object, Output>(make: (a: A, b: B) => Output): ((a: A, b: B) => Output) => {
  const tables = remember((a: A) => remember((b: B) => make(a, b)));
  return (a, b) => tables(a)(b);
};

type Keyed<A, B, Output> = (a: A, b: B, make: { readonly key: string; readonly of: () => Output }) => Output;

/** By two objects and a key, which has few values at a time: the last two results are kept. `of` depends on nothing else. */
export const rememberKeyed = <A extends object, B extends object, Output>(): Keyed<A, B, Output> => {
  const slots = rememberPair((_a: A, _b: B): { readonly key: string; readonly output: Output }[] => []);
  return (a, b, { key, of }) => {
    const recent = slots(a, b);
    const known = recent.find((slot) => slot.key === key);
    if (known) return known.output;
    const output = of();
    recent.unshift({ key, output });
    recent.length = Math.min(recent.length, 2);
    return output;
  };
};

/** By first name: a second resource of one name would be refused with everything beside it (reliability, appendix A). */
export const byName = (lists: Iterable<readonly Encoded[]>): Resources => {
  const map = new Map<string, Encoded>();
  for (const list of lists) for (const resource of list) if (!map.has(resource.name)) map.set(resource.name, resource);
  return shared(map);
};

const sums = new WeakMap<Encoded, number>();

const sumOf = (resource: Encoded): number => {
  const known = sums.get(resource);
  if (known !== undefined) return known;
  const sum = Number.parseInt(resource.version.slice(0, 12), 16);
  sums.set(resource, sum);
  return sum;
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
const shared = (map: Resources): Resources => {
  let sum = 0;
  for (const resource of map.values()) sum = (sum + sumOf(resource)) % Number.MAX_SAFE_INTEGER;
  const key = `${map.size}:${sum}`;
  const known = existing.get(key)?.deref();
  if (known && isSame(known, map)) return known;
  existing.set(key, new WeakRef(map));
  forget.register(map, key);
  return map;
};

export const merged: (a: Resources, b: Resources) => Resources = rememberPair((a, b) => {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  return byName([[...a.values()], [...b.values()]]);
});
