/** One proxy's records: the spool that they go to, where the proxy sees it, and what it could not write. */
import { basename } from 'node:path';
import type { Spool } from '../records/spool.ts';
import { askAdmin } from './admin.ts';
import { RecordFile } from './record-file.ts';
import { RecordLosses, writtenIn } from './record-losses.ts';
import { type RecordPlace, recordPlace, withoutRecords } from './record-place.ts';

/** Where records go, and who brings them further. */
export interface RecordSpools {
  /** Throws when the disk takes nothing. */
  open(): Spool;
  lost(spool: Spool, lines: number): void;
  end(spool: Spool): void;
}

export interface ProxyRecordsInput {
  readonly spools: RecordSpools;
  /** The proxy's own, in which it is started. */
  readonly directory: string;
  /** Envoy's socket. */
  readonly admin: string;
  readonly user: number | undefined;
  readonly note: (message: string) => void;
}

interface Opened {
  readonly spool: Spool;
  readonly place: RecordPlace;
  readonly file: RecordFile;
  readonly losses: RecordLosses;
}

const files = { limit: 4 * 1024 * 1024, everyMs: 1_000 };
const lossesMs = 5_000;
const againMs = 10_000;

export class ProxyRecords {
  readonly #input: ProxyRecordsInput;
  #opened: Opened | undefined;
  #again: NodeJS.Timeout | undefined;
  #showing: Promise<void> = Promise.resolve();

  constructor(input: ProxyRecordsInput) {
    this.#input = input;
  }

  /** Before a proxy is started, which finds what it writes to in any case. What the one before it left is complete. */
  async begin(): Promise<void> {
    try {
      await this.#show();
    } catch (error) {
      const { note, directory } = this.#input;
      note(`requests are not recorded for now: ${(error as Error).message}`);
      await withoutRecords(directory);
      this.#showLater();
    }
  }

  /** While the proxy still answers. */
  async stopCounting(): Promise<void> {
    clearTimeout(this.#again);
    await this.#showing;
    clearTimeout(this.#again);
    await this.#opened?.losses.close();
  }

  /** When the proxy has ended. */
  async close(): Promise<void> {
    if (!this.#opened) return;
    const { spool, place, file } = this.#opened;
    await file.close();
    await place.close().catch((error: Error) => this.#input.note(error.message));
    this.#input.spools.end(spool);
  }

  /** While no proxy writes to it. */
  async #show(): Promise<void> {
    clearTimeout(this.#again);
    this.#opened ??= await this.#open();
    const { spool, place } = this.#opened;
    spool.begin();
    spool.prepareFor(this.#input.user);
    await place.show();
  }

  async #open(): Promise<Opened> {
    const { spools, directory, admin } = this.#input;
    const spool = spools.open();
    const place = await recordPlace(directory, spool.out, basename(directory));
    const losses = new RecordLosses({
      ask: async () => writtenIn((await askAdmin(admin, 'GET', '/stats?filter=^filesystem%5C.')).body.toString()),
      onLost: (lines) => spools.lost(spool, lines),
      everyMs: lossesMs,
    });
    return { spool, place, file: new RecordFile({ spool, reopen: () => this.#reopen(), ...files }), losses };
  }

  #showLater(): void {
    this.#again = setTimeout(() => {
      this.#showing = this.#showAgain();
    }, againMs);
  }

  /** A proxy that does not answer is being started again, and opens its file then. */
  async #showAgain(): Promise<void> {
    const isSeen = this.#opened !== undefined;
    try {
      await this.#show();
    } catch {
      this.#showLater();
      return;
    }
    // A place that is made after a proxy was started is not in what it sees: until it is started again it loses records, which are counted.
    this.#input.note(isSeen ? 'requests are recorded again' : 'requests are recorded from when the proxy is started again');
    if (isSeen) await this.#reopen().catch(() => undefined);
  }

  async #reopen(): Promise<void> {
    await askAdmin(this.#input.admin, 'POST', '/reopen_logs');
  }
}
