/**
 * What changed, for whoever watches: everyone tells here, and readers are told soon, once for many changes. An event says no more than
 * what to read again, so that the newest of a topic stands for those before it: neither a burst nor a slow reader fills memory.
 */
import type { LiveEvent, LiveTopic } from '@weft/model';

export type LiveDetails = Partial<Pick<LiveEvent, 'time' | 'revision' | 'kinds'>>;

export interface Told {
  readonly number: number;
  readonly event: LiveEvent;
}

export interface Live {
  tell(topic: LiveTopic, details?: LiveDetails): void;
  /** Called at each event from now on; returns the detach function. */
  watch(listener: (told: Told) => void): () => void;
  /** What was told after `number`. Undefined: it is not known any more. */
  since(number: number): readonly Told[] | undefined;
  /** Of the last event. */
  number(): number;
  /** Of this start of weftd: numbers of another are of no meaning. */
  readonly boot: string;
  stop(): void;
}

export interface LiveInput {
  readonly boot: string;
  readonly now: () => number;
}

/** From one event of a topic to the next; the first is told at once. */
const usualPauseMs = 250;
const pauses: Partial<Readonly<Record<LiveTopic, number>>> = { records: 1000, proxies: 500 };

/** Who comes back after more has to read everything again. */
const remembered = 512;

const kindsOf = (events: readonly LiveEvent[]): Pick<LiveEvent, 'kinds'> => {
  const kinds = [...new Set(events.flatMap(({ kinds: of = [] }) => of))];
  return kinds.length > 0 ? { kinds } : {};
};

/** The later one, which stands for both. */
export const merged = (earlier: LiveEvent | undefined, later: LiveEvent): LiveEvent =>
  earlier ? { ...earlier, ...later, ...kindsOf([earlier, later]) } : later;

interface Pause {
  readonly timer: NodeJS.Timeout;
  waiting?: LiveEvent;
}

class LiveEvents implements Live {
  readonly boot: string;
  readonly #now: () => number;
  readonly #listeners = new Set<(told: Told) => void>();
  readonly #pauses = new Map<LiveTopic, Pause>();
  readonly #last: Told[] = [];
  #number = 0;

  constructor({ boot, now }: LiveInput) {
    this.boot = boot;
    this.#now = now;
  }

  tell = (topic: LiveTopic, details: LiveDetails = {}): void => {
    const event: LiveEvent = { topic, time: this.#now(), ...details };
    const pause = this.#pauses.get(topic);
    if (pause) pause.waiting = merged(pause.waiting, event);
    else this.#give(topic, event);
  };

  watch = (listener: (told: Told) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  since = (number: number): readonly Told[] | undefined => {
    const [oldest] = this.#last;
    if (number > this.#number || (number < this.#number && number + 1 < (oldest?.number ?? 0))) return undefined;
    return this.#last.filter((told) => told.number > number);
  };

  number = (): number => this.#number;

  stop = (): void => {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    this.#pauses.clear();
    this.#listeners.clear();
  };

  #give(topic: LiveTopic, event: LiveEvent): void {
    const timer = setTimeout(() => this.#resume(topic), pauses[topic] ?? usualPauseMs);
    timer.unref();
    this.#pauses.set(topic, { timer });
    this.#number += 1;
    const told = { number: this.#number, event };
    this.#last.push(told);
    if (this.#last.length > remembered) this.#last.shift();
    for (const listener of this.#listeners) listener(told);
  }

  #resume(topic: LiveTopic): void {
    const waiting = this.#pauses.get(topic)?.waiting;
    this.#pauses.delete(topic);
    if (waiting) this.#give(topic, waiting);
  }
}

export const makeLive = (input: LiveInput): Live => new LiveEvents(input);
