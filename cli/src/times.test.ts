import { expect, test } from 'vitest';
import { lookBack, milliseconds, moment } from './times.ts';

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

test.each([
  ['500ms', 500],
  ['30', 30_000],
  ['1.5h', 5_400_000],
  ['7d', 7 * 86_400_000],
])('%s is so many milliseconds', (text, expected) => expect(milliseconds(text)).toBe(expected));

test.each(['', 'h', '1y', '-1h', '1.5.2'])('%s is no length of time', (text) => {
  expect(() => milliseconds(text)).toThrow('30s, 2m, 24h or 7d');
});

test('who looks back looks back some time, and not further than anything is kept', () => {
  expect(lookBack(30 * 86_400_000)('30d')).toBe(30 * 86_400_000);
  expect(() => lookBack(30 * 86_400_000)('31d')).toThrow('up to 30d');
  expect(() => lookBack()('0s')).toThrow('write a time');
});
