import { expect, test } from 'vitest';
import { lostBetween, RecordLosses, type Written, writtenIn } from './record-losses.ts';

const written = (lines: number, rest: Partial<Written> = {}): Written => ({ lines, completed: 0, failed: 0, unopened: 0, ...rest });

test('Envoy’s statistics are read', () => {
  const text = [
    'filesystem.reopen_failed: 2',
    'filesystem.write_buffered: 900',
    'filesystem.write_completed: 70',
    'filesystem.write_failed: 9',
  ];
  expect(writtenIn(text.join('\n'))).toEqual({ lines: 900, completed: 70, failed: 9, unopened: 2 });
  expect(writtenIn('filesystem.write_buffered: 1\nanother.write_failed: 9')).toEqual(written(1));
});

test.each([
  ['all was written', written(100, { completed: 5 }), 0],
  ['nothing came', written(0), 0],
  ['it waits in memory', written(3), 0],
  ['a part failed', written(100, { completed: 3, failed: 1 }), 25],
  ['all failed', written(100, { failed: 7 }), 100],
  ['a little failed', written(1, { completed: 9, failed: 1 }), 1],
  ['there was no file', written(100, { unopened: 1 }), 100],
])('%s', (_, now, lost) => {
  expect(lostBetween(written(0), now)).toBe(lost);
});

test('an Envoy that began anew is not held against what the one before it counted', () => {
  expect(lostBetween(written(1_000, { completed: 50, failed: 10 }), written(20, { completed: 1, failed: 1 }))).toBe(10);
});

test('what failed is told once, the last of it at the end', async () => {
  const told: number[] = [];
  let now = written(0);
  const losses = new RecordLosses({ ask: async () => now, onLost: (lines) => told.push(lines), everyMs: 5 });
  now = written(10, { failed: 1 });
  for (let tries = 0; tries < 500 && told.length === 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(told).toEqual([10]);
  now = written(12, { failed: 2 });
  await losses.close();
  expect(told).toEqual([10, 2]);
});
