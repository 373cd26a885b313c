/** When a mesh cannot be had: one clear line each, an exit code, nothing left behind. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { explainMissing, missingPrograms, portProblem, possiblePrivilege } from './possible.ts';

const directory = mkdtempSync(`${tmpdir()}/weft-host-`);
afterAll(() => rmSync(directory, { recursive: true }));

const main = path.resolve(import.meta.dirname, '../main.ts');

const agent = (wrapper: readonly string[], ...flags: readonly string[]): Promise<{ readonly code: number; readonly text: string }> =>
  new Promise((resolve) => {
    const [program = '', ...args] = [...wrapper, process.execPath, main, 'host', ...flags];
    execFile(program, args, { timeout: 60_000 }, (error, _, stderr) => resolve({ code: Number(error?.code ?? 0), text: stderr }));
  });
const place = ['--home', `${directory}/home`, '--run', `${directory}/run`];

test('programs that are missing are named with the packages that have them', async () => {
  const missing = await missingPrograms(async (program) => program !== 'ip' && program !== 'nsenter');
  expect(missing).toEqual(['ip', 'nsenter']);
  expect(explainMissing(missing)).toBe('missing programs: ip, nsenter; install them (Debian: apt install iproute2 util-linux)');
  expect(await missingPrograms()).toEqual([]);
});

test('another system than Linux is told what would do', async () => {
  await expect(possiblePrivilege('darwin', 501)).rejects.toThrow('this is darwin: run it in a Linux virtual machine');
});

test('where neither root nor user namespaces are to be had it says so', async () => {
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"';
  const { code, text } = await agent(['unshare', '-U', '-r', 'sh', '-c', forbid, 'sh'], ...place);
  expect(text).toMatch(/^agent: user namespaces are forbidden here \(.+\): allow them .+, or run it as root, or in a virtual machine\n$/);
  expect(code).toBe(1);
  expect(existsSync(`${directory}/run`)).toBe(false);
});

test('no Envoy, no flags', async () => {
  expect(await agent([], ...place, '--envoy', `${directory}/none`)).toEqual({ code: 1, text: `agent: ${directory}/none does not run\n` });
  expect((await agent([])).text).toContain('--home and --run must be absolute paths');
  expect(existsSync(`${directory}/run`)).toBe(false);
});

test('a port that is free is no problem', async () => {
  expect(await portProblem(0)).toBeUndefined();
});
