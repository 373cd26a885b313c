import { expect, test } from 'vitest';
import { makeTally } from './tally.ts';

const samplesOf = (tally: ReturnType<typeof makeTally>, family: string) =>
  (tally.families().find(({ name }) => name === family)?.samples ?? []).map(({ name, labels, value }) => [
    name.slice(family.length),
    labels['type'] ?? labels['le'] ?? '',
    value,
  ]);

test('what happens is counted by what tells it apart, and nothing is zero', () => {
  const tally = makeTally();
  for (const type of ['cds', 'eds', 'eds']) tally.count('pilot_xds_pushes', { type });
  expect(samplesOf(tally, 'pilot_xds_pushes')).toEqual([
    ['', 'cds', 1],
    ['', 'eds', 2],
  ]);
  expect(samplesOf(tally, 'pilot_total_xds_rejects')).toEqual([['', '', 0]]);
});

test('what was measured stands in buckets that hold those below, too', () => {
  const tally = makeTally();
  for (const seconds of [0.05, 0.1, 4, 60]) tally.observe('pilot_proxy_convergence_time', seconds);
  expect(samplesOf(tally, 'pilot_proxy_convergence_time')).toEqual([
    ...['0.1', '0.5', '1', '3'].map((bound) => ['_bucket', bound, 2]),
    ...['5', '10', '20', '30'].map((bound) => ['_bucket', bound, 3]),
    ['_bucket', '+Inf', 4],
    ['_sum', '', 64.15],
    ['_count', '', 4],
  ]);
});
