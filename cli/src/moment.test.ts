import { expect, test } from 'vitest';
import { moment } from './moment.ts';

const noon = Date.UTC(2026, 10, 23, 12);
const at = moment(() => noon);

test.each([
  ['90s', noon - 90_000],
  ['15m', noon - 900_000],
  ['1.5h', noon - 5_400_000],
  ['7d', noon - 7 * 86_400_000],
  ['2026-11-23T09:00:00Z', noon - 3 * 3_600_000],
])('%s', (text, expected) => expect(at(text)).toBe(expected));

test.each(['', '5', 'h', '1y', 'yesterday', '-1h', '2026-13-45'])('%s is no time', (text) => {
  expect(() => at(text)).toThrow('how long ago');
});
