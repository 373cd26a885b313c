import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical, contentHash, murmur128 } from './hash.ts';

test('the order of keys and absent values do not count, the order of lists does', () => {
  expect(contentHash({ a: 1, b: [1, { c: 2, d: 3 }], e: undefined })).toBe(contentHash({ b: [1, { d: 3, c: 2 }], a: 1 }));
  expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  expect(canonical({ b: 1, a: '"' })).toBe('{"a":"\\"","b":1}');
});

test('different values have different hashes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(contentHash(a) === contentHash(b)).toBe(canonical(a) === canonical(b));
    }),
    { numRuns: 2000 },
  );
});

test('neighbours do not collide, in none of the four words', () => {
  const words = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
  const count = 20_000;
  for (let n = 0; n < count; n += 1) {
    const hash = murmur128(`{"weight":${n}}`);
    for (const [index, seen] of words.entries()) seen.add(hash.slice(8 * index, 8 * index + 8));
  }
  // With 32 bits each, 20,000 values meet about 0.05 times.
  for (const seen of words) expect(seen.size).toBeGreaterThan(count - 4);
});

test('one bit changes about half of the bits', () => {
  const bits = (hash: string): string => [...hash].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  const [a, b] = [bits(murmur128('spec: 1')), bits(murmur128('spec: 0'))];
  const changed = [...a].filter((bit, index) => bit !== b[index]).length;
  expect(changed).toBeGreaterThan(40);
  expect(changed).toBeLessThan(88);
});
