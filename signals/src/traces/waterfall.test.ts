import type { Span } from '@weft/model';
import { expect, test } from 'vitest';
import { waterfall } from './waterfall.ts';

const span = (id: string, parent: string | undefined, [at, duration]: readonly [number, number]): Span => ({
  id,
  ...(parent !== undefined && { parent }),
  name: id,
  kind: 'server',
  at,
  duration,
  ...{ service: 'web', namespace: 'shop', workload: 'web', pod: 'web-1', failed: false, attributes: {}, events: [] },
});

const drawn = (...spans: readonly Span[]) => {
  const { at, duration, bars } = waterfall({ id: 'trace', spans });
  return { at, duration, bars: bars.map((bar) => [bar.span.id, bar.depth, bar.offset]) };
};

test('callers stand above those whom they called, in the order of time', () => {
  const spans = [span('c', 'b', [1020, 5]), span('d', 'a', [1030, 20]), span('a', undefined, [1000, 50]), span('b', 'a', [1010, 15])];
  expect(drawn(...spans)).toEqual({
    at: 1000,
    duration: 50,
    bars: [
      ['a', 0, 0],
      ['b', 1, 10],
      ['c', 2, 20],
      ['d', 1, 30],
    ],
  });
});

test('whose caller told nothing begins anew, and an answer after the caller gave up lengthens the whole', () => {
  expect(drawn(span('a', 'elsewhere', [1000, 10]), span('b', 'lost', [1005, 100]))).toEqual({
    at: 1000,
    duration: 105,
    bars: [
      ['a', 0, 0],
      ['b', 0, 5],
    ],
  });
});

test('a ring is drawn once', () => {
  expect(drawn(span('a', 'b', [1, 1]), span('b', 'a', [2, 1]), span('c', 'c', [3, 1])).bars).toEqual([
    ['a', 0, 0],
    ['b', 1, 1],
    ['c', 0, 2],
  ]);
});

test('nothing is nothing', () => {
  expect(drawn()).toEqual({ at: 0, duration: 0, bars: [] });
});

test('a chain of ten thousand is drawn', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => span(`${index}`, index === 0 ? undefined : `${index - 1}`, [index, 1]));
  expect(
    drawn(...chain)
      .bars.at(-1)
      ?.slice(0, 2),
  ).toEqual(['9999', 9999]);
});
