import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { drained } from './drained.ts';

const full = (): PassThrough => {
  const stream = new PassThrough({ highWaterMark: 1 });
  stream.write('more than it takes');
  return stream;
};

test('a slow reader is waited for, and leaves nobody listening', async () => {
  const stream = full();
  for (let round = 0; round < 20; round += 1) {
    const waiting = drained(stream);
    stream.read();
    await waiting;
    expect(stream.writableNeedDrain).toBe(false);
    expect([stream.listenerCount('drain'), stream.listenerCount('close')]).toEqual([0, 0]);
    stream.write('more than it takes');
  }
});

test('a reader that goes away is not waited for', async () => {
  const stream = full();
  const waiting = drained(stream);
  stream.destroy();
  await waiting;
  await drained(stream);
  expect(stream.listenerCount('drain')).toBe(0);
});
