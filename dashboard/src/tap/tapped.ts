/** What was tapped: the newest records, at most so many; how many had to go is counted. */
import type { StoredRecord } from '@weft/signals';
import { useEffect, useState } from 'react';
import type { Query } from '../api/get.ts';
import { follow } from './follow.ts';

export const mostKept = 2_000;
/** Records come by the thousand: a page is drawn a few times a second. */
const drawMs = 400;
const againMs = 2_000;

export interface Tapped {
  /** The newest first. */
  readonly records: readonly StoredRecord[];
  readonly dropped: number;
  /** Why nothing comes. */
  readonly error?: unknown;
}

const nothing: Tapped = { records: [], dropped: 0 };

const added = ({ records, dropped }: Tapped, fresh: readonly StoredRecord[]): Tapped => {
  const all = [...fresh.toReversed(), ...records];
  return { records: all.slice(0, mostKept), dropped: dropped + Math.max(0, all.length - mostKept) };
};

/** Follows until it is ended, also over an end of weftd. `show` is called a few times a second with what came meanwhile. */
const tap = (query: Query, show: (fresh: readonly StoredRecord[]) => void, fail: (error: unknown) => void): (() => void) => {
  const end = new AbortController();
  let fresh: StoredRecord[] = [];
  const draw = setInterval(() => {
    if (fresh.length === 0) return;
    show(fresh);
    fresh = [];
  }, drawMs);
  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const error = await follow(query, (record) => fresh.push(record), end.signal).catch((reason: unknown) => reason);
      if (end.signal.aborted) return;
      fail(error);
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  };
  void run();
  return () => {
    clearInterval(draw);
    end.abort();
  };
};

export type Tap = Tapped & { readonly clear: () => void };

/** @param isRunning false: what was tapped stays, and nothing comes */
export const useTap = (query: Query, isRunning: boolean): Tap => {
  const [tapped, setTapped] = useState(nothing);
  const clear = (): void => setTapped(nothing);
  const asked = JSON.stringify(query);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another question nothing that came before is an answer
  useEffect(clear, [asked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is compared by what it says
  useEffect(() => {
    if (!isRunning) return;
    return tap(
      query,
      (fresh) => setTapped((before) => added(before, fresh)),
      (error) => setTapped((before) => ({ ...before, error })),
    );
  }, [asked, isRunning]);
  return { ...tapped, clear };
};
