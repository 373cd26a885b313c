/** One who reads events as Server-Sent Events (html.spec.whatwg.org, 9.2): what a slow one has not taken waits as one event of each topic. */
import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '@weft/model';
import { type Live, merged, type Told } from './live.ts';

export interface Asked {
  /** Undefined: all. */
  readonly topics?: ReadonlySet<string>;
  /** The id of the last event that was taken over an earlier connection. */
  readonly lastId?: string;
}

/** A connection on which nothing comes is closed by whatever is in between. */
const heartbeatMs = 15_000;
/** A browser whose connection ended comes back after this time. */
const retryMs = 2000;

/** Named by its topic, as browsers listen for it. */
const dataOf = (event: LiveEvent): string => `event: ${event.topic}\ndata: ${JSON.stringify(event)}\n\n`;

class Reader {
  readonly #live: Live;
  readonly #to: ServerResponse;
  readonly #topics: ReadonlySet<string> | undefined;
  readonly #waiting = new Map<string, LiveEvent>();
  #number = 0;

  constructor(live: Live, to: ServerResponse, { topics, lastId }: Asked) {
    this.#live = live;
    this.#to = to;
    this.#topics = topics;
    this.#begin(lastId);
    const detach = live.watch((told) => {
      this.#keep(told);
      this.#flush();
    });
    const heartbeat = setInterval(() => {
      if (!to.writableNeedDrain) to.write(':\n\n');
    }, heartbeatMs);
    to.on('drain', () => this.#flush());
    to.once('close', () => {
      detach();
      clearInterval(heartbeat);
    });
  }

  /** An id without data is no event, but the id is known from then on. */
  #begin(lastId: string | undefined): void {
    this.#to.write(`retry: ${retryMs}\n\n`);
    const missed = lastId === undefined ? [] : this.#missed(lastId);
    this.#number = this.#live.number();
    if (missed) {
      for (const told of missed) this.#keep(told);
      if (this.#waiting.size === 0) this.#to.write(`id: ${this.#id()}\n\n`);
      this.#flush();
    } else this.#to.write(`id: ${this.#id()}\n${dataOf({ topic: 'resync', time: Date.now() })}`);
  }

  #missed(lastId: string): readonly Told[] | undefined {
    const [boot, number] = lastId.split('-', 2);
    return boot === this.#live.boot && /^\d{1,15}$/.test(number ?? '') ? this.#live.since(Number(number)) : undefined;
  }

  #keep({ number, event }: Told): void {
    this.#number = number;
    if (this.#topics && !this.#topics.has(event.topic)) return;
    this.#waiting.set(event.topic, merged(this.#waiting.get(event.topic), event));
  }

  #flush(): void {
    if (this.#waiting.size === 0 || this.#to.writableNeedDrain || this.#to.writableEnded) return;
    const events = [...this.#waiting.values()];
    this.#waiting.clear();
    // The last one alone: a connection that breaks in between has not brought what follows.
    this.#to.write(events.map((event, index) => `${index < events.length - 1 ? '' : `id: ${this.#id()}\n`}${dataOf(event)}`).join(''));
  }

  #id(): string {
    return `${this.#live.boot}-${this.#number}`;
  }
}

/** Until the response ends, whoever ends it. */
export const readLive = (live: Live, to: ServerResponse, asked: Asked): void => void new Reader(live, to, asked);
