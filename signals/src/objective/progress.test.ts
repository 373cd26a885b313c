import { expect, test } from 'vitest';
import { objectiveFrom } from './objective.fixture.ts';
import { objectiveProgress } from './progress.ts';

const minute = 60_000;
const hour = 60 * minute;

test('tells each step alone, and what was left of the budget by its end', () => {
  const objective = objectiveFrom('indicator: {availability: {}}, target: 90, period: {rolling: 2h}');
  const at = 10 * hour;
  const counts = [
    { at, good: 100, total: 100 },
    { at: at + hour, good: 90, total: 100 },
    { at: at + 3 * hour, good: 100, total: 100 },
  ];
  const { items } = objectiveProgress(objective, counts, { from: at - hour, to: at + 5 * hour, step: hour, now: at + 4.5 * hour });
  expect(items).toMatchObject([
    { at, indicator: 100, compliance: 100, remaining: 100 },
    { at: at + hour, indicator: 90, compliance: 95, remaining: 50 },
    { at: at + 2 * hour, total: 0, indicator: null, compliance: 90, remaining: 0 },
    { at: at + 3 * hour, indicator: 100, compliance: 100, remaining: 100 },
  ]);
});

test('a calendar’s budget begins anew with its period, and not a step before', () => {
  const objective = objectiveFrom('indicator: {availability: {}}, target: 90, period: {calendar: Day, timeZone: UTC}');
  const midnight = 20 * 24 * hour;
  const counts = [
    { at: midnight - hour, good: 90, total: 100 },
    { at: midnight, good: 100, total: 100 },
  ];
  const { items } = objectiveProgress(objective, counts, { from: midnight - hour, to: midnight + hour, step: hour, now: midnight + hour });
  expect(items.map(({ remaining }) => remaining)).toEqual([0, 100]);
});

test('nobody draws a thousand steps', () => {
  const objective = objectiveFrom('indicator: {availability: {}}, target: 90, period: {rolling: 2h}');
  expect(() => objectiveProgress(objective, [], { from: 0, to: 2 * hour, step: 1_000, now: 2 * hour })).toThrow(RangeError);
});
