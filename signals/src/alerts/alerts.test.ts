import { describe, expect, test } from 'vitest';
import type { AlertRule, Observation } from './alert.ts';
import { type Book, due, type Entry, emptyBook, mostAlerts, type Rulebook, reduce } from './book.ts';
import type { Silence } from './muting.ts';
import { advance, type Judgement, type State, type Timing } from './state.ts';
import type { Notification, Receiver } from './telling.ts';

const yes: Judgement = { holds: true, reason: 'too high' };
const no: Judgement = { holds: false, reason: 'fine' };
const unknown: Judgement = { holds: 'unknown', reason: 'no data' };

describe('one alert', () => {
  const timing: Timing = { for: 20, keep: 10, missing: { leaves: 30 } };
  const after = (judgements: readonly Judgement[], its: Timing = timing): State =>
    judgements.reduce<State>((state, judgement, index) => advance(state, judgement, { timing: its, now: index * 10 }).state, undefined);

  test.each([
    ['waits', [yes, yes], { kind: 'pending', since: 0 }],
    ['fires when it lasted', [yes, yes, yes], { kind: 'firing', since: 0, fired: 20 }],
    ['begins to wait anew', [yes, no, yes, yes], { kind: 'pending', since: 20 }],
    ['is kept for a while', [yes, yes, yes, no], { kind: 'firing', since: 0, fired: 20, ended: 30 }],
    ['is the same one when it comes back', [yes, yes, yes, no, yes], { kind: 'firing', since: 0, fired: 20 }],
    ['ends', [yes, yes, yes, no, no], { kind: 'resolved', fired: 20, at: 40 }],
    ['begins again behind its end', [yes, yes, yes, no, no, yes], { kind: 'pending', since: 50 }],
    ['does not fire without data', [yes, yes, unknown], { kind: 'pending', since: 0, unseen: 20 }],
    ['is forgotten without data', [yes, unknown, unknown, unknown, unknown], undefined],
    ['goes on with data', [yes, yes, yes, unknown, unknown, yes], { kind: 'firing', since: 0, fired: 20 }],
    ['ends without data', [yes, yes, yes, unknown, unknown, unknown, unknown], { kind: 'resolved', fired: 20, at: 60 }],
  ] as const)('%s', (_, judgements, state) => expect(after(judgements)).toEqual(state));

  test('no data is the alert itself where a rule says so', () => {
    expect(after([unknown, unknown, unknown], { ...timing, missing: 'fires' })).toEqual({ kind: 'firing', since: 0, fired: 20 });
  });

  test('says why', () => {
    const told = (state: State, judgement: Judgement, now: number): string => advance(state, judgement, { timing, now }).reason;
    const firing = { kind: 'firing', since: 0, fired: 20 } as const;
    expect(told(undefined, yes, 0)).toBe('too high; for 0 s so far');
    expect(told(firing, no, 30)).toBe('fine; kept for 0 s');
    expect(told({ ...firing, unseen: 0 }, unknown, 3_600_000)).toBe('no data for 3600 s');
  });
});

const rule = (name: string, labels: AlertRule['labels'] = {}): AlertRule => ({
  name,
  labels,
  timing: { for: 0, keep: 0, missing: { leaves: 0 } },
});

const receiver: Receiver = { name: 'team', matchers: [], groupBy: ['service'], wait: 10, interval: 50, repeat: 500 };
const rulebook: Rulebook = {
  rules: [rule('Down', { severity: 'page' }), rule('Slow', { severity: 'ticket' })],
  receivers: [receiver],
  inhibitions: [
    {
      source: [{ label: 'alertname', is: '=', value: 'Down' }],
      target: [{ label: 'alertname', is: '=', value: 'Slow' }],
      equal: ['service'],
    },
  ],
  retention: 100,
};

const about = (name: string, service: string, judgement: Judgement = yes): Observation => ({ rule: name, labels: { service }, judgement });

/** What is entered when, and what is told then; what is told is entered as told unless the receiver is away. */
const story = (entries: readonly (readonly [now: number, entry: Entry | undefined])[], its = rulebook, isAway = false) => {
  let book: Book = emptyBook;
  const told: string[] = [];
  const all: Notification[] = [];
  for (const [now, entry] of entries) {
    if (entry) book = reduce(book, entry, { rulebook: its, now });
    for (const notification of due(book, { rulebook: its, now })) {
      const named = (alerts: Notification['firing']): string =>
        alerts.map(({ labels }) => `${labels['alertname']} ${labels['service']}`).join(', ');
      told.push(`${now} ${notification.occasion}: ${named(notification.firing)} / ${named(notification.resolved)}`);
      all.push(notification);
      if (!isAway) book = reduce(book, { kind: 'told', notification }, { rulebook: its, now });
    }
  }
  return { book, told, all };
};
const judged = (...observations: readonly Observation[]): Entry => ({ kind: 'judged', observations });

describe('telling', () => {
  test('alerts of a group come together, groups apart', () => {
    const all = judged(about('Down', 'a'), about('Down', 'b'), about('Slow', 'b', no));
    expect(
      story([
        [0, all],
        [9, all],
        [10, all],
        [11, all],
      ]).told,
    ).toEqual(['10 first: Down a / ', '10 first: Down b / ']);
  });

  test('what lasts is told again, what is more not at once', () => {
    const one = judged(about('Slow', 'a'));
    const two = judged(about('Slow', 'a'), { ...about('Slow', 'a'), labels: { service: 'a', pod: '2' } });
    expect(
      story([
        [0, one],
        [10, one],
        [20, two],
        [60, two],
        [559, two],
        [560, two],
      ]).told,
    ).toEqual(['10 first: Slow a / ', '60 more: Slow a, Slow a / ', '560 again: Slow a, Slow a / ']);
  });

  test('what ended before anybody was told is not told', () => {
    const { told, book } = story([
      [0, judged(about('Slow', 'a'))],
      [5, judged(about('Slow', 'a', no))],
      [10, judged(about('Slow', 'a', no))],
      [200, judged()],
    ]);
    expect(told).toEqual([]);
    expect(book).toEqual(emptyBook);
  });

  test('the end is told once, and then the group begins anew', () => {
    const [on, off] = [judged(about('Slow', 'a')), judged(about('Slow', 'a', no))];
    expect(
      story([
        [0, on],
        [10, on],
        [20, off],
        [60, off],
        [120, off],
        [130, on],
        [140, on],
      ]).told,
    ).toEqual(['10 first: Slow a / ', '60 resolved:  / Slow a', '140 first: Slow a / ']);
  });

  test('who was away is told the same telling again, and can know', () => {
    const on = judged(about('Slow', 'a'));
    const { all } = story(
      [
        [0, on],
        [10, on],
        [20, on],
      ],
      rulebook,
      true,
    );
    expect(all).toHaveLength(2);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  });

  test('a rule that is gone ends its alerts', () => {
    const on = judged(about('Slow', 'a'));
    const { book } = story([
      [0, on],
      [10, on],
    ]);
    const without = { ...rulebook, rules: [] };
    const after = reduce(book, judged(), { rulebook: without, now: 70 });
    expect(after.alerts.map(({ state, reason }) => [state.kind, reason])).toEqual([['resolved', 'its rule is gone']]);
    expect(due(after, { rulebook: without, now: 70 }).map(({ occasion }) => occasion)).toEqual(['resolved']);
  });

  test('receivers hear of what they asked for', () => {
    const pager: Receiver = { ...receiver, name: 'pager', matchers: [{ label: 'severity', is: '=', value: 'page' }] };
    const all = judged(about('Down', 'a'), about('Slow', 'b'));
    const { all: told } = story(
      [
        [0, all],
        [10, all],
      ],
      { ...rulebook, receivers: [receiver, pager] },
    );
    expect(told.map(({ receiver: name, firing }) => `${name} ${firing.map(({ rule: its }) => its).join()}`)).toEqual([
      'team Down',
      'team Slow',
      'pager Down',
    ]);
  });
});

describe('muting', () => {
  test('a cause explains its consequences, of the same service only', () => {
    const all = judged(about('Down', 'a'), about('Slow', 'a'), about('Slow', 'b'));
    expect(
      story([
        [0, all],
        [10, all],
      ]).told,
    ).toEqual(['10 first: Down a / ', '10 first: Slow b / ']);
  });

  test('alerts that would explain each other are both told', () => {
    const mutual = { ...rulebook, inhibitions: [{ source: [], target: [], equal: ['service'] }] };
    const all = judged(about('Down', 'a'), about('Slow', 'a'));
    expect(
      story(
        [
          [0, all],
          [10, all],
        ],
        mutual,
      ).told,
    ).toEqual(['10 first: Down a, Slow a / ']);
  });

  const silence = (matchers: Silence['matchers'], to: number): Entry => ({
    kind: 'silenced',
    silence: { id: 's', matchers, from: 0, to, by: 'me', comment: 'known' },
  });
  const on = judged(about('Down', 'a'));

  test.each([
    ['by its value', [{ label: 'service', is: '=', value: 'a' }], true],
    ['by an expression of the whole value', [{ label: 'service', is: '=~', value: 'a|b' }], true],
    ['not by a part of it', [{ label: 'alertname', is: '=~', value: 'Do' }], false],
    ['by what it is not', [{ label: 'service', is: '!=', value: 'b' }], true],
    ['by a label that it lacks', [{ label: 'zone', is: '=', value: '' }], true],
    [
      'not where one of several is another',
      [
        { label: 'service', is: '=', value: 'a' },
        { label: 'severity', is: '!~', value: 'p.*' },
      ],
      false,
    ],
    ['not by nothing', [], false],
  ] as const)('a silence holds %s', (_, matchers, holds) => {
    const { told } = story([
      [0, silence(matchers, 1000)],
      [0, on],
      [10, on],
    ]);
    expect(told).toEqual(holds ? [] : ['10 first: Down a / ']);
  });

  test('a silence ends, by time or by hand; what lasts is told then', () => {
    const service = [{ label: 'service', is: '=', value: 'a' }] as const;
    const told = (more: readonly (readonly [number, Entry | undefined])[], to: number): readonly string[] =>
      story([[0, silence(service, to)], [0, on], [10, on], ...more]).told;
    expect(
      told(
        [
          [29, on],
          [30, on],
        ],
        30,
      ),
    ).toEqual(['30 first: Down a / ']);
    expect(told([[20, { kind: 'unsilenced', id: 's' }]], 1000)).toEqual(['20 first: Down a / ']);
  });

  test('who was told of an alert is told of its end, silence or not', () => {
    const { told } = story([
      [0, on],
      [10, on],
      [20, silence([{ label: 'service', is: '=', value: 'a' }], 1000)],
      [60, judged(about('Down', 'a', no))],
    ]);
    expect(told).toEqual(['10 first: Down a / ', '60 resolved:  / Down a']);
  });
});

test('a clock that is set back makes nobody wait until it is there again, and one that is set forward ends nothing', () => {
  const hour = 3_600_000;
  const at = (book: Book, entry: Entry, now: number) => reduce(book, entry, { rulebook, now });
  const on = judged(about('Slow', 'a'));
  let book = at(at(emptyBook, on, hour), on, hour + 10);
  const [first] = due(book, { rulebook, now: hour + 10 });
  book = at(book, { kind: 'told', notification: first! }, hour + 10);
  // An hour back: what was told counts as of now.
  book = at(book, judged(about('Slow', 'a', no)), 10);
  expect(due(book, { rulebook, now: 10 })).toEqual([]);
  expect(due(book, { rulebook, now: 60 }).map(({ occasion }) => occasion)).toEqual(['resolved']);
  // A day forward.
  book = at(at(at(emptyBook, on, 0), on, 10), on, 86_400_000);
  expect(book.alerts.map(({ state }) => state.kind)).toEqual(['firing']);
});

test('a rule has five hundred alerts at most: those that there are go on, further ones are left out', () => {
  const of = (from: number) =>
    judged(...Array.from({ length: 600 }, (_, index) => ({ ...about('Slow', 'a'), labels: { service: 'a', pod: `${from + index}` } })));
  let book = reduce(emptyBook, of(0), { rulebook, now: 0 });
  const known = book.alerts.map(({ id }) => id);
  expect(known).toHaveLength(mostAlerts);
  book = reduce(book, of(-300), { rulebook, now: 1 });
  expect(book.alerts).toHaveLength(mostAlerts);
  expect(book.alerts.every(({ id }) => known.includes(id))).toBe(true);
});
