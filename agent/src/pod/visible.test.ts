import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { container } from '../testing/mesh.ts';
import { type Surroundings, visibleFor, workingDirProblem } from './visible.ts';

let top = '';
let around: Surroundings;
beforeAll(async () => {
  top = await realpath(await mkdtemp(`${tmpdir()}/weft-visible-`));
  await mkdir(`${top}/closed/clone/shop`, { recursive: true });
  await mkdir(`${top}/closed/clone/node_modules`);
  await mkdir(`${top}/closed/venv/bin`, { recursive: true });
  await writeFile(`${top}/closed/clone/package.json`, '{}');
  await symlink('/usr/bin/env', `${top}/closed/venv/bin/python3`);
  await mkdir(`${top}/node/bin`, { recursive: true });
  await writeFile(`${top}/node/bin/node`, '');
  await chmod(top, 0o755);
  await chmod(`${top}/closed`, 0o700);
  around = {
    place: { home: `${top}/closed/state`, run: `${top}/run` },
    userHome: '/home/nobody-here',
    separateUsers: true,
    node: `${top}/node/bin/node`,
    program: `${top}/closed/clone/agent/src/main.ts`,
  };
});
afterAll(() => rm(top, { recursive: true }));

test('what a container needs is shown: its directory, its programs, packages above it', async () => {
  const spec = container('app', ['../../venv/bin/python3', 'web.py'], { workingDir: `${top}/closed/clone/shop` });
  const visible = await visibleFor(spec, around);
  expect(visible.shows).toEqual(
    expect.arrayContaining([
      `${top}/closed/clone/shop`,
      `${top}/node`,
      `${top}/closed/venv`,
      '/usr',
      `${top}/closed/clone/node_modules`,
      `${top}/closed/clone/package.json`,
    ]),
  );
  expect(visible.shows).not.toContain(`${top}/closed/clone`);
});

test('directories that other users may not pass are covered, where applications are other users', async () => {
  const spec = container('app', ['true'], { workingDir: `${top}/closed/clone/shop` });
  expect((await visibleFor(spec, around)).covers).toContain(`${top}/closed`);
  expect((await visibleFor(spec, { ...around, separateUsers: false })).covers).not.toContain(`${top}/closed`);
});

test('a working directory that cannot be used is named with the remedy', async () => {
  await chmod(`${top}/closed/clone/shop`, 0o700);
  expect(await workingDirProblem(`${top}/closed/clone/shop`, true)).toContain('chmod o+rx');
  expect(await workingDirProblem(`${top}/closed/clone/shop`, false)).toBe('');
  expect(await workingDirProblem(`${top}/nowhere`, true)).toContain('does not exist');
  await chmod(`${top}/closed/clone/shop`, 0o755);
});
