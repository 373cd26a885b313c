/**
 * Clocks are set: by hand, by NTP, by a machine that slept. What is remembered of a time that is still to come, by the clock of now, counts as
 * of now: nobody waits for hours that were once gone through already.
 */
import type { Alert } from './alert.ts';
import type { Book } from './book.ts';
import type { AlertState } from './state.ts';
import type { Told } from './telling.ts';

const times = ['since', 'fired', 'ended', 'unseen', 'at'] as const;

const earlier = <Value extends object>(value: Value, now: number): Value => {
  const late = times.filter((time) => Number((value as Partial<Record<string, unknown>>)[time] ?? 0) > now);
  return late.length === 0 ? value : { ...value, ...Object.fromEntries(late.map((time) => [time, now])) };
};

const alertBy = (alert: Alert, now: number): Alert => {
  const state = earlier<AlertState>(alert.state, now);
  return state === alert.state ? alert : { ...alert, state };
};

/** Silences end when they were said to end: their times are people's. */
export const withoutFuture = (book: Book, now: number): Book => ({
  ...book,
  alerts: book.alerts.map((alert) => alertBy(alert, now)),
  told: Object.fromEntries(Object.entries(book.told).map(([key, told]) => [key, earlier<Told>(told, now)])),
});
