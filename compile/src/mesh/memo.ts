/**
 * Results remembered from one mesh to the next, so that one changed object costs one object's work and everything else keeps its
 * identity (`===`), which is what later stages' WeakMaps go by.
 *
 * The law: `make` is a pure function of `inputs`; inputs are compared by identity (strings and numbers by value). A result that
 * was made anew but says the same as the last one is dropped for the last one. What a generation does not ask for is forgotten.
 */
export type Memo = <T>(key: string, inputs: readonly unknown[], make: () => T) => T;

interface Entry {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
}

type Table = Map<string, Entry>;

const tables = new WeakMap<Memo, Table>();

const sameInputs = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!Object.is(a[i], b[i])) return false;
  return true;
};

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Equal content; functions and other objects only by identity. */
export const sameContent = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameContent(item, b[i]));
  if (a instanceof Map) {
    return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameContent(value, b.get(key)));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && sameContent(left[key], right[key]));
};

/** The memo of a new generation; the one before it is let go as soon as the new one has taken what it needs from it. */
export const nextMemo = (previous?: Memo): Memo => {
  const older: Table = (previous && tables.get(previous)) ?? new Map();
  const table: Table = new Map();
  const memo = <T>(key: string, inputs: readonly unknown[], make: () => T): T => {
    const known = table.get(key) ?? older.get(key);
    if (known && sameInputs(known.inputs, inputs)) {
      table.set(key, known);
      return known.value as T;
    }
    const made = make();
    const value = known && sameContent(known.value, made) ? (known.value as T) : made;
    table.set(key, { inputs, value });
    return value;
  };
  tables.set(memo, table);
  return memo;
};
