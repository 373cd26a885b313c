/**
 * Where one proxy's records wait until weftd has them. The proxy writes to `out/records.jsonl`, the only part of it that the proxy reaches;
 * what is full, or was left by a proxy that ended, is put aside under the next number: `7.jsonl`. When all of it was taken, `7.done` stays
 * without content, so that numbers are never given twice: by spool and number weftd knows what it has taken already, whoever is killed when.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { recordFile } from '@weft/envoy';
import type { RecordOwner } from './owner.ts';

/** One file of records: the one that the proxy writes to, or one that was put aside. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  /** Unix milliseconds of the last write. */
  readonly modified: number;
  /** Nothing is written to it any more. */
  readonly complete: boolean;
  /** Its records were given up, since there was no room. */
  readonly dropped: boolean;
}

const noteFile = 'spool.json';
const numbered = /^(\d+)\.(jsonl|dropped|done)$/;

const sizeOf = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.size;

/** A proxy that an attacker runs might put anything in the place of its file. */
const segmentAt = (path: string, rest: Pick<Segment, 'number' | 'complete' | 'dropped'>): readonly Segment[] => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isFile()) rmSync(path, { recursive: true, force: true });
  return stat?.isFile() ? [{ ...rest, path, size: stat.size, modified: stat.mtimeMs }] : [];
};

/** What a spool's directory says of itself. */
interface Note {
  /** Names the spool for ever: a pod that comes back after all was taken gets another one, whose numbers begin anew. */
  readonly id: string;
  readonly owner: RecordOwner;
}

const noteIn = (directory: string): Note => JSON.parse(readFileSync(join(directory, noteFile), 'utf8')) as Note;

export class Spool {
  readonly directory: string;
  readonly id: string;
  readonly owner: RecordOwner;
  /** What the file that is written to will be called when it is put aside. */
  #next: number;
  /** Put aside while the proxy had not opened a new file yet. */
  #written: number | undefined;

  private constructor(directory: string, { id, owner }: Note) {
    this.directory = directory;
    this.id = id;
    this.owner = owner;
    this.#next = 1 + Math.max(0, ...this.#numbers().map(({ number }) => number));
    this.begin();
  }

  static create(directory: string, owner: RecordOwner): Spool {
    const note: Note = { id: randomUUID(), owner };
    mkdirSync(join(directory, 'out'), { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, noteFile), JSON.stringify(note), { mode: 0o600 });
    return new Spool(directory, note);
  }

  /** Throws where there is none. */
  static reopen(directory: string): Spool {
    return new Spool(directory, noteIn(directory));
  }

  /** The directory that the proxy writes to. */
  get out(): string {
    return join(this.directory, 'out');
  }

  get live(): string {
    return join(this.out, recordFile);
  }

  /** Lets the proxy's user write, to a file that is there: a proxy that cannot make it refuses its listeners [E63]. Throws when the disk takes nothing. */
  prepareFor(user: number | undefined): void {
    if (user !== undefined) chownSync(this.out, user, user);
    chmodSync(this.out, 0o700);
    if (lstatSync(this.live, { throwIfNoEntry: false })) return;
    // Never through a link that a proxy put there.
    const file = openSync(this.live, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    if (user !== undefined) fchownSync(file, user, user);
    closeSync(file);
  }

  /** No proxy writes now: whatever was left is complete, also a line that was cut off, to which the next proxy must not add. */
  begin(): void {
    this.#written = undefined;
    if (sizeOf(this.live)) this.#putAside();
  }

  /** A file of at least so many bytes is put aside. @returns whether the proxy has to open a new one */
  turn(limit: number): boolean {
    const size = sizeOf(this.live);
    if (this.#written !== undefined) {
      if (size === undefined) return true;
      this.#written = undefined;
    }
    if (size === undefined || size < limit) return false;
    this.#written = this.#putAside();
    return true;
  }

  /** The oldest first. */
  segments(): readonly Segment[] {
    const aside = this.#numbers().filter(({ kind }) => kind !== 'done');
    return [
      ...aside.flatMap(({ number, kind }) => {
        const path = join(this.directory, `${number}.${kind}`);
        return segmentAt(path, { number, complete: number !== this.#written, dropped: kind === 'dropped' });
      }),
      ...segmentAt(this.live, { number: this.#next, complete: false, dropped: false }).filter(({ size }) => size > 0),
    ];
  }

  /** weftd has all of it. */
  finish({ number, path }: Segment): void {
    const done = join(this.directory, `${number}.done`);
    renameSync(path, done);
    truncateSync(done);
    for (const former of this.#numbers()) if (former.kind === 'done' && former.number < number) this.#remove(former);
  }

  /** Gives the records of a complete segment up; how many they were stays, to be told. A full disk has room for that only then. */
  drop({ number, path }: Segment, told: string): void {
    const note = join(this.directory, `${number}.dropped`);
    try {
      writeFileSync(`${note}.new`, told, { mode: 0o600 });
    } catch {
      truncateSync(path);
      writeFileSync(`${note}.new`, told, { mode: 0o600 });
    }
    renameSync(`${note}.new`, note);
    rmSync(path, { force: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #putAside(): number {
    const number = this.#next;
    renameSync(this.live, join(this.directory, `${number}.jsonl`));
    this.#next += 1;
    return number;
  }

  #numbers(): readonly { readonly number: number; readonly kind: string }[] {
    const found = readdirSync(this.directory).flatMap((name) => {
      const [, number, kind] = numbered.exec(name) ?? [];
      return number === undefined || kind === undefined ? [] : [{ number: Number(number), kind }];
    });
    return found.sort((a, b) => a.number - b.number);
  }

  #remove({ number, kind }: { readonly number: number; readonly kind: string }): void {
    rmSync(join(this.directory, `${number}.${kind}`), { force: true });
  }
}

/** Those that an agent before this one left; a directory that says nothing of its owner is nobody's and goes. */
export const leftSpools = (directory: string): readonly Spool[] => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return readdirSync(directory).flatMap((name) => {
    const place = join(directory, name);
    try {
      return [Spool.reopen(place)];
    } catch {
      rmSync(place, { recursive: true, force: true });
      return [];
    }
  });
};
