import { setImmediate as soon } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makeTurns } from './turns.ts';

const busy = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

it('does everything in order, and lets others in between', async () => {
  const turns = makeTurns({ ms: 5, pieces: 100 });
  const seen: (number | 'other')[] = [];
  for (let i = 0; i < 6; i++) {
    turns.take(() => {
      busy(3);
      seen.push(i);
    });
  }
  expect(seen).toEqual([]);
  while (seen.filter((one) => one !== 'other').length < 6) {
    await soon();
    seen.push('other');
  }
  expect(seen.filter((one) => one !== 'other')).toEqual([0, 1, 2, 3, 4, 5]);
  // Two pieces fill a slice of 5 ms.
  expect(seen.indexOf('other')).toBeLessThanOrEqual(2);
});

it('limits the pieces of a slice, and takes work that comes from work', async () => {
  const turns = makeTurns({ ms: 1_000, pieces: 2 });
  const seen: string[] = [];
  turns.take(() => {
    seen.push('a');
    turns.take(() => seen.push('c'));
  });
  turns.take(() => seen.push('b'));
  await soon();
  expect(seen).toEqual(['a', 'b']);
  await soon();
  expect(seen).toEqual(['a', 'b', 'c']);
});
