/** Reads what `-f` names. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { exitCodes, Failure } from './exit.ts';

export interface ManifestFile {
  readonly text: string;
  /** Absolute path, for findings; `standard input` for `-`. */
  readonly file: string;
  /** What relative commands start from. */
  readonly directory: string;
}

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name) && !name.startsWith('.');

const below = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  // As `weftd` does; an order of some language would also be loaded first, which takes longer than to read a few files.
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found = await Promise.all(
    sorted.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : await below(path);
      return isManifest(entry.name) && entry.name !== 'package.json' ? [path] : [];
    }),
  );
  return found.flat();
};

const text = async (stdin: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
};

const readOne = async (path: string, stdin: Readable): Promise<ManifestFile[]> => {
  if (path === '-') return [{ text: await text(stdin), file: 'standard input', directory: process.cwd() }];
  const absolute = resolve(path);
  const files = (await stat(absolute)).isDirectory() ? await below(absolute) : [absolute];
  if (files.length === 0) throw new Failure(`${path} has no .yaml file`, exitCodes.data);
  return await Promise.all(files.map(async (file) => ({ text: await readFile(file, 'utf8'), file, directory: dirname(file) })));
};

export const readManifests = async (paths: readonly string[], stdin: Readable): Promise<readonly ManifestFile[]> => {
  const read: ManifestFile[] = [];
  for (const path of paths) {
    try {
      read.push(...(await readOne(path, stdin)));
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(`cannot read ${path}: ${(error as Error).message}`, exitCodes.data, { cause: error });
    }
  }
  return read;
};
