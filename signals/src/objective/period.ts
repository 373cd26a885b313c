/** The stretch of time that an objective is measured over. */
import type { CalendarUnit } from '@weft/model';
import type { Window } from '../series/looks.ts';
import type { Period } from './objective.ts';

interface Day {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/** What a clock on the wall there shows, as if it were UTC. */
const wallClock = (at: number, timeZone: string): number => {
  const options = { timeZone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const parts = new Map(
    new Intl.DateTimeFormat('en-US', { ...options, ...time }).formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
};

/** When that day begins there. Looked at twice: the clock may change between the first guess and midnight. */
const midnight = ({ year, month, day }: Day, timeZone: string): number => {
  const wanted = Date.UTC(year, month, day);
  const guess = wanted - (wallClock(wanted, timeZone) - wanted);
  return guess - (wallClock(guess, timeZone) - wanted);
};

const firstDays: Readonly<Record<CalendarUnit, (today: Day, weekday: number) => readonly [first: Day, next: Day]>> = {
  Day: (today) => [today, { ...today, day: today.day + 1 }],
  // Weeks begin on Monday (ISO 8601).
  Week: (today, weekday) => {
    const first = { ...today, day: today.day - ((weekday + 6) % 7) };
    return [first, { ...first, day: first.day + 7 }];
  },
  Month: ({ year, month }) => [
    { year, month, day: 1 },
    { year, month: month + 1, day: 1 },
  ],
  Quarter: ({ year, month }) => {
    const first = month - (month % 3);
    return [
      { year, month: first, day: 1 },
      { year, month: first + 3, day: 1 },
    ];
  },
  Year: ({ year }) => [
    { year, month: 0, day: 1 },
    { year: year + 1, month: 0, day: 1 },
  ],
};

/** The period that `now` is in: of a rolling one it is the end, a calendar's may last on. */
export const windowOf = (period: Period, now: number): Window => {
  if (period.kind === 'rolling') return { from: now - period.length, to: now };
  const local = new Date(wallClock(now, period.timeZone));
  const today: Day = { year: local.getUTCFullYear(), month: local.getUTCMonth(), day: local.getUTCDate() };
  const [first, next] = firstDays[period.unit](today, local.getUTCDay());
  return { from: midnight(first, period.timeZone), to: midnight(next, period.timeZone) };
};
