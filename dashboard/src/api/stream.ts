/**
 * The one stream of a tab: weftd says what changed, and what the page shows of it is asked for again. It reconnects by
 * itself; what was missed meanwhile is all asked for again.
 */

import { type LiveTopic, liveTopics } from '@weft/model';
import { useSyncExternalStore } from 'react';
import { stale } from './ask.ts';
import { askWho } from './session.ts';

export interface Connection {
  readonly state: 'connecting' | 'live' | 'lost';
  /** Unix milliseconds of the last sign of life. */
  readonly seen: number;
}

/** Changes that come together are asked for together. */
const gatherMs = 250;
const againMs = 2_000;

let connection: Connection = { state: 'connecting', seen: Date.now() };
const readers = new Set<() => void>();
const changed = new Set<LiveTopic>();
let gathering: number | undefined;

const tell = (state: Connection['state']): void => {
  connection = { state, seen: state === 'lost' ? connection.seen : Date.now() };
  for (const reader of readers) reader();
};

const gather = (topic: LiveTopic): void => {
  changed.add(topic);
  if (gathering !== undefined) return;
  gathering = window.setTimeout(() => {
    const gone = [...changed];
    changed.clear();
    gathering = undefined;
    void stale(gone);
  }, gatherMs);
};

/** Opens the stream; once for a tab. @returns closes it */
export const openStream = (): (() => void) => {
  let closed = false;
  let source: EventSource | undefined;
  const open = (): void => {
    if (closed) return;
    const lost = connection.state === 'lost';
    source = new EventSource(`/api/v1/stream?topics=${liveTopics.join(',')}`);
    source.onopen = () => {
      tell('live');
      if (lost) void stale('all');
    };
    source.onerror = () => {
      tell('lost');
      // A browser gives up where the answer is an error (weftd starts, the session ended): it is tried again all the same.
      if (source?.readyState !== EventSource.CLOSED) return;
      void askWho();
      window.setTimeout(open, againMs);
    };
    for (const topic of liveTopics)
      source.addEventListener(topic, () => {
        tell('live');
        gather(topic);
      });
    source.addEventListener('resync', () => void stale('all'));
  };
  open();
  return () => {
    closed = true;
    source?.close();
  };
};

const subscribe = (reader: () => void): (() => void) => {
  readers.add(reader);
  return () => readers.delete(reader);
};

/** @returns the end of the step that the last news are in: who asks comes by again when one is over, not with each of the news */
export const useNews = (step: number): number => useSyncExternalStore(subscribe, () => Math.ceil(connection.seen / step) * step);

/** Unix milliseconds. */
export const lastNews = (): number => connection.seen;

export const useConnection = (): Connection => useSyncExternalStore(subscribe, () => connection);
