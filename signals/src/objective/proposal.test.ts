import { expect, test } from 'vitest';
import { availabilityProposal, latencyProposal } from './proposal.ts';

test.each([
  [0, 99.99],
  [0.0004, 99.9],
  [0.0006, 99.5],
  [0.01, 98],
  [0.9, undefined],
])('of which %d failed may be promised %s %%', (failed, target) => {
  expect(availabilityProposal(failed)).toBe(target);
});

test('a threshold is one that histograms tell exactly, and not below what was', () => {
  expect(latencyProposal({ p99: 101 })).toEqual({ thresholdMs: 250, target: 98 });
  expect(latencyProposal({ p99: 250 })).toEqual({ thresholdMs: 250, target: 98 });
  expect(latencyProposal({ p99: 1e9 })).toBeUndefined();
});
