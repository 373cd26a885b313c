/** Times as people write them on a command line. */
import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const lengthOf = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (units[unit] ?? 0));
};

/** `500ms`, `30s`, `2m`, `24h`, `7d`; a number alone means seconds. */
export const milliseconds = (text: string): number => {
  const length = lengthOf(/^[\d.]+$/.test(text) ? `${text}s` : text);
  if (length === undefined) throw new InvalidArgumentError('write a time like 30s, 2m, 24h or 7d.');
  return length;
};

/** What is looked back: no time at all has nothing to tell. @param most in milliseconds */
export const lookBack =
  (most = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const length = milliseconds(text);
    if (length < 1 || length > most)
      throw new InvalidArgumentError(
        `write a time like 30s, 2m, 24h or 7d${most < Number.POSITIVE_INFINITY ? `, up to ${most / 86_400_000}d` : ''}.`,
      );
    return length;
  };

/** `90s`, `15m`, `1h` or `7d` ago, or a date and time like `2026-11-23T09:00:00Z`. @returns Unix milliseconds */
export const moment =
  (now: () => number) =>
  (text: string): number => {
    const before = lengthOf(text);
    if (before !== undefined) return now() - before;
    const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) throw new InvalidArgumentError('write how long ago, like 15m, 1h or 7d, or a time like 2026-11-23T09:00:00Z.');
    return at;
  };
