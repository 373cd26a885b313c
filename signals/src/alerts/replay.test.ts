/** Outages minute by minute against an explicit clock: what is pending, fires, resolves and is told, and when. */
import { describe, expect, test } from 'vitest';
import type { Count } from '../objective/events.ts';
import { objectiveFrom } from '../objective/objective.fixture.ts';
import { type Book, due, type Entry, emptyBook, type Rulebook, reduce } from './book.ts';
import { budgetBurnRules, budgetBurns, pagesExplainTickets } from './budget-burn.ts';
import type { Receiver } from './telling.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
const objective = objectiveFrom('indicator: {availability: {}}, target: 99.9, period: {rolling: 28d}');

const pager: Receiver = {
  name: 'pager',
  matchers: [],
  groupBy: ['objective'],
  wait: minute,
  interval: 5 * minute,
  repeat: 4 * hour,
};
const rulebook: Rulebook = {
  rules: budgetBurnRules(objective),
  receivers: [pager],
  inhibitions: [pagesExplainTickets],
  retention: 10 * minute,
};

const clock = (at: number): string => {
  const minutes = (at - start) / minute;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
};

const statesOf = ({ alerts }: Book): ReadonlyMap<string, string> =>
  new Map(alerts.map(({ labels, state }) => [labels['window'] ?? '', state.kind]));

interface Outage {
  /** Minutes that are looked at. */
  readonly length: number;
  /** Share of a thousand requests that fails in the minute; undefined: nobody counted. */
  readonly fails: (minute: number) => number | undefined;
  /** What happens to the book between two minutes: a restart. */
  readonly between?: (book: Book) => Book;
}

/** Three calm days, then the outage. */
const replay = ({ length, fails, between = (book) => book }: Outage): readonly string[] => {
  const counts: Count[] = Array.from({ length: 3 * 24 * 60 }, (_, index) => ({
    at: start - (index + 1) * minute,
    good: 1000,
    total: 1000,
  })).reverse();
  const log: string[] = [];
  let book = emptyBook;
  for (let index = 0; index <= length; index += 1) {
    const now = start + index * minute;
    const entered = (entry: Entry): Book => between(reduce(book, entry, { rulebook, now }));
    const before = statesOf(book);
    book = entered({ kind: 'judged', observations: budgetBurns(objective, counts, now) });
    for (const [window, kind] of statesOf(book)) if (before.get(window) !== kind) log.push(`${clock(now)} ${window} ${kind}`);
    for (const notification of due(book, { rulebook, now })) {
      const named = (alerts: typeof notification.firing): string => alerts.map(({ labels }) => labels['window']).join('+') || 'nothing';
      log.push(
        `${clock(now)} told ${notification.occasion}: ${named(notification.firing)} fires, ${named(notification.resolved)} resolved`,
      );
      book = entered({ kind: 'told', notification });
    }
    expect(due(book, { rulebook, now })).toEqual([]);
    const share = fails(index);
    if (share !== undefined) counts.push({ at: now, good: 1000 * (1 - share), total: 1000 });
  }
  return log;
};

const burst: Outage = { length: 380, fails: (at) => (at < 10 ? 0.5 : 0) };

describe('an error burst: half of all requests fail for ten minutes', () => {
  test('pages in its second minute, tells what changes, and ends when it ends', () => {
    expect(replay(burst)).toEqual([
      '00:02 1h firing', // 500 x 2 / 60 > 14.4
      '00:03 told first: 1h fires, nothing resolved', // others might have come along
      '00:05 6h firing', // 500 x 5 / 360 > 6
      '00:08 told more: 1h+6h fires, nothing resolved', // no sooner than five minutes after
      '00:09 1d firing', // 500 x 9 / 1440 > 3; tickets are explained by the page
      '00:09 3d firing', // 500 x 9 / 4320 > 1
      '00:20 1h resolved', // from 00:15 on no failure in the last 5 minutes, and 5 more
      '00:20 told resolved: 6h fires, 1h resolved',
      '00:45 6h resolved', // the same with 30 minutes
      '00:45 told more: 1d+3d fires, 6h resolved', // no page explains them any more
      '02:15 1d resolved',
      '02:15 told resolved: 3d fires, 1d resolved',
      '06:15 3d resolved',
      '06:15 told resolved: nothing fires, 3d resolved',
    ]);
  });

  test('a restart at every moment changes nothing', () => {
    const restarted = { ...burst, length: 60, between: (book: Book): Book => JSON.parse(JSON.stringify(book)) as Book };
    expect(replay(restarted)).toEqual(replay({ ...burst, length: 60 }));
  });
});

describe('a slow burn: 4 requests of 1000 fail', () => {
  test('is a ticket after hours, and no page', () => {
    // 4 x 1081 / 1440 > 3
    expect(replay({ length: 1100, fails: () => 0.004 })).toEqual([
      '18:01 1d firing',
      '18:01 3d firing',
      '18:02 told first: 1d+3d fires, nothing resolved',
    ]);
  });

  test('that is slower than the budget lasts is nothing', () => {
    expect(replay({ length: 600, fails: () => 0.0009 })).toEqual([]);
  });
});

describe('flapping', () => {
  test('failures that come back within the time that an alert is kept are one alert, told once', () => {
    expect(replay({ length: 67, fails: (at) => (at < 60 && at % 8 === 0 ? 1 : 0) })).toEqual([
      '00:01 1h firing',
      '00:02 told first: 1h fires, nothing resolved',
      '00:17 6h firing',
      '00:17 told more: 1h+6h fires, nothing resolved',
      '00:33 1d firing',
      '00:33 3d firing',
      '01:07 1h resolved',
      '01:07 told resolved: 6h fires, 1h resolved',
    ]);
  });
});

describe('missing data', () => {
  test('leaves alerts as they were; with the first data they are judged again', () => {
    expect(replay({ length: 80, fails: (at) => (at < 10 ? 0.5 : at < 70 ? undefined : 0) }).slice(6)).toEqual([
      '01:16 1h resolved',
      '01:16 6h resolved',
      '01:16 told more: 1d+3d fires, 1h+6h resolved',
    ]);
  });

  test('that lasts ends them, an hour after nothing was known', () => {
    expect(replay({ length: 102, fails: (at) => (at < 10 ? 0.5 : undefined) }).slice(6)).toEqual([
      '01:15 1h resolved', // the last 5 minutes were empty from 00:15 on
      '01:15 told resolved: 6h fires, 1h resolved',
      '01:40 6h resolved', // the last 30 from 00:40 on
      '01:40 told more: 1d+3d fires, 6h resolved',
    ]);
  });

  test('from the start is no alert', () => {
    expect(replay({ length: 30, fails: () => undefined })).toEqual([]);
  });
});
