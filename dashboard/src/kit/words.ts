/** Numbers and times in words, the same on every page. */

const units: readonly (readonly [number, string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

const digits = (value: number): string =>
  Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : `${Number(value.toPrecision(2))}`;

/** 1234 → 1.2k; `-` where there is none. */
export const count = (value: number | undefined): string => {
  if (value === undefined || !Number.isFinite(value)) return '-';
  const unit = units.find(([size]) => Math.abs(value) >= size);
  return unit ? `${digits(value / unit[0])}${unit[1]}` : digits(value);
};

/** Of 0..1, so that 0.9999 is never said to be 100 %. */
export const percent = (share: number | undefined): string => {
  if (share === undefined || !Number.isFinite(share)) return '-';
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  const text = value > 99 ? Math.min(99.99, value).toFixed(2) : value.toPrecision(2);
  return `${Number(text)} %`;
};

/** @param ms milliseconds */
export const duration = (ms: number | undefined): string => {
  if (ms === undefined || !Number.isFinite(ms)) return '-';
  if (ms > 0 && ms < 1) return `${ms.toPrecision(2)} ms`;
  if (ms < 1_000) return `${digits(ms)} ms`;
  if (ms < 120_000) return `${digits(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
};

export const bytes = (value: number | undefined): string => (value === undefined ? '-' : `${count(value)}B`);

/** @param ms Unix milliseconds. Local time to the second; the day only where it is another one. */
export const moment = (ms: number, now = Date.now()): string => {
  const date = new Date(ms);
  const time = date.toLocaleTimeString([], { hour12: false });
  return date.toDateString() === new Date(now).toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
};

/** @param ms Unix milliseconds */
export const ago = (ms: number, now = Date.now()): string => (now - ms < 2_000 ? 'now' : `${duration(now - ms)} ago`);
