/** One real Envoy with a bootstrap of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@weft/envoy';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { ask, closeConnections } from './client.ts';

export interface Running {
  stop(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

const isReady = (admin: string): Promise<boolean> =>
  ask({ socket: admin, port: 0 }, { method: 'GET', path: '/ready', headers: { host: 'admin' } }).then(
    ({ status }) => status === 200,
    () => false,
  );

/** @returns when all listeners are there; throws with Envoy's log when they are not within two minutes */
export const run = async (bootstrap: JsonObject, folder: string): Promise<Running> => {
  const file = join(folder, 'envoy.json');
  await writeFile(file, JSON.stringify(bootstrap));
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  const child = spawn(envoy, ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data) => {
    log += data;
  });
  const stop = async () => {
    closeConnections();
    await ended(child);
  };
  for (let tries = 0; tries < 1200 && child.exitCode === null; tries += 1) {
    if (await isReady(join(folder, 'admin'))) return { stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`Envoy is not ready: ${log.slice(-4000)}`);
};
