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

/** A few results by a key, beside the objects that they were made of: `table(input)(key, make)`. */
export const rememberTable = <Input extends object, Output>(): ((input: Input) => (key: string, make: () => Output) => Output) =>
  remember(() => {
    const table = new Map<string, Output>();
    return (key, make) => {
      const known = table.get(key);
      if (known !== undefined) return known;
      const output = make();
      table.set(key, output);
      return output;
    };
  });

/** Lists that begin with the same item, of which as many are remembered: one for each namespace that sees different services. */
const remembered = 32;

/**
 * `make` of each item, in one context. Of a list that differs from an earlier one in a few places only those are looked at:
 * ten namespaces of a thousand services are ten thousand look-ups otherwise, for one changed rule.
 */
export const rememberEach = <Item extends object, Context extends object, Output>(
  make: (item: Item, context: Context) => Output,
): ((items: readonly Item[], context: Context) => readonly Output[]) => {
  interface Earlier {
    readonly items: readonly Item[];
    readonly context: WeakRef<Context>;
    readonly outputs: readonly Output[];
  }
  const byFirst = new WeakMap<Item, readonly Earlier[]>();
  return (items, context) => {
    const [first] = items;
    if (!first) return [];
    const recent = byFirst.get(first) ?? [];
    const like = recent.find((earlier) => earlier.context.deref() === context);
    const outputs = items.map((item, index) => (like?.items[index] === item ? (like.outputs[index] as Output) : make(item, context)));
    const others = recent.filter((earlier) => earlier !== like && earlier.context.deref() !== undefined);
    byFirst.set(first, [{ items, context: new WeakRef(context), outputs }, ...others].slice(0, remembered));
    return outputs;
  };
};

export type Part = readonly Encoded[];

const sameParts = (a: readonly Part[], b: readonly Part[]): boolean => a.length === b.length && a.every((part, index) => part === b[index]);

const fromParts = new WeakMap<Part, { readonly parts: readonly Part[]; readonly map: Resources }[]>();

/**
 * A map of what the parts hold, by first name: a second resource of one name would be refused with everything beside it
 * [E11]. The same parts make the same map without looking into them.
 */
export const byName = (parts: readonly Part[]): Resources => {
  const [first] = parts;
  if (!first) return nothing;
  const recent = fromParts.get(first) ?? [];
  const known = recent.find((entry) => sameParts(entry.parts, parts));
  if (known) return known.map;
  const map = new Map<string, Encoded>();
  for (const part of parts) for (const resource of part) if (!map.has(resource.name)) map.set(resource.name, resource);
  const result = shared(map);
  fromParts.set(first, [{ parts, map: result }, ...recent.slice(0, remembered - 1)]);
  return result;
};

const nothing: Resources = new Map();

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
