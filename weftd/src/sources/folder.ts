/** Reads a folder of manifests: what is there, and the text of one file. Synchronous: it runs on the worker thread. */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isManifest, isSkippedFolder } from './manifest-names.ts';

/** Equal signatures: the same content, as far as the file system can tell without reading it. */
export type Signature = string;

export type FileText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unreadable'; readonly reason: string };

/** Larger files are not read: YAML this large is a mistake, and parsing it would hold up everything else. */
export const largestManifest = 4 * 1024 * 1024;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @returns undefined when there is no such file (any more). */
export const signatureOf = (path: string): Signature | undefined => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : undefined;
};

const entriesOf = (folder: string): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that vanishes while it is listed has no manifests; the watcher reports what follows from it.
    return [];
  }
};

const isFolder = (path: string, entry: Dirent): boolean =>
  entry.isDirectory() || (entry.isSymbolicLink() && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false));

/** Manifests under `folder` by path, sorted. Links to folders are followed, to the depth at which loops end. */
export const listManifests = (folder: string, depth = 12): ReadonlyMap<string, Signature> => {
  const found: [string, Signature][] = [];
  const visit = (at: string, left: number): void => {
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      if (isFolder(path, entry)) {
        if (left > 0 && !isSkippedFolder(entry.name)) visit(path, left - 1);
      } else if (isManifest(path)) {
        const signature = signatureOf(path);
        if (signature !== undefined) found.push([path, signature]);
      }
    }
  };
  visit(folder, depth);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
};

export const readManifest = (path: string): FileText => {
  try {
    const size = statSync(path).size;
    if (size > largestManifest) {
      return { kind: 'unreadable', reason: `the file has ${size} bytes, more than the ${largestManifest} that are read` };
    }
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof TypeError ? 'the file is not UTF-8 text' : reasonOf(error) };
  }
};
