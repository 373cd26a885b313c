/** The span of time and the moment that a page is about: part of its URL, so that a link shows the same. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { LiveTopic } from '@weft/model';
import { useNews } from '../api/stream.ts';

/** What every page's URL may say. */
export interface SharedSearch {
  /** `15m`, `1h`, `24h`: up to now. */
  readonly since?: string;
  /** Unix milliseconds; both, or none. They win over `since`. */
  readonly from?: number;
  readonly to?: number;
  /** A moment of the past, Unix milliseconds: the page shows what was then. */
  readonly at?: number;
  /** Only this namespace. */
  readonly ns?: string;
}

export const sharedNames = ['since', 'from', 'to', 'at', 'ns'] as const;

const sizes: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const spanOf = (since: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d{1,4})([mhd])$/.exec(since) ?? [];
  const size = sizes[unit];
  return amount && size ? Number(amount) * size : undefined;
};

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;

/** What cannot be read is left out: a broken link shows the present. */
export const readShared = (search: Readonly<Record<string, unknown>>): SharedSearch => {
  const { since, from, to, at, ns } = search;
  return {
    ...(typeof since === 'string' && spanOf(since) && { since }),
    ...(isTime(from) && isTime(to) && from < to && { from, to }),
    ...(isTime(at) && { at }),
    ...((typeof ns === 'string' || typeof ns === 'number') && ns !== '' && { ns: String(ns) }),
  };
};

export interface Span {
  /** Unix milliseconds, whole steps, so that the same span is asked for by the same path. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds of one point of a chart. */
  readonly step: number;
  /** It ends now, and moves. */
  readonly live: boolean;
}

/** What answers about a span are asked again by. */
export interface Rhythm {
  readonly topics: readonly LiveTopic[];
  readonly restMs: number;
}

const longestRest = 300_000;

/** With each look while it is short, and more seldom the longer it is. What is over stays as it is. */
export const rhythmOf = ({ from, to, live }: Pick<Span, 'from' | 'to' | 'live'>): Rhythm => ({
  topics: live ? ['signals'] : [],
  restMs: Math.min((to - from) / 400, longestRest),
});

const steps = [10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const pointsWanted = 120;
const defaultSpan = 3_600_000;

const stepFor = (length: number): number => steps.find((step) => length / step <= pointsWanted * 2) ?? 3_600_000;

const lengthOf = ({ since, from, to }: SharedSearch): number =>
  from !== undefined && to !== undefined ? to - from : ((since && spanOf(since)) ?? defaultSpan) || defaultSpan;

/** @param now Unix milliseconds of the last news, up to which a moving span reaches */
export const spanAt = (search: SharedSearch, now: number): Span => {
  const { from, to, at } = search;
  const length = lengthOf(search);
  const step = stepFor(length);
  const end = from !== undefined && to !== undefined ? to : (at ?? now);
  const whole = Math.ceil(end / step) * step;
  return { from: whole - Math.ceil(length / step) * step, to: whole, step, live: to === undefined && at === undefined };
};

export const useShared = (): SharedSearch => useSearch({ strict: false }) as SharedSearch;

export const useSpan = (): Span => {
  const search = useShared();
  return spanAt(search, useNews(stepFor(lengthOf(search))));
};

/** @returns changes some of the URL's parameters and keeps the rest; `undefined` takes one away */
export const useSetSearch = (): ((change: Readonly<Record<string, unknown>>) => void) => {
  const navigate = useNavigate();
  return (change) =>
    void navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, ...change }), replace: true } as never);
};
