const dayMs = 86_400_000;

/** The day before the one that `now` is in, as clocks go here: one of an hour more or less, too. */
export const dayBefore = (now: number): { readonly from: number; readonly to: number } => {
  const to = new Date(now).setHours(0, 0, 0, 0);
  return { from: new Date(to - dayMs / 2).setHours(0, 0, 0, 0), to };
};
