/** The file that a proxy writes its records to, kept within bounds: it is put aside and the proxy opens a new one; the one before goes. */
import { rename, stat } from 'node:fs/promises';

export interface RecordFileInput {
  readonly file: string;
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
  /** The proxy still writes to the file that was put aside. */
  private putAside = false;

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

  /** A file that is not there yet is looked at again the next time, and a proxy that does not answer is asked again. */
  private async turn(): Promise<void> {
    const { file, limit, reopen } = this.input;
    try {
      if (!this.putAside) {
        const { size } = await stat(file);
        if (size < limit) return;
        await rename(file, `${file}.1`);
        this.putAside = true;
      }
      await reopen();
      this.putAside = false;
    } catch {
      return;
    }
  }
}
