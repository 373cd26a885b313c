/** Reads one entry of a ZIP archive (APPNOTE.TXT 4.3): enough for a Python wheel, which is never spanned nor encrypted. */
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly compressed: number;
  readonly size: number;
  readonly headerAt: number;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
/** The end record has 22 bytes and a comment of at most 64 KiB. */
const tailSize = 22 + 0xffff;

const readAt = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
};

const readDirectory = async (file: FileHandle): Promise<Buffer> => {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - tailSize), Math.min(size, tailSize));
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) === endOfDirectory) return readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  }
  throw new Error('not a ZIP archive');
};

const parseDirectory = (directory: Buffer): readonly Entry[] => {
  const entries: Entry[] = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === directoryEntry; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      compressed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      headerAt: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
};

/** Writes the entry to `target` (mode 0755); the size written is checked against the directory's. */
export const extractEntry = async (archive: string, name: string, target: string): Promise<void> => {
  const file = await open(archive);
  try {
    const entry = parseDirectory(await readDirectory(file)).find((candidate) => candidate.name === name);
    if (!entry) throw new Error(`${archive} has no entry ${name}`);
    if (entry.method !== 0 && entry.method !== 8) throw new Error(`${archive}: compression method ${entry.method} is not supported`);
    const header = await readAt(file, entry.headerAt, 30);
    const start = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = createReadStream(archive, { start, end: start + entry.compressed - 1 });
    const output = createWriteStream(target, { mode: 0o755 });
    await (entry.method === 8 ? pipeline(packed, createInflateRaw(), output) : pipeline(packed, output));
    if (output.bytesWritten !== entry.size) throw new Error(`${archive}: ${name} has ${output.bytesWritten} bytes, expected ${entry.size}`);
  } finally {
    await file.close();
  }
};
