/** A real weftd as a process of its own, and what the kernel says of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeFlags } from '../cli/src/up/programs.ts';
import { root } from './root.ts';

export interface Weftd {
  readonly xds: string;
  /** Of the API and the console. */
  readonly api: string;
  /** Where `weft` finds it. */
  readonly environment: NodeJS.ProcessEnv;
  /** CPU seconds since it started, all threads. */
  cpuSeconds(): number;
  /** Megabytes: now, and the most ever. */
  memory(): { readonly rssMB: number; readonly peakMB: number };
  /** Longest stall of the event loop since the last call. */
  stallMs(): Promise<number>;
  stop(): Promise<void>;
}

export interface WeftdOptions {
  /** Scratch folder. */
  readonly folder: string;
  readonly mesh: string;
  readonly profile: string | undefined;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export const startWeftd = async ({ folder, mesh, profile }: WeftdOptions): Promise<Weftd> => {
  const [xds, api] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const loop = join(folder, 'loop');
  const environment = { ...process.env, WEFT_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: folder, WEFT_BENCH_LOOP: loop };
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const program = [...nodeFlags.weftd, ...profiling, '--import', join(root, 'bench/loop-probe.ts'), join(root, 'dist/weftd.js')];
  const child = spawn(
    process.execPath,
    [...program, '--folder', mesh, '--xds', xds, '--api', api, '--log-level', 'warn', '--gateway-port', '18099'],
    {
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  await listening(child, xds);
  return {
    xds,
    api: `http://${api}`,
    environment,
    cpuSeconds: () => cpuSeconds(child),
    memory: () => ({ rssMB: statusMB(child, 'VmRSS'), peakMB: statusMB(child, 'VmHWM') }),
    stallMs: () => stall(child, loop),
    stop: () => stop(child),
  };
};

const listening = async (child: ChildProcess, address: string): Promise<void> => {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
    .toString(16)
    .toUpperCase()
    .padStart(4, '0');
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`weftd ended with ${child.exitCode}`);
    if (readFileSync('/proc/net/tcp', 'utf8').includes(`:${port} 00000000:0000 0A`)) return settled(child);
  }
  throw new Error('weftd did not start within two minutes');
};

/** Until it computes (nearly) nothing more: start-up is not what is measured, a profiler's own work goes on. */
const settled = async (child: ChildProcess): Promise<void> => {
  let before = -1;
  for (let seconds = 0; seconds < 30 && cpuSeconds(child) - before > 0.1; seconds++) {
    before = cpuSeconds(child);
    await sleep(1_000);
  }
};

/** proc_pid_stat(5): fields 14 and 15, in ticks of 1/100 s; the name before them may contain anything but ends with `)`. */
const cpuSeconds = ({ pid }: ChildProcess): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const statusMB = ({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const stall = async (child: ChildProcess, file: string): Promise<number> => {
  rmSync(file, { force: true });
  child.kill('SIGUSR2');
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
  }
  throw new Error('weftd did not answer SIGUSR2');
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
};
