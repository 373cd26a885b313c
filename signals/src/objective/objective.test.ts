import { describe, expect, test } from 'vitest';
import { budget, burnRate, forecast } from './budget.ts';
import { burning } from './burning.ts';
import { availability, type Count, isCounted, isFailure, latency, tally } from './events.ts';
import { objectiveFrom } from './objective.fixture.ts';
import type { Objective } from './objective.ts';
import { windowOf } from './period.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2026, 2, 15, 12);

const available = (target: number, more = 'period: {rolling: 28d}'): Objective =>
  objectiveFrom(`indicator: {availability: {}}, target: ${target}, ${more}`);

/** One count a minute, the last of which ends now; `bad` of the share that fails so many minutes ago. */
const minutes = (length: number, bad: (ago: number) => number, perMinute = 1000): readonly Count[] =>
  Array.from({ length: length / minute }, (_, index) => {
    const ago = length / minute - index;
    return { at: now - ago * minute, good: perMinute * (1 - bad(ago)), total: perMinute };
  });

describe('what counts', () => {
  test.each([
    ['200', '', false],
    ['404', '', false],
    ['503', '', true],
    ['200', '0', false],
    ['200', '5', false],
    ['200', '13', true],
    ['200', '14', true],
    ['200', '16', false],
  ])('%s with gRPC status "%s" fails: %s', (code, grpcStatus, fails) => expect(isFailure({ code, grpcStatus })).toBe(fails));

  test('who went away is not counted', () => {
    expect(isCounted({ code: '0', grpcStatus: '' })).toBe(false);
    const answers = [
      { code: '200', grpcStatus: '', amount: 7 },
      { code: '500', grpcStatus: '', amount: 2 },
      { code: '0', grpcStatus: '', amount: 5 },
    ];
    expect(availability(now, answers)).toEqual({ at: now, good: 7, total: 9 });
  });

  test('latency counts what was fast enough', () => {
    expect(latency(now, { bounds: [100, 250], counts: [5, 3, 2], sum: 0 }, 250)).toEqual({ at: now, good: 8, total: 10 });
  });

  test('slices of time are good or bad as a whole, and good without requests', () => {
    const objective = available(99, 'period: {rolling: 1d}, timeSlices: {length: 5m, target: 90}');
    const counts = minutes(30 * minute, (ago) => (ago > 25 ? 0.2 : ago > 20 ? 0.05 : 0));
    expect(tally(objective, counts, { from: now - 30 * minute, to: now })).toEqual({ good: 5, total: 6 });
    expect(tally(objective, [], { from: now - hour, to: now })).toEqual({ good: 12, total: 12 });
  });
});

describe('periods', () => {
  const calendar = (unit: string, timeZone: string) => available(99, `period: {calendar: ${unit}, timeZone: ${timeZone}}`).period;
  const shown = (unit: string, timeZone: string, at: number): readonly string[] => {
    const { from, to } = windowOf(calendar(unit, timeZone), at);
    return [from, to].map((time) => new Date(time).toISOString().slice(0, 16));
  };

  test('roll', () => expect(windowOf(available(99).period, now)).toEqual({ from: now - 28 * day, to: now }));

  test.each([
    ['Day', 'UTC', ['2026-03-15T00:00', '2026-03-16T00:00']],
    ['Week', 'UTC', ['2026-03-09T00:00', '2026-03-16T00:00']],
    ['Month', 'UTC', ['2026-03-01T00:00', '2026-04-01T00:00']],
    ['Quarter', 'UTC', ['2026-01-01T00:00', '2026-04-01T00:00']],
    ['Year', 'UTC', ['2026-01-01T00:00', '2027-01-01T00:00']],
    // Summer time begins within it, on the 29th.
    ['Month', 'Europe/Berlin', ['2026-02-28T23:00', '2026-03-31T22:00']],
    ['Day', 'America/New_York', ['2026-03-15T04:00', '2026-03-16T04:00']],
    ['Day', 'Asia/Kolkata', ['2026-03-14T18:30', '2026-03-15T18:30']],
  ])('%s in %s', (unit, timeZone, expected) => expect(shown(unit, timeZone, now)).toEqual(expected));

  test('the day on which the clock changes has 23 hours', () => {
    const at = Date.UTC(2026, 2, 29, 12);
    expect(shown('Day', 'Europe/Berlin', at)).toEqual(['2026-03-28T23:00', '2026-03-29T22:00']);
  });
});

describe('a budget', () => {
  test('of requests', () => {
    const counts = [{ at: now - hour, good: 99_950, total: 100_000 }];
    expect(budget(available(99.9), counts, now)).toEqual({
      window: { from: now - 28 * day, to: now },
      good: 99_950,
      total: 100_000,
      compliance: 0.9995,
      allowed: expect.closeTo(100, 6),
      failed: 50,
      remaining: expect.closeTo(0.5, 6),
    });
  });

  test('is overdrawn, not just gone', () => {
    expect(budget(available(99.9), [{ at: now - hour, good: 997, total: 1000 }], now).remaining).toBeCloseTo(-2, 6);
  });

  test('forgets what is older than its period', () => {
    expect(budget(available(99.9), [{ at: now - 29 * day, good: 0, total: 1000 }], now)).toMatchObject({
      total: 0,
      compliance: undefined,
      remaining: 1,
    });
  });

  test('of slices is known for the whole calendar period from its start', () => {
    const objective = available(99, 'period: {calendar: Day}, timeSlices: {length: 1m, target: 99}');
    const found = budget(
      objective,
      minutes(hour, (ago) => (ago > 57 ? 1 : 0)),
      now,
    );
    expect(found).toMatchObject({ total: 720, failed: 3, allowed: expect.closeTo(14.4, 6) });
    expect(found.remaining).toBeCloseTo(1 - 3 / 14.4, 6);
  });

  test('burns at 1 where it would just last', () => {
    expect(
      burnRate(
        available(99.9),
        minutes(hour, () => 0.001),
        { from: now - hour, to: now },
      ),
    ).toBeCloseTo(1, 6);
    expect(
      burnRate(
        available(99.9),
        minutes(hour, () => 0.0144),
        { from: now - hour, to: now },
      ),
    ).toBeCloseTo(14.4, 6);
    expect(burnRate(available(99.9), [], { from: now - hour, to: now })).toBeUndefined();
  });
});

describe('a forecast', () => {
  const over = (objective: Objective, counts: readonly Count[]): string => forecast(objective, counts, { now, last: hour }).words;
  const calm = (share: number) => minutes(28 * day, (ago) => (ago <= 60 ? share : 0), 10);

  test('says when the budget is gone', () => {
    // 28 days of 10 requests a minute allow 403 failures; an hour of 6 a minute leaves 43.
    expect(over(available(99.9), calm(0.6))).toBe('budget gone in 7 min at this rate');
    expect(over(available(99.9), calm(0.2))).toBe('budget gone in 2 h at this rate');
    expect(over(available(99.9), calm(0.01))).toBe('budget gone in 3 d at this rate');
  });

  test('knows that a rolling budget comes back, and a calendar period ends', () => {
    expect(over(available(99.9), calm(0.001))).toBe('budget lasts at this rate');
    expect(
      over(
        available(99, 'period: {calendar: Day}'),
        minutes(12 * hour, () => 0.005),
      ),
    ).toBe('budget lasts at this rate');
    expect(
      over(
        available(99, 'period: {calendar: Day}'),
        minutes(12 * hour, (ago) => (ago <= 60 ? 0.03 : 0)),
      ),
    ).toMatch(/gone in 6 h/);
  });

  test('says what it cannot know', () => {
    expect(over(available(99.9), [])).toBe('nothing was counted lately');
    expect(over(available(99.9), [{ at: now - day, good: 0, total: 10 }])).toBe('budget gone');
  });
});

describe('burn rates of the workbook', () => {
  const fired = (counts: readonly Count[], objective = available(99.9)): readonly (boolean | undefined)[] =>
    burning(objective, counts, now).map(({ holds }) => holds);
  const history = (bad: (ago: number) => number) => minutes(3 * day, bad);

  test.each([
    ['nothing fails', () => 0, [false, false, false, false]],
    ['all has failed for five minutes', (ago: number) => (ago <= 5 ? 1 : 0), [true, true, true, true]],
    ['2 % have failed for an hour', (ago: number) => (ago <= 60 ? 0.02 : 0), [true, false, false, false]],
    ['it was an hour ago', (ago: number) => (ago > 60 && ago <= 120 ? 0.5 : 0), [false, false, true, true]],
    ['0.7 % have failed for six hours', (ago: number) => (ago <= 360 ? 0.007 : 0), [false, true, false, false]],
    ['0.35 % have failed for a day', (ago: number) => (ago <= 1440 ? 0.0035 : 0), [false, false, true, true]],
    ['0.12 % have failed for three days', () => 0.0012, [false, false, false, true]],
    ['exactly the limit', () => 0.0144, [false, true, true, true]],
  ])('%s', (_, bad, expected) => expect(fired(history(bad))).toEqual(expected));

  test('without data nothing is known', () => {
    expect(fired([])).toEqual([undefined, undefined, undefined, undefined]);
    expect(fired(history(() => 1).filter(({ at }) => at < now - hour))).toEqual([undefined, undefined, true, true]);
  });

  test('the reason has the figures', () => {
    expect(
      burning(
        available(99.9),
        history((ago) => (ago <= 5 ? 1 : 0)),
        now,
      )[0]?.reason,
    ).toBe('budget burns 83.3× over 1h, 1000× over 5m; limit 14.4×');
  });

  test('are an objective’s own where it has some, and fit into its period', () => {
    expect(available(99, 'period: {rolling: 1d}').burnRates.map(({ factor }) => factor)).toEqual([14.4, 6, 3]);
    const own = available(99, 'period: {rolling: 7d}, burnRates: [{factor: 2, long: 2h, short: 10m, severity: wake}]');
    expect(own.burnRates).toEqual([{ factor: 2, long: 2 * hour, short: 10 * minute, severity: 'wake' }]);
  });
});
