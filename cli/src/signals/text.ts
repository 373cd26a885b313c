/** Figures as people read them. */

/** 99.99 % is not 100 %. */
export const percent = (share: number): string => {
  const value = share * 100;
  const digits = value > 99 && value < 100 ? 2 : 1;
  return `${(Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits)}%`;
};

export const amount = (value: number): string => {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
};

/** Envoy knows sums of what it put into buckets only nearly. */
export const bytes = (value: number): string => amount(Math.round(value));

export const milliseconds = (value: number): string => {
  if (value >= 60_000) return `${(value / 60_000).toFixed(1)}min`;
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)}s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}ms`;
};
