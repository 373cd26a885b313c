/**
 * Results remembered by the identity of what they were made of, so that one changed object re-encodes its own resources only,
 * and so that equal maps are one object: whoever compares, sends or encodes a map does it once for all proxies.
 * Entries go when their inputs go.
 */
import type { Encoded } from '@weft/envoy';
import { follow, predecessor } from '../mesh/index.ts';

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

/** Results by a key, for as long as somebody else uses them. */
export const whileUsed = <Output extends object>(): ((key: string, make: () => Output) => Output) => {
  const known = new Map<string, WeakRef<Output>>();
  const forget = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key);
  });
  return (key, make) => {
    const output = known.get(key)?.deref() ?? make();
    if (known.get(key)?.deref() !== output) {
      known.set(key, new WeakRef(output));
      forget.register(output, key);
    }
    return output;
  };
};

/** Results by what the input says, for as long as somebody else uses them: a thousand clusters have the same limits. */
export const rememberSaid = <Input, Output extends object>(make: (input: Input) => Output): ((input: Input) => Output) => {
  const said = whileUsed<Output>();
  return (input) => said(JSON.stringify(input), () => make(input));
};

export const sameItems = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
};

/** What takes the place of an earlier list: that one where both say the same, else this one, which knows where it came from. */
export const instead = <T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] => {
  if (!before) return now;
  return sameItems(before, now) ? before : follow(before, now);
};

export type Part = readonly Encoded[];

/** Of one resource; the same for the same one. */
export const partOf: (resource: Encoded) => Part = remember((resource) => [resource]);

const joined = remember((_first: Part): { last?: { readonly parts: readonly Part[]; readonly all: Part } } => ({}));

/** All of several parts; the same for the same ones. */
export const joinedPart = (parts: readonly Part[]): Part => {
  const [first, second] = parts;
  if (!first) return none;
  if (!second) return first;
  const known = joined(first);
  if (!known.last || !sameItems(known.last.parts, parts)) known.last = { parts, all: parts.flat() };
  return known.last.all;
};

const none: Part = [];

/** The earlier part where it says the same. */
export const unlessSame = (before: Part | undefined, now: Part): Part => {
  const isSame =
    before?.length === now.length && now.every(({ name, version }, i) => before[i]?.name === name && before[i]?.version === version);
  return isSame ? before : now;
};

/** What was made of each item of the earlier list. */
const lookup = <Item, Output>(items: readonly Item[], outputs: readonly Output[]) => {
  let byItem: ReadonlyMap<Item, Output> | undefined;
  return (item: Item, index: number): Output | undefined => {
    if (items[index] === item) return outputs[index];
    byItem ??= new Map(items.map((one, at) => [one, outputs[at] as Output]));
    return byItem.get(item);
  };
};

/** Of a context that came instead of another: which items that makes a difference to. */
export type Touched<Item, Context> = (before: Context, now: Context) => (item: Item) => boolean;

/**
 * `make` of each item, in one context. Of a list that came of an earlier one, or whose context did, only what differs is made:
 * ten namespaces of a thousand services are ten thousand look-ups otherwise, for one changed rule.
 */
export const rememberEach = <Item extends object, Context extends object>(
  make: (item: Item, context: Context) => Part,
  touched: Touched<Item, Context>,
): ((items: readonly Item[], context: Context) => readonly Part[]) => {
  const made = new WeakMap<readonly Item[], { readonly context: Context; readonly outputs: readonly Part[] }>();
  const again = (items: readonly Item[], context: Context): readonly Part[] => {
    const before = made.has(items) ? items : predecessor(items);
    const earlier = before && made.get(before);
    if (!before || !earlier) return items.map((item) => make(item, context));
    const known = lookup(before, earlier.outputs);
    const isTouched = earlier.context === context ? () => false : touched(earlier.context, context);
    const outputs = items.map((item, index) => {
      const output = known(item, index);
      if (output && !isTouched(item)) return output;
      return unlessSame(output ?? earlier.outputs[index], make(item, context));
    });
    return instead(earlier.outputs, outputs);
  };
  return (items, context) => {
    const known = made.get(items);
    if (known?.context === context) return known.outputs;
    const outputs = again(items, context);
    made.set(items, { context, outputs });
    return outputs;
  };
};
