/**
 * Results remembered from one mesh to the next, so that one changed object costs one object's work and everything else keeps its
 * identity (`===`), which is what later stages' WeakMaps go by.
 *
 * The law: `make` is a pure function of `inputs`; inputs are compared by identity (strings and numbers by value). A result that
 * was made anew but says the same as the last one is dropped for the last one. What a generation does not ask for is forgotten;
 * what `make` remembers by its own memo lives as long as its result, so that whole passes are skipped with all that they hold.
 */
import { follow } from './successor.ts';

/** The last result under a key: what is made may be mended of it, if it is what would be made anew. */
export interface Before<T> {
  readonly inputs: readonly unknown[];
  readonly value: T;
}

type Make<T> = (inner: Memo, before?: Before<T>) => T;

export interface Memo {
  <T>(key: string, inputs: readonly unknown[], make: Make<T>): T;
  /** Of each item what is made of it; in a list that differs from the last one in a few places only those are looked at. */
  each<Item extends object, T>(key: string, list: Each<Item, T>): readonly T[];
}

/** The law: an item's result is a pure function of the item and `context`; where there are `inputs`, of these alone. */
export interface Each<Item extends object, T> {
  readonly items: readonly Item[];
  /** All that results and `inputs` look at beside the item; absent: nothing. */
  readonly context?: readonly unknown[];
  /** What an item's result depends on, where that is less than the whole context. */
  readonly inputs?: (item: Item) => readonly unknown[];
  /** Of a context that changed: which items it may make a difference to; absent, or not to be told: to all. */
  readonly concerned?: (before: readonly unknown[]) => ((item: Item) => boolean) | undefined;
  /** The same in the next list for what the item will have become. */
  readonly name: (item: Item) => string;
  readonly make: (item: Item, inner: Memo) => T;
}

/** One item of a list. */
interface Row {
  readonly item: object;
  readonly inputs: readonly unknown[];
  readonly value: unknown;
  readonly inner: Table | undefined;
}

interface Entry {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
  /** What `make` remembered. */
  readonly inner?: Table | undefined;
  readonly rows?: readonly Row[];
}

type Table = Map<string, Entry>;

interface Generation {
  readonly memo: Memo;
  readonly table: () => Table | undefined;
}

const tables = new WeakMap<Memo, Generation['table']>();

const sameInputs = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!Object.is(a[i], b[i])) return false;
  return true;
};

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Equal content; functions and other objects only by identity. */
const sameContent = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameContent(item, b[i]));
  if (a instanceof Map) {
    return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameContent(value, b.get(key)));
  }
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((item) => b.has(item));
  if (!isPlain(a) || !isPlain(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && sameContent(left[key], right[key]));
};

const nothing: readonly unknown[] = [];

const rowOf = <Item extends object, T>(item: Item, { inputs, make }: Each<Item, T>, known: Row | undefined): Row => {
  const own = inputs?.(item) ?? nothing;
  if (known && inputs && sameInputs(known.inputs, own)) return { ...known, item };
  const inner = generation(known?.inner);
  const made = make(item, inner.memo);
  const value = known && sameContent(known.value, made) ? known.value : made;
  return { item, inputs: own, value, inner: inner.table() };
};

/** The last list's row of an item: mostly in the same place. */
const finder = <Item extends object, T>({ name }: Each<Item, T>, rows: readonly Row[]) => {
  const nameOf = ({ item }: Row) => name(item as Item);
  let byName: ReadonlyMap<string, Row> | undefined;
  return (item: Item, index: number): Row | undefined => {
    const here = rows[index];
    if (here?.item === item || (here && nameOf(here) === name(item))) return here;
    byName ??= new Map(rows.map((row) => [nameOf(row), row]));
    return byName.get(name(item));
  };
};

const rowsOf = <Item extends object, T>(list: Each<Item, T>, known: Entry | undefined): readonly Row[] => {
  const { items, context = nothing, concerned } = list;
  if (!known?.rows) return items.map((item) => rowOf(item, list, undefined));
  const before = known.inputs.slice(1);
  const isConcerned = sameInputs(before, context) ? () => false : (concerned?.(before) ?? (() => true));
  const find = finder(list, known.rows);
  return items.map((item, index) => {
    const row = find(item, index);
    return row?.item === item && !isConcerned(item) ? row : rowOf(item, list, row);
  });
};

const entryOf = <Item extends object, T>(list: Each<Item, T>, inputs: readonly unknown[], known: Entry | undefined): Entry => {
  const rows = rowsOf(list, known);
  const values = rows.map(({ value }) => value);
  const before = known?.rows ? (known.value as readonly unknown[]) : undefined;
  if (before && sameInputs(before, values)) return { inputs, value: before, rows };
  return { inputs, value: before ? follow(before, values) : values, rows };
};

const generation = (older: Table | undefined): Generation => {
  let table: Table | undefined;
  /** What is known under the key, if for these inputs; else what `make` makes of the last. */
  const remembered = (key: string, inputs: readonly unknown[], make: (known: Entry | undefined) => Entry): unknown => {
    table ??= new Map();
    const known = table.get(key) ?? older?.get(key);
    const entry = known && sameInputs(known.inputs, inputs) ? known : make(known);
    table.set(key, entry);
    return entry.value;
  };
  const memo = <T>(key: string, inputs: readonly unknown[], make: Make<T>): T =>
    remembered(key, inputs, (known) => {
      const inner = generation(known?.inner);
      const made = make(inner.memo, known as Before<T> | undefined);
      return { inputs, value: known && sameContent(known.value, made) ? known.value : made, inner: inner.table() };
    }) as T;
  const each = <Item extends object, T>(key: string, list: Each<Item, T>): readonly T[] => {
    const inputs = [list.items, ...(list.context ?? nothing)];
    return remembered(key, inputs, (known) => entryOf(list, inputs, known)) as readonly T[];
  };
  return { memo: Object.assign(memo, { each }), table: () => table };
};

/** The memo of a new generation; it holds no more than the one before it. */
export const nextMemo = (previous?: Memo): Memo => {
  const { memo, table } = generation(previous && tables.get(previous)?.());
  tables.set(memo, table);
  return memo;
};

/** Under keys of its own, so that two users of one memo do not push each other out of it. */
export const prefixed = (memo: Memo, prefix: string): Memo =>
  Object.assign(<T>(key: string, inputs: readonly unknown[], make: Make<T>): T => memo(`${prefix}: ${key}`, inputs, make), {
    each: <Item extends object, T>(key: string, list: Each<Item, T>): readonly T[] => memo.each(`${prefix}: ${key}`, list),
  });
