/** The load of one pair over one protocol, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../root.ts';
import { canPin, type Place } from './envoy.ts';

export type HttpVersion = 'http1' | 'http2';

export interface Target extends Place {
  readonly protocol: HttpVersion;
}

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Other answers than 200. */
  readonly failed: number;
}

export interface Load {
  run(seconds: number): Promise<Measured>;
  stop(): void;
}

export const startLoad = async (target: Target): Promise<Load> => {
  const line = [process.execPath, join(root, 'bench/data-path/load.ts'), JSON.stringify(target)];
  const [program = '', ...args] = canPin() ? ['taskset', '-c', '1', ...line] : line;
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answers: ((message: unknown) => void)[] = [];
  child.on('message', (message) => answers.shift()?.(message));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the load ended before it was told to')));
  const said = (): Promise<unknown> => Promise.race([new Promise((resolve) => answers.push(resolve)), ended]);
  await said();
  return {
    run: (seconds) => {
      const answer = said();
      child.send(seconds);
      return answer as Promise<Measured>;
    },
    stop: () => {
      ended.catch(() => {});
      child.disconnect();
    },
  };
};
