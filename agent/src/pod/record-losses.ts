/**
 * Records that a proxy could not write, for want of room most likely: Envoy drops them and goes on serving. It counts the lines that it was to
 * write, and of writing only the pieces of many lines each that worked or did not [E62]; so how many lines are lost is said about right.
 */

/** What Envoy counted since it was started. */
export interface Written {
  readonly lines: number;
  readonly completed: number;
  readonly failed: number;
  /** How often there was no file to write to. */
  readonly unopened: number;
}

const none: Written = { lines: 0, completed: 0, failed: 0, unopened: 0 };

const names = { lines: 'write_buffered', completed: 'write_completed', failed: 'write_failed', unopened: 'reopen_failed' } as const;

/** @param text of Envoy's `/stats` */
export const writtenIn = (text: string): Written => {
  const value = (name: string): number => Number(new RegExp(`^filesystem\\.${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    lines: value(names.lines),
    completed: value(names.completed),
    failed: value(names.failed),
    unopened: value(names.unopened),
  };
};

/** @returns how many lines were lost about, after a look and until the next one */
export const lostBetween = (last: Written, now: Written): number => {
  const before = now.lines < last.lines ? none : last;
  const lines = now.lines - before.lines;
  const [completed, failed] = [now.completed - before.completed, now.failed - before.failed];
  if (failed > 0) return Math.max(1, Math.round((lines * failed) / (failed + completed)));
  return completed === 0 && now.unopened > before.unopened ? lines : 0;
};

export interface RecordLossesInput {
  readonly ask: () => Promise<Written>;
  readonly onLost: (lines: number) => void;
  readonly everyMs: number;
}

export class RecordLosses {
  readonly #input: RecordLossesInput;
  readonly #timer: NodeJS.Timeout;
  #last = none;
  #looking: Promise<void> | undefined;

  constructor(input: RecordLossesInput) {
    this.#input = input;
    this.#timer = setInterval(() => this.#begin(), input.everyMs);
  }

  /** Looks a last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#begin();
  }

  #begin(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    // One that does not answer is asked again, unless it has ended.
    const now = await this.#input.ask().catch(() => undefined);
    if (!now) return;
    const lost = lostBetween(this.#last, now);
    this.#last = now;
    if (lost > 0) this.#input.onLost(lost);
  }
}
