import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '@weft/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from './lock.ts';
import { identify, isRunning } from './process.ts';

let folder: string;
let place: Place;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-lock-'));
  place = { home: join(folder, 'home'), run: join(folder, 'run') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sleeper = async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return { child, pid: child.pid ?? 0 };
};

/** As a run leaves its lock behind when it is killed. */
const leaveLock = (holder: object): void => {
  mkdirSync(place.run, { mode: 0o700 });
  writeFileSync(join(place.run, 'lock'), JSON.stringify(holder));
};

describe('the lock of a home', () => {
  it('refuses a second mesh and names the first', () => {
    takeLock(place);
    expect(() => takeLock(place)).toThrow(`a mesh is running here already (process ${process.pid}`);
  });

  it('can be taken again after its release, and leaves no run directory', () => {
    takeLock(place).release();
    expect(existsSync(place.run)).toBe(false);
    takeLock(place);
  });

  it('cleans up after a run that was killed: its children and its sockets', async () => {
    const { child, pid } = await sleeper();
    leaveLock({ pid: 999_999_999, started: '1', children: [identify(pid)] });
    writeFileSync(join(place.run, 'api.sock'), '');
    const exited = once(child, 'exit');
    takeLock(place);
    expect((await exited)[1]).toBe('SIGKILL');
    expect(existsSync(join(place.run, 'api.sock'))).toBe(false);
  });

  it('leaves a stranger alone that has the process id of a former child', async () => {
    const { child, pid } = await sleeper();
    leaveLock({ pid, started: 'another time', children: [{ pid, started: 'another time' }] });
    takeLock(place);
    expect(isRunning(identify(pid) ?? { pid: 0, started: '' })).toBe(true);
    child.kill('SIGKILL');
  });

  it('remembers the children that run', async () => {
    const lock = takeLock(place);
    const { child, pid } = await sleeper();
    lock.addChild(pid);
    const { children } = JSON.parse(readFileSync(join(place.run, 'lock'), 'utf8')) as { children: { pid: number }[] };
    expect(children.map((one) => one.pid)).toEqual([pid]);
    child.kill('SIGKILL');
  });

  it('does not use a directory that others can write to', () => {
    mkdirSync(place.run);
    chmodSync(place.run, 0o777);
    expect(() => takeLock(place)).toThrow('must be a directory of yours with mode 0700');
  });
});
