import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import type { Prepared } from './issue.ts';

/** About 80,000 certificates; the file before it is kept, so the last day's are always there. */
const maxBytes = 16 * 1024 * 1024;

/** Where it is written, the oldest first. */
export const journalFiles = (path: string): readonly string[] => [`${path}.1`, path];

export interface Journal {
  /** Resolves when the record is on disk. */
  record(prepared: Prepared): Promise<void>;
  close(): Promise<void>;
}

/**
 * What is about to be signed, one JSON line each, on disk before the signature exists: whatever dies when,
 * every certificate that anyone holds is in here (Boulder's ISSUANCE-CYCLE).
 */
export const openJournal = async (path: string, now: () => number): Promise<Journal> => {
  if ((await sizeOf(path)) > maxBytes) await rename(path, `${path}.1`);
  const file = await open(path, 'a', 0o600);
  await file.chmod(0o600);
  await endTornLine(path, file);
  let tail = Promise.resolve();
  const append = async (line: string): Promise<void> => {
    await file.appendFile(line);
    await file.datasync();
  };
  return {
    record: (prepared) => {
      const written = tail.then(() => append(`${JSON.stringify(entry(prepared, now()))}\n`));
      tail = written.catch(() => {});
      return written;
    },
    close: async () => {
      await tail;
      await file.close();
    },
  };
};

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => ({ size: 0 }))).size;

/** A kill in the middle of a write must not swallow the record that comes next. */
const endTornLine = async (path: string, file: FileHandle): Promise<void> => {
  const size = await sizeOf(path);
  if (size === 0) return;
  const reader = await open(path, 'r');
  const { buffer } = await reader.read(Buffer.alloc(1), 0, 1, size - 1).finally(() => reader.close());
  if (buffer[0] !== 0x0a) await file.appendFile('\n');
};

const entry = ({ serial, notAfter, profile, issuer }: Prepared, at: number) => ({
  at: new Date(at).toISOString(),
  serial,
  issuer: issuer.certificate.serialNumber,
  notAfter: notAfter.toISOString(),
  subject: profile.subject,
});
