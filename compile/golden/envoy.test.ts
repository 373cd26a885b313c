/** Every case's configuration, whole, through the real Envoy: `--mode validate`, of many in one process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { complaint, together, type Validator } from '../property/validate.ts';
import { staticBootstrap } from '../src/index.ts';
import { runCase } from './case.ts';
import { caseFolders } from './folders.ts';

const root = dirname(fileURLToPath(import.meta.url));
const inOneProcess = 20;
const topics = [...Map.groupBy(caseFolders(root), (folder) => relative(root, dirname(folder)))];

let validator: Validator;

beforeAll(async () => {
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  validator = { envoy, folder: await mkdtemp(join(tmpdir(), 'weft-golden-')) };
}, 120_000);

afterAll(() => rm(validator.folder, { recursive: true, force: true }));

/** What it says of each of them alone, where it refuses something. */
const complaints = async (folders: readonly string[]): Promise<readonly string[]> => {
  const bootstraps = await Promise.all(folders.map(async (folder) => staticBootstrap((await runCase(folder)).resources)));
  const said = await complaint(validator, together(bootstraps));
  if (said === '') return [];
  const faults: string[] = [];
  for (const [index, bootstrap] of bootstraps.entries()) {
    const fault = await complaint(validator, bootstrap);
    if (fault !== '') faults.push(`${relative(root, folders[index] ?? '')}: ${fault}`);
  }
  return faults.length > 0 ? faults : [`only together are they refused: ${said}`];
};

test.each(topics)('Envoy takes the cases of %s', { timeout: 300_000 }, async (_, folders) => {
  for (let first = 0; first < folders.length; first += inOneProcess)
    expect(await complaints(folders.slice(first, first + inOneProcess))).toEqual([]);
});
