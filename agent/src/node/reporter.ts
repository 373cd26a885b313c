/** Tells weftd about the pods: the whole set, after each change, and again after each loss of contact. */
import type { PodReport } from '@weft/model';

export interface ReporterInput {
  readonly send: (pods: readonly PodReport[]) => Promise<void>;
  readonly pods: () => readonly PodReport[];
  readonly onTrouble: (message: string) => void;
}

/** Changes within this time go together. */
const gatherMs = 10;
const retryMs = 500;

export class Reporter {
  private readonly input: ReporterInput;
  private sent = '';
  private busy = false;
  private again = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** weftd knows this agent's boot; reports of an unknown one are void. */
  private registered = false;
  private waiting: (() => void)[] = [];

  constructor(input: ReporterInput) {
    this.input = input;
  }

  changed(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.send();
    }, gatherMs);
  }

  /** Contact is lost: nothing is sent until `renew`. */
  pause(): void {
    this.registered = false;
  }

  /** weftd is new or has been away: it may not know what it was told. */
  renew(): void {
    this.registered = true;
    this.sent = '';
    this.changed();
  }

  /** Resolves when weftd has taken everything up to now, or after `limitMs`. */
  delivered(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.changed();
    });
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async send(): Promise<void> {
    if (!this.registered) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    const waiting = this.waiting.splice(0);
    const pods = this.input.pods();
    const text = JSON.stringify(pods);
    try {
      if (text !== this.sent) await this.input.send(pods);
      this.sent = text;
      for (const resolve of waiting) resolve();
    } catch (error) {
      this.sent = '';
      this.waiting.push(...waiting);
      this.input.onTrouble(`weftd did not take the pods' state: ${(error as Error).message}`);
      setTimeout(() => this.changed(), retryMs);
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.changed();
      }
    }
  }
}
