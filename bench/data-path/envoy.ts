/** One Envoy as a process of its own on one processor, and the time that it computes. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@weft/envoy';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface MeasuredEnvoy {
  /** So far, of all its threads. */
  cpuMicroseconds(): number;
  stop(): Promise<void>;
}

/** The proxies share one processor, all else has the other: what they compute is then what limits how many requests pass. */
export type Processor = 0 | 1;

export const canPin = (): boolean => spawnSync('taskset', ['-c', '1', 'true']).status === 0;

/** The scheduler's own account, in nanoseconds; `stat` counts in hundredths of a second. */
const cpuMicroseconds = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000)
    .reduce((sum, one) => sum + one, 0);

const accepts = ({ address, port }: Place): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

export interface Start {
  readonly name: string;
  readonly folder: string;
  readonly bootstrap: JsonObject;
  readonly processor: Processor;
  /** Where it listens when it is ready. */
  readonly listening: readonly Place[];
}

export const startEnvoy = async ({ name, folder, bootstrap, processor, listening }: Start): Promise<MeasuredEnvoy> => {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(bootstrap));
  const binary = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  const line = [binary, '-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'];
  const [program = '', ...args] = canPin() ? ['taskset', '-c', String(processor), ...line] : line;
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (data) => {
    log += data;
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (hasEnded()) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  for (const place of listening)
    for (let tries = 0; !(await accepts(place)); tries += 1) {
      if (hasEnded() || tries > 600) {
        await stop();
        throw new Error(`the ${name} does not listen: ${log}`);
      }
      await sleep(50);
    }
  return { cpuMicroseconds: () => cpuMicroseconds(child.pid ?? 0), stop };
};
