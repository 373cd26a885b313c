import type { Span } from '@weft/model';
import { expect, test } from 'vitest';
import { criticalPath } from './critical-path.ts';

const span = (id: string, at: number, duration: number, parent?: string): Span => ({
  ...{ id, at, duration, name: id, kind: 'server', service: id, namespace: 'shop', workload: id, pod: id, failed: false },
  ...{ attributes: {}, events: [] },
  ...(parent !== undefined && { parent }),
});

const path = (...spans: readonly Span[]): readonly string[] => [...criticalPath({ id: 'trace', spans })].toSorted();

test('a caller waits for the last of those that it called at once', () => {
  expect(path(span('web', 0, 100), span('fast', 10, 20, 'web'), span('slow', 10, 80, 'web'), span('deep', 20, 60, 'slow'))).toEqual([
    'deep',
    'slow',
    'web',
  ]);
});

test('of calls one after another it waits for each', () => {
  expect(path(span('web', 0, 100), span('first', 5, 30, 'web'), span('second', 40, 50, 'web'))).toEqual(['first', 'second', 'web']);
});

test('a clock that is ahead, a caller that tells nothing and a circle end', () => {
  expect(path(span('web', 0, 100), span('ahead', 30, 71, 'web'))).toEqual(['ahead', 'web']);
  expect(path(span('lost', 0, 10, 'nobody'))).toEqual(['lost']);
  expect(path(span('a', 0, 10, 'a'))).toEqual([]);
});
