import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { extractEntry } from './zip.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/weft-zip-`);
  await writeFile(`${directory}/a.txt`, 'a'.repeat(100_000));
  await writeFile(`${directory}/b.txt`, 'short');
  const make =
    'import sys, zipfile\nz = zipfile.ZipFile("x.zip", "w", zipfile.ZIP_DEFLATED)\nz.write("a.txt")\nz.write("b.txt", compress_type=zipfile.ZIP_STORED)\nz.close()';
  execFileSync('python3', ['-c', make], { cwd: directory });
});
afterAll(() => rm(directory, { recursive: true }));

test('an inflated and a stored entry come out as they went in', async () => {
  await extractEntry(`${directory}/x.zip`, 'a.txt', `${directory}/a.out`);
  await extractEntry(`${directory}/x.zip`, 'b.txt', `${directory}/b.out`);
  expect(await readFile(`${directory}/a.out`, 'utf8')).toBe('a'.repeat(100_000));
  expect(await readFile(`${directory}/b.out`, 'utf8')).toBe('short');
});

test('a missing entry, a cut archive and another file are errors', async () => {
  const archive = await readFile(`${directory}/x.zip`);
  await writeFile(`${directory}/cut.zip`, archive.subarray(0, archive.length / 2));
  await expect(extractEntry(`${directory}/x.zip`, 'c.txt', `${directory}/c.out`)).rejects.toThrow('no entry c.txt');
  await expect(extractEntry(`${directory}/cut.zip`, 'a.txt', `${directory}/c.out`)).rejects.toThrow('not a ZIP');
  await expect(extractEntry(`${directory}/a.txt`, 'a.txt', `${directory}/c.out`)).rejects.toThrow('not a ZIP');
});
