/** One real Envoy as a child of the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@weft/envoy';
import { findEnvoy } from '../agent/src/envoy-binary.ts';

export interface EnvoyProcess {
  hasEnded(): boolean;
  /** What it has said so far. */
  log(): string;
  /** Its access logs so far. */
  accessLog(): string;
  /** Returns when it is gone, at once if it was. */
  kill(): Promise<void>;
}

/** @returns as soon as the process is there: whether it serves is the caller's to find out */
export const spawnEnvoy = async (
  folder: string,
  bootstrap: JsonValue,
  { level = 'error', args = [] }: { readonly level?: string; readonly args?: readonly string[] } = {},
): Promise<EnvoyProcess> => {
  const file = join(folder, 'envoy.json');
  await writeFile(file, JSON.stringify(bootstrap));
  const binary = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  const shared = ['--use-dynamic-base-id', '--concurrency', '1', '--file-flush-interval-msec', '100'];
  const child = spawn(binary, ['-c', file, ...shared, '-l', level, ...args], {
    // Where its records go.
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data) => {
    log += data;
  });
  let accessLog = '';
  child.stdout.on('data', (data) => {
    accessLog += data;
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    hasEnded,
    log: () => log,
    accessLog: () => accessLog,
    kill: async () => {
      if (hasEnded()) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
};
