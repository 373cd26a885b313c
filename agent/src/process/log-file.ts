/** What a container or proxy writes: one file, and the one before it, each of bounded size. */
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';

const defaultLimit = 4 * 1024 * 1024;

/** Writes are synchronous: they are short, and a crash loses nothing that was read from the pipe. */
export class LogFile {
  private readonly file: string;
  private readonly limit: number;
  private descriptor: number;
  private size: number;
  private closed = false;
  private failed = false;
  private readonly listeners = new EventEmitter();

  constructor(file: string, limit = defaultLimit) {
    this.file = file;
    this.limit = limit;
    this.descriptor = openSync(file, 'a', 0o600);
    this.size = fstatSync(this.descriptor).size;
    this.listeners.setMaxListeners(0);
  }

  /** A full disk costs log lines, never the workload. */
  readonly write = (chunk: Buffer): void => {
    if (this.closed) return; // The descriptor's number may be another file's by now.
    this.listeners.emit('chunk', chunk);
    try {
      if (this.size + chunk.length > this.limit) this.rotate();
      this.size += writeSync(this.descriptor, chunk);
      this.failed = false;
    } catch {
      this.failed = true;
    }
  };

  /** A line of the agent's own among the container's. */
  note(text: string): void {
    this.write(Buffer.from(`weft: ${text}\n`));
  }

  get healthy(): boolean {
    return !this.failed;
  }

  /** @param lines only so many of the last lines; absent: all that is kept. */
  read(lines?: number): string {
    const old = existsSync(`${this.file}.1`) ? readFileSync(`${this.file}.1`, 'utf8') : '';
    const text = old + readFileSync(this.file, 'utf8');
    if (lines === undefined) return text;
    const all = text.split('\n');
    const ended = all.at(-1) === '' ? 1 : 0;
    return all.slice(Math.max(0, all.length - lines - ended)).join('\n');
  }

  /** @returns a function that ends it. */
  follow(listener: (chunk: Buffer) => void): () => void {
    this.listeners.on('chunk', listener);
    return () => this.listeners.off('chunk', listener);
  }

  /** Ends followers too. @returns a function that ends it. */
  onClose(listener: () => void): () => void {
    this.listeners.once('close', listener);
    return () => this.listeners.off('close', listener);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.descriptor);
    this.listeners.emit('close');
    this.listeners.removeAllListeners();
  }

  remove(): void {
    this.close();
    rmSync(this.file, { force: true });
    rmSync(`${this.file}.1`, { force: true });
  }

  /** The old descriptor goes last: should the disk not take the new file, its number must not be closed twice, as it may be another's then. */
  private rotate(): void {
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
    const next = openSync(this.file, 'a', 0o600);
    closeSync(this.descriptor);
    this.descriptor = next;
    this.size = 0;
  }
}
