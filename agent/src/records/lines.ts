/** Whole lines of a file that is still written to. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Segment } from './spool.ts';

export interface Lines {
  /** Without their ends. */
  readonly lines: readonly Buffer[];
  /** Where the next ones begin. */
  readonly to: number;
  /** What was no whole line and never will be. */
  readonly damaged: number;
}

const newline = 0x0a;

/** Never what a link leads to, and nothing that one would wait for. */
const openPlain = async (path: string): Promise<FileHandle> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error(`${path} is no plain file`);
};

const readAt = async (path: string, from: number, limit: number): Promise<Buffer> => {
  const file = await openPlain(path);
  try {
    const bytes = Buffer.allocUnsafe(limit);
    const { bytesRead } = await file.read(bytes, 0, limit, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const splitLines = (bytes: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = [];
  let begin = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, begin)) {
    lines.push(bytes.subarray(begin, end));
    begin = end + 1;
  }
  return lines;
};

/** @param from byte at which to begin, which is the beginning of a line. @param limit bytes; a longer line is damaged */
export const readLines = async ({ path, complete, size }: Segment, from: number, limit: number): Promise<Lines> => {
  if (from >= size) return { lines: [], to: from, damaged: 0 };
  const bytes = await readAt(path, from, limit);
  const whole = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
  const atEnd = from + bytes.length >= size;
  const tooLong = whole.length === 0 && bytes.length === limit;
  // Of a proxy that was killed while it wrote: nothing will be added.
  const cutOff = complete && atEnd && bytes.length > whole.length;
  if (tooLong || cutOff) return { lines: splitLines(whole), to: from + bytes.length, damaged: 1 };
  return { lines: splitLines(whole), to: from + whole.length, damaged: 0 };
};

/** Behind this byte. */
export const countLines = async (path: string, from: number): Promise<number> => {
  let count = 0;
  const piece = 1024 * 1024;
  for (let at = from; ; at += piece) {
    const bytes = await readAt(path, at, piece);
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) count += 1;
    if (bytes.length < piece) return count;
  }
};
