/** Reads a folder of manifests: what is there, and the text of one file. Synchronous: it runs on the worker thread. */
import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../reason.ts';
import { isManifest, isSkippedFolder } from './manifest-names.ts';

/** Equal signatures: the same content, as far as the file system can tell without reading it. */
export type Signature = string;

export type FileText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unreadable'; readonly reason: string };

/** Larger files are not read: YAML this large is a mistake, and parsing it would hold up everything else. */
const largestManifest = 4 * 1024 * 1024;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/** There, but closed to us or a link that leads in a circle: reading it will say why. */
const closed = 'closed';

/** @returns undefined when there is no such file (any more). */
export const signatureOf = (path: string): Signature | undefined => {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : undefined;
  } catch (error) {
    return `${closed} ${codeOf(error)}`;
  }
};

/** What cannot be looked at may be there. */
export const isClosed = (path: string): boolean => signatureOf(path)?.startsWith(closed) ?? false;

const entriesOf = (folder: string): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that vanishes while it is listed has no manifests; the watcher reports what follows from it.
    return [];
  }
};

/** The same for every way to it; undefined for what is no folder. */
const folderIdentity = (path: string): string | undefined => {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat?.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
};

/** Manifests under `folder` by path, sorted. Links to folders are followed; a folder with several ways to it is read once, by its own name. */
export const listManifests = (folder: string): ReadonlyMap<string, Signature> => {
  const found: [string, Signature][] = [];
  const seen = new Set<string>();
  const links: string[] = [];
  const visit = (at: string): void => {
    const folderAt = folderIdentity(at);
    if (folderAt === undefined || seen.has(folderAt)) return;
    seen.add(folderAt);
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (!isSkippedFolder(entry.name)) visit(path);
        continue;
      }
      const signature = isManifest(path) ? signatureOf(path) : undefined;
      if (signature !== undefined) found.push([path, signature]);
      else if (entry.isSymbolicLink() && !isSkippedFolder(entry.name)) links.push(path);
    }
  };
  visit(folder);
  for (let link = links.shift(); link !== undefined; link = links.shift()) visit(link);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** No wait for what never comes (a pipe, /proc/kmsg behind a link), and never more than is allowed, whatever the size is said to be. */
const readBounded = (path: string): Uint8Array => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new Error('it is not a file');
    const chunks: Buffer[] = [];
    for (let left = largestManifest + 1; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(left, 64 * 1024));
      const read = readSync(file, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      left -= read;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
};

export const readManifest = (path: string): FileText => {
  try {
    const bytes = readBounded(path);
    if (bytes.length > largestManifest) {
      return { kind: 'unreadable', reason: `the file has more than the ${largestManifest} bytes that are read` };
    }
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof TypeError ? 'the file is not UTF-8 text' : reasonOf(error) };
  }
};
