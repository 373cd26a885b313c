/** Every case's configuration, whole, through the real Envoy: `--mode validate`. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { staticBootstrap } from '../src/index.ts';
import { runCase } from './case.ts';
import { caseFolders } from './folders.ts';

const root = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
let envoy = '';
let scratch = '';

beforeAll(async () => {
  envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  scratch = await mkdtemp(join(tmpdir(), 'weft-golden-'));
}, 120_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Two at once: starting an Envoy waits more than it computes. */
describe.concurrent('Envoy takes', { timeout: 60_000 }, () => {
  test.each(caseFolders(root).map((folder) => [relative(root, folder), folder]))('%s', async (name, folder) => {
    const file = join(scratch, `${name.replaceAll('/', '-')}.json`);
    const { resources } = await runCase(folder);
    await writeFile(file, JSON.stringify(staticBootstrap(resources)));
    const { stderr } = await run(envoy, ['--mode', 'validate', '-c', file, '-l', 'error'], { timeout: 50_000, cwd: scratch }).catch((error: { stderr?: string }) => error);
    expect(stderr ?? '').not.toMatch(/error initializing|Proto constraint|rejected|\[critical\]|\[error\]/);
  });
});
