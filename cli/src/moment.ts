import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const ago = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (units[unit] ?? 0));
};

/** `90s`, `15m`, `1h` or `7d` ago, or a date and time like `2026-11-23T09:00:00Z`. @returns Unix milliseconds */
export const moment =
  (now: () => number) =>
  (text: string): number => {
    const before = ago(text);
    if (before !== undefined) return now() - before;
    const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) throw new InvalidArgumentError('write how long ago, like 15m, 1h or 7d, or a time like 2026-11-23T09:00:00Z.');
    return at;
  };
