/** Carries one lane of the outbox to its receiver, in order; what is not taken is tried again, ever more seldom, and stays in the outbox meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, type Reply } from '../../outbound/exchange.ts';
import type { Reach } from '../../outbound/guard.ts';
import type { Log } from '../../push/contract.ts';
import type { RemoteStores } from '../worker/stores.ts';
import type { Lane, Parcel } from './outbox.ts';

export interface Receiver {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly reach: Reach;
}

export interface CarrierInput {
  readonly lane: Lane;
  readonly receiver: Receiver;
  readonly outbox: Pick<RemoteStores['outbox'], 'first' | 'done'>;
  /** Looks for more before the lane is looked at. */
  readonly fill?: () => Promise<void>;
  readonly log: Log;
}

const answerMs = 30_000;
const maxBytes = 64 * 1024;
const idleMs = 1_000;
const retry = { firstMs: 1_000, maxMs: 30_000 };

/** Both protocols: these may pass, every other refusal is for ever. */
const mayPass = (status: number): boolean => status === 429 || status >= 500;

const pauseOf = ({ headers }: Reply, failures: number): number => {
  const asked = Number(headers['retry-after']) * 1000;
  return Math.min(retry.maxMs, asked > 0 ? asked : retry.firstMs * 2 ** Math.min(failures, 10));
};

class Carrier {
  readonly #input: CarrierInput;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #failures = 0;

  constructor(input: CarrierInput) {
    this.#input = input;
    this.#ended = this.#run();
  }

  stop = async (): Promise<void> => {
    this.#stop.abort();
    await this.#ended;
  };

  async #run(): Promise<void> {
    const { lane, outbox, fill } = this.#input;
    while (!this.#stop.signal.aborted) {
      try {
        await fill?.();
        const parcel = await outbox.first(lane);
        await this.#pause(parcel ? await this.#carry(parcel) : idleMs);
      } catch (error) {
        await this.#pause(this.#failed(error instanceof Error ? error.message : String(error)));
      }
    }
  }

  /** @returns for how long to wait */
  async #carry({ id, body }: Parcel): Promise<number> {
    const { receiver, outbox, log, lane } = this.#input;
    const { url, headers, reach } = receiver;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(answerMs)]);
    const reply = await exchange({ url: new URL(url), method: 'POST', headers, body }, reach, { signal, maxBytes });
    if (mayPass(reply.status)) {
      this.#failed(`the answer is ${reply.status}`);
      return pauseOf(reply, this.#failures);
    }
    const isSent = reply.status >= 200 && reply.status < 300;
    if (!isSent) log.warn({ lane, url, status: reply.status, answer: reply.body.slice(0, 300) }, 'what is handed over was refused');
    await outbox.done({ id, isSent });
    this.#failures = 0;
    return 0;
  }

  /** The first of several is told. */
  #failed(reason: string): number {
    const { lane, receiver, log } = this.#input;
    if (this.#failures === 0 && !this.#stop.signal.aborted)
      log.warn({ lane, url: receiver.url, reason }, 'what is observed cannot be handed over; it waits');
    this.#failures += 1;
    return Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(this.#failures - 1, 10));
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}

export const startCarrier = (input: CarrierInput): { stop(): Promise<void> } => new Carrier(input);
