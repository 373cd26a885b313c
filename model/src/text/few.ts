/** The first of many by name, the others by number: `a, b, c and 2 more`. */
export const few = (names: readonly string[], most = 3): string => {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
};
