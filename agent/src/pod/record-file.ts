/** The file that a proxy writes its records to, kept within bounds: it is put aside, and the proxy opens a new one. */
import type { Spool } from '../records/spool.ts';

export interface RecordFileInput {
  readonly spool: Spool;
  /** Bytes from which on the file is put aside. */
  readonly limit: number;
  /** Makes the proxy open the file anew; until then it writes to the one put aside. */
  readonly reopen: () => Promise<void>;
  readonly everyMs: number;
}

export class RecordFile {
  private readonly input: RecordFileInput;
  private readonly timer: NodeJS.Timeout;
  private turning: Promise<void> | undefined;

  constructor(input: RecordFileInput) {
    this.input = input;
    this.timer = setInterval(() => {
      this.turning ??= this.turn().finally(() => {
        this.turning = undefined;
      });
    }, input.everyMs);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.turning;
  }

  /** A proxy that does not answer, or has not opened a new file yet, is asked again; so is a disk that takes nothing. */
  private async turn(): Promise<void> {
    const { spool, limit, reopen } = this.input;
    try {
      if (spool.turn(limit)) await reopen();
    } catch {
      return;
    }
  }
}
