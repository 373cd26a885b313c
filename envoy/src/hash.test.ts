import { describe, expect, test } from 'vitest';
import { contentHash } from './hash.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('contentHash is MurmurHash3_x86_128', () => {
  test.each([
    ['', '00000000000000000000000000000000'],
    ['The quick brown fox jumps over the lazy dog', '2f1583c3ecee2c675d7bf66ce5e91d2c'],
  ])('%j', (text, expected) => {
    expect(contentHash(bytes(text))).toBe(expected);
  });

  test('one bit at any place, tail included, gives another hash', () => {
    const seen = new Set<string>();
    for (let place = 0; place < 37; place += 1) {
      const text = new Uint8Array(37);
      text[place] = 1;
      seen.add(contentHash(text));
    }
    expect(seen.size).toBe(37);
  });
});
