/** Every case against what is written beside it. `npm run golden -- -u` rewrites, and deletes what no case produces any more. */
import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runCase } from './case.ts';
import { caseFolders } from './folders.ts';

const root = dirname(fileURLToPath(import.meta.url));

/** Vitest's own `-u`. */
const isUpdate = (): boolean => {
  const { snapshotState } = expect.getState() as unknown as { readonly snapshotState?: { readonly _updateSnapshot?: string } };
  return snapshotState?._updateSnapshot === 'all';
};

const orphans = (folder: string, produced: ReadonlyMap<string, string>): readonly string[] =>
  readdirSync(folder).filter((name) => name !== 'input.yaml' && !produced.has(name));

describe('golden cases', () => {
  test.each(caseFolders(root).map((folder) => [relative(root, folder), folder]))('%s', async (_, folder) => {
    const { files } = await runCase(folder);
    if (isUpdate()) {
      for (const [name, text] of files) await writeFile(join(folder, name), text);
      for (const name of orphans(folder, files)) await rm(join(folder, name));
      return;
    }
    for (const [name, text] of files) {
      const expected = await readFile(join(folder, name), 'utf8').catch(() => '');
      expect(text, `${name}; \`npm run golden -- -u\` rewrites it`).toBe(expected);
    }
    expect(orphans(folder, files), 'files that nobody produces').toEqual([]);
  });
});
