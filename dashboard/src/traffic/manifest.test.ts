import { expect, test } from 'vitest';
import { readAt, writtenAt } from './manifest.ts';
import { rebalanced } from './weights.ts';

const text = 'spec:\n  http:\n    # kept\n    - timeout: 1s\n      route: []\n';

test('writes a field and leaves the rest', () => {
  const written = writtenAt(text, ['spec', 'http', 0, 'retries', 'attempts'], 3);
  expect(written).toContain('# kept');
  expect(readAt(written, ['spec', 'http', 0])).toEqual({ timeout: '1s', route: [], retries: { attempts: 3 } });
});

test('takes a field away, and what is empty without it', () => {
  const written = writtenAt(text, ['spec', 'http', 0, 'retries', 'attempts'], 3);
  expect(readAt(writtenAt(written, ['spec', 'http', 0, 'retries', 'attempts'], undefined), ['spec', 'http', 0, 'retries'])).toBeUndefined();
});

test('leaves what is no YAML as it is', () => {
  expect(writtenAt('a: [', ['a'], 1)).toBe('a: [');
});

test('weights always sum to 100', () => {
  expect(rebalanced([100, 0], 1, 30)).toEqual([70, 30]);
  expect(rebalanced([100, 0, 0], 0, 0)).toEqual([0, 50, 50]);
  for (let value = 0; value <= 100; value += 1) expect(rebalanced([34, 33, 33], 1, value).reduce((a, b) => a + b, 0)).toBe(100);
});
