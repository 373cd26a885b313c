/**
 * Telling receivers: one thing at a time each, none waits for another, and what was not taken is tried again, later and later. What is due is
 * asked for anew each time, so that what changed meanwhile is told as it is then.
 */
import type { ReceiverStatus } from '@weft/model';
import type { Notification } from '@weft/signals';

export interface DeliveryPowers {
  /** Rejects with what went wrong; answers what was not as it should be although it was taken. */
  readonly send: (notification: Notification) => Promise<string | undefined>;
  readonly now: () => number;
  readonly warn: (fields: object, message: string) => void;
}

interface Failure {
  readonly failures: number;
  readonly reason: string;
  readonly retryAt: number;
}

const firstRetry = 1000;
const lastRetry = 5 * 60_000;

export class Deliveries {
  readonly #powers: DeliveryPowers;
  readonly #busy = new Set<string>();
  /** By group. */
  readonly #failing = new Map<string, Failure & { readonly receiver: string }>();
  readonly #told = new Map<string, { readonly count: number; readonly at: number; readonly remark?: string }>();

  constructor(powers: DeliveryPowers) {
    this.#powers = powers;
  }

  /** @param onTold is called when one was taken, before its receiver is told more; it answers what is due then */
  offer(due: readonly Notification[], onTold: (notification: Notification) => readonly Notification[]): void {
    const groups = new Set(due.map(({ group }) => group));
    for (const group of this.#failing.keys()) if (!groups.has(group) && !this.#isTrying(group)) this.#failing.delete(group);
    const now = this.#powers.now();
    for (const notification of due) {
      const { receiver, group } = notification;
      const wait = (this.#failing.get(group)?.retryAt ?? 0) - now;
      // A clock that was set back makes nobody wait longer than the longest pause.
      if (this.#busy.has(receiver) || (wait > 0 && wait <= lastRetry)) continue;
      this.#busy.add(receiver);
      void this.#tell(notification, onTold);
    }
  }

  /** What kept somebody from being told may be mended: nobody waits for the next attempt. */
  retryNow(): void {
    for (const [group, failure] of this.#failing) this.#failing.set(group, { ...failure, retryAt: 0 });
  }

  status(receivers: readonly string[]): readonly ReceiverStatus[] {
    return receivers.map((name) => {
      const told = this.#told.get(name);
      const [failing] = [...this.#failing.values()].filter(({ receiver }) => receiver === name).sort((a, b) => b.failures - a.failures);
      return {
        name,
        told: told?.count ?? 0,
        ...(told && { lastToldAt: told.at }),
        ...(told?.remark !== undefined && { remark: told.remark }),
        ...(failing && { failing: { failures: failing.failures, reason: failing.reason, retryAt: failing.retryAt } }),
      };
    });
  }

  #isTrying(group: string): boolean {
    return this.#busy.has(this.#failing.get(group)?.receiver ?? '');
  }

  async #tell(notification: Notification, onTold: (notification: Notification) => readonly Notification[]): Promise<void> {
    const { receiver, group } = notification;
    const { fault, remark } = await this.#powers.send(notification).then(
      (said) => ({ fault: undefined, remark: said }),
      (error: unknown) => ({ fault: error instanceof Error ? error.message : String(error), remark: undefined }),
    );
    this.#busy.delete(receiver);
    if (fault !== undefined) return this.#failed(notification, fault);
    this.#failing.delete(group);
    const count = (this.#told.get(receiver)?.count ?? 0) + 1;
    this.#told.set(receiver, { count, at: this.#powers.now(), ...(remark !== undefined && { remark }) });
    const next = onTold(notification);
    this.offer(next, onTold);
  }

  #failed({ receiver, group }: Notification, reason: string): void {
    const before = this.#failing.get(group);
    const failures = (before?.failures ?? 0) + 1;
    const retryAt = this.#powers.now() + Math.min(firstRetry * 2 ** (failures - 1), lastRetry);
    this.#failing.set(group, { receiver, failures, reason, retryAt });
    if (reason !== before?.reason) this.#powers.warn({ receiver, err: reason }, 'a receiver of alerts could not be told');
  }
}
