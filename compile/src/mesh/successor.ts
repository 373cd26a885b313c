/**
 * Which list came of which, so that whoever made something of the earlier one can mend it where the two differ instead of making it
 * anew. Nobody has to: what is mended is what would have been made. Earlier lists are not kept alive.
 */
type List = readonly unknown[];

const earlier = new WeakMap<List, WeakRef<List>>();

/** @returns `next`, of which `predecessor` will know that it came of `before`. */
export const follow = <T extends List>(before: List, next: T): T => {
  earlier.set(next, new WeakRef(before));
  return next;
};

const eldest = new WeakMap<object, WeakRef<List>>();

/** Of lists that were made of one thing for different readers, the eldest is what the others came of, unless they came of their own. */
export const followEldest = <T extends List>(origin: object, list: T): T => {
  const known = eldest.get(origin)?.deref();
  if (!known) eldest.set(origin, new WeakRef(list));
  return known && known !== list && !earlier.has(list) ? follow(known, list) : list;
};

export const predecessor = <T extends List>(list: T): T | undefined => earlier.get(list)?.deref() as T | undefined;

const differences = new WeakMap<List, { readonly before: WeakRef<List>; readonly at: readonly number[] | undefined }>();

/** More than these are another list. */
const most = 32;

const compare = (before: List, after: List): readonly number[] | undefined => {
  if (before.length !== after.length) return undefined;
  const at: number[] = [];
  for (let index = 0; index < after.length; index += 1) {
    if (before[index] === after[index]) continue;
    if (at.length === most) return undefined;
    at.push(index);
  }
  return at;
};

/** Where two lists of one length differ; `undefined`: elsewhere, or in too many places. Found once for the last two of a list. */
export const changedAt = (before: List, after: List): readonly number[] | undefined => {
  const known = differences.get(after);
  if (known?.before.deref() === before) return known.at;
  const at = compare(before, after);
  differences.set(after, { before: new WeakRef(before), at });
  return at;
};

export interface Turnover<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

/** Items of either list that the other has not; `undefined`: too many. One that came or went moves all behind it. */
export const turnover = <T>(before: readonly T[], after: readonly T[]): Turnover<T> | undefined => {
  if (before === after) return { gone: [], come: [] };
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const [left, right] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const [old, now] = [new Set(left), new Set(right)];
  const [gone, come] = [left.filter((item) => !now.has(item)), right.filter((item) => !old.has(item))];
  return gone.length + come.length > most ? undefined : { gone, come };
};

/** Both of them. */
export const difference = <T>(before: readonly T[], after: readonly T[]): readonly T[] | undefined => {
  const found = turnover(before, after);
  return found && [...found.gone, ...found.come];
};

type Keys = ReadonlySet<unknown>;

const keysChanged = new WeakMap<object, { readonly before: WeakRef<object>; readonly keys: Keys }>();

/** Keys under which one map has something else than the other. Found once for the last two of a map. */
export const changedKeys = <Key>(before: ReadonlyMap<Key, unknown>, after: ReadonlyMap<Key, unknown>): ReadonlySet<Key> => {
  const known = keysChanged.get(after);
  if (known?.before.deref() === before) return known.keys as ReadonlySet<Key>;
  const keys = new Set<Key>();
  if (before !== after) {
    for (const [key, value] of after) if (before.get(key) !== value) keys.add(key);
    for (const key of before.keys()) if (!after.has(key)) keys.add(key);
  }
  keysChanged.set(after, { before: new WeakRef(before), keys });
  return keys;
};
