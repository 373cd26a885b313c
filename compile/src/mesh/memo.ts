/**
 * Results remembered from one mesh to the next, so that one changed object costs one object's work and everything else keeps its
 * identity (`===`), which is what later stages' WeakMaps go by.
 *
 * The law: `make` is a pure function of `inputs`; inputs are compared by identity (strings and numbers by value). A result that
 * was made anew but says the same as the last one is dropped for the last one. What a generation does not ask for is forgotten;
 * what `make` remembers by its own memo lives as long as its result, so that whole passes are skipped with all that they hold.
 */
export type Memo = <T>(key: string, inputs: readonly unknown[], make: (inner: Memo) => T) => T;

interface Entry {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
  /** What `make` remembered. */
  readonly inner: Table | undefined;
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

const generation = (older: Table | undefined): Generation => {
  let table: Table | undefined;
  const memo: Memo = (key, inputs, make) => {
    table ??= new Map();
    const known = table.get(key) ?? older?.get(key);
    if (known && sameInputs(known.inputs, inputs)) {
      table.set(key, known);
      return known.value as ReturnType<typeof make>;
    }
    const inner = generation(known?.inner);
    const made = make(inner.memo);
    const value = known && sameContent(known.value, made) ? (known.value as typeof made) : made;
    table.set(key, { inputs, value, inner: inner.table() });
    return value;
  };
  return { memo, table: () => table };
};

/** The memo of a new generation; it holds no more than the one before it. */
export const nextMemo = (previous?: Memo): Memo => {
  const { memo, table } = generation(previous && tables.get(previous)?.());
  tables.set(memo, table);
  return memo;
};
