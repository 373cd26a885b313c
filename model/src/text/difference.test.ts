import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DifferentLine, differentLines } from './difference.ts';

const drawn = (before: string, after: string): string =>
  differentLines(before, after)
    .map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`)
    .join('\n');

test('lines that stayed are told once, in their order', () => {
  expect(drawn('a\nb\nc\nd\n', 'a\nc\nx\nd\n')).toBe(' a\n-b\n c\n+x\n d');
  expect(drawn('', 'a\nb\n')).toBe('+a\n+b');
  expect(drawn('a\n', '')).toBe('-a');
});

test('each text can be read from it, and as many lines stay as can', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  const side = (all: readonly DifferentLine[], other: string): string[] => all.filter(({ kind }) => kind !== other).map(({ text }) => text);
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const found = differentLines(before.join('\n'), after.join('\n'));
      expect([side(found, 'added'), side(found, 'removed')]).toEqual([before, after]);
      const kept = found.filter(({ kind }) => kind === 'same').length;
      expect(kept).toBe(longestCommon(before, after));
    }),
  );
});

/** As it is defined: slow, and plain. */
const longestCommon = ([a, ...before]: readonly string[], after: readonly string[]): number => {
  if (a === undefined) return 0;
  const at = after.indexOf(a);
  return Math.max(longestCommon(before, after), at < 0 ? 0 : 1 + longestCommon(before, after.slice(at + 1)));
};

test('long texts without anything in common are answered at once', () => {
  const text = (letter: string): string => Array.from({ length: 20_000 }, (_, index) => `${letter}${index}`).join('\n');
  expect(differentLines(text('a'), text('b'))).toHaveLength(40_000);
});
