type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Drops what was not said, so that equal policies are equal values. */
export const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
