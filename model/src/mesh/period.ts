/** Times as people write them about objectives: `5m`, `28d`, `4w`, `1d12h`. OpenSLO has the same shorthand. */

const units: readonly (readonly [unit: string, ms: number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

const whole = /^(?:\d{1,9}[wdhms])+$/;

/** @returns milliseconds; undefined where the text is no time, or none. */
export const parsePeriod = (text: string): number | undefined => {
  if (text.length > 32 || !whole.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)([wdhms])/g)) {
    total += Number(number) * (units.find(([name]) => name === unit)?.[1] ?? Number.NaN);
  }
  return total > 0 && Number.isSafeInteger(total) ? total : undefined;
};

/** The shortest way to write it, without weeks: days are what people compare. @param ms whole seconds */
export const periodText = (ms: number): string => {
  let rest = ms;
  let text = '';
  for (const [unit, length] of units.slice(1)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text || '0s';
};
