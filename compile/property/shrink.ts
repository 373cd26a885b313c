/** The least of a set that still fails: objects first, then fields, as long as anything can go. */

/** The value less one of its parts, for every part of it, the larger parts first. */
function* lesser(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.filter((_, at) => at !== index);
    for (const [index, item] of value.entries())
      for (const less of lesser(item)) yield value.map((other, at) => (at === index ? less : other));
    return;
  }
  for (const key of Object.keys(value)) yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  for (const [key, field] of Object.entries(value)) for (const less of lesser(field)) yield { ...value, [key]: less };
}

/** @param fails of what is still to be told of */
export const shrink = async <T>(value: T, fails: (less: T) => Promise<boolean>): Promise<T> => {
  for (const less of lesser(value)) if (await fails(less as T)) return shrink(less as T, fails);
  return value;
};
