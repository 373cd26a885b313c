import { expect, test } from 'vitest';
import { checkRetention, defaultRetention, readRetention } from './retention.ts';

const day = 86_400_000;
const flaws = (text: string): readonly string[] =>
  [...checkRetention({ 'mesh.weft.dev/keep-records': text })].map(({ message }) => message);

test('an age, a size, or both; what is not said is as it is without', () => {
  const read = readRetention({
    'mesh.weft.dev/keep-records': '14d, 20Gi',
    'mesh.weft.dev/keep-metrics': '400d',
    'mesh.weft.dev/keep-traces': '500M 36h',
  });
  expect(read).toEqual({
    records: { maxAgeMs: 14 * day, maxBytes: 20 * 1024 ** 3 },
    metrics: { ...defaultRetention.metrics, maxAgeMs: 400 * day },
    traces: { maxAgeMs: 1.5 * day, maxBytes: 500e6 },
    topology: defaultRetention.topology,
  });
});

test('what cannot be meant is told, and counts as not written', () => {
  for (const text of ['', 'forever', '7', '-1d', '1.5d', '30m', '15Mi', '2000Ti', '100000d', '2GB']) {
    expect(flaws(text), text).toHaveLength(1);
    expect(readRetention({ 'mesh.weft.dev/keep-records': text }), text).toEqual(defaultRetention);
  }
  expect(flaws('7d, 8d')).toEqual(['an age or a size stands there twice']);
  expect(flaws('7d, 2Gi')).toEqual([]);
  expect([...checkRetention({ 'mesh.weft.dev/keep-logs': '7d' })]).toHaveLength(1);
});
