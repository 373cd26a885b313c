/** Carries one lane of the outbox to its receiver, in order; what is not taken is tried again, ever more seldom, and stays in the outbox meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../push/contract.ts';
import type { RemoteStores } from '../worker/stores.ts';
import { type Delivery, deliveryTo, type Outcome, type Receiver } from './delivery.ts';
import type { Parcel } from './outbox.ts';

export interface CarrierInput {
  readonly receiver: Receiver;
  readonly outbox: Pick<RemoteStores['outbox'], 'first' | 'done'>;
  /** Looks for more before the lane is looked at. */
  readonly fill?: () => Promise<void>;
  readonly log: Log;
}

const answerMs = 30_000;
const idleMs = 1_000;
const retry = { firstMs: 1_000, maxMs: 30_000 };

class Carrier {
  readonly #input: CarrierInput;
  readonly #delivery: Delivery;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #failures = 0;
  #isRefused = false;

  constructor(input: CarrierInput) {
    this.#input = input;
    this.#delivery = deliveryTo(input.receiver);
    this.#ended = this.#run();
  }

  stop = async (): Promise<void> => {
    this.#stop.abort();
    await this.#ended;
    this.#delivery.close();
  };

  async #run(): Promise<void> {
    const { receiver, outbox, fill } = this.#input;
    while (!this.#stop.signal.aborted) {
      try {
        await fill?.();
        const parcel = await outbox.first(receiver.lane);
        await this.#pause(parcel ? await this.#carry(parcel) : idleMs);
      } catch (error) {
        await this.#pause(this.#failed(error instanceof Error ? error.message : String(error)));
      }
    }
  }

  /** @returns for how long to wait */
  async #carry({ id, body, items }: Parcel): Promise<number> {
    const outcome = await this.#delivery.deliver(body, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(answerMs)]));
    if (outcome.kind === 'later') {
      const pause = this.#failed(outcome.reason);
      return Math.min(retry.maxMs, outcome.after ?? pause);
    }
    const refused = outcome.kind === 'refused' ? items : Math.min(items, outcome.refused);
    this.#refused(outcome, refused);
    await this.#input.outbox.done({ id, refused });
    this.#failures = 0;
    return 0;
  }

  /** The first of several is told. */
  #failed(reason: string): number {
    const { receiver, log } = this.#input;
    if (this.#failures === 0 && !this.#stop.signal.aborted)
      log.warn({ lane: receiver.lane, url: receiver.address, reason }, 'what is observed cannot be handed over; it waits');
    this.#failures += 1;
    return Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(this.#failures - 1, 10));
  }

  #refused({ reason }: Exclude<Outcome, { kind: 'later' }>, refused: number): void {
    const { receiver, log } = this.#input;
    if (refused > 0 && !this.#isRefused)
      log.warn({ lane: receiver.lane, url: receiver.address, reason, refused }, 'what is handed over was refused');
    this.#isRefused = refused > 0;
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}

export const startCarrier = (input: CarrierInput): { stop(): Promise<void> } => new Carrier(input);
