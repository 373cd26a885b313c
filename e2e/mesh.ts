/** A whole mesh for a test: `weft up` on a copy of a folder, in a home of its own, on free ports. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Mesh {
  /** The copy of the folder that the mesh watches. */
  readonly folder: string;
  readonly home: string;
  readonly gateway: string;
  readonly api: string;
  weft(...args: readonly string[]): Promise<Result>;
  /** Runs a command with `-o json` and parses what it prints; throws when it fails. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** Process ids (host's view) below `weft up` whose command line contains all words. */
  pids(...words: readonly string[]): readonly number[];
  output(): string;
  readonly up: ChildProcess;
  stop(): Promise<void>;
}

export interface MeshOptions {
  readonly folder: string;
  /** Runs the mesh as this user instead of the test's own. */
  readonly uid?: number;
  readonly readyMs?: number;
}

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** Polls until `check` gives a value; the last error or "nothing" is the reason when it never does. */
export const until = async <T>(what: string, check: () => Promise<T | undefined> | T | undefined, ms = 10_000, every = 50): Promise<T> => {
  const end = Date.now() + ms;
  let reason: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      reason = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`, { cause: reason });
    await sleep(every);
  }
};

const children = (pid: number): readonly number[] => {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) found.push(Number(entry));
    } catch {
      // ended between the listing and the read
    }
  }
  return found;
};

/** The process and all below it. */
export const family = (pid: number): readonly number[] => [pid, ...children(pid).flatMap(family)];

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv, uid?: number): Promise<Result> =>
  new Promise((resolve) => {
    const options = { env, cwd: root, maxBuffer: 64 << 20, timeout: 120_000, ...(uid === undefined ? {} : { uid, gid: uid }) };
    execFile(file, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });

const environment = (home: string, uid: number | undefined): NodeJS.ProcessEnv => {
  const { XDG_RUNTIME_DIR: _, XDG_STATE_HOME: __, ...inherited } = process.env;
  return { ...inherited, WEFT_HOME: join(home, 'state'), NO_COLOR: '1', ...(uid === undefined ? {} : { HOME: home }) };
};

/** Starts the mesh and waits until every pod is ready and every proxy has acknowledged its configuration. */
export const startMesh = async ({ folder, uid, readyMs = 120_000 }: MeshOptions): Promise<Mesh> => {
  const home = mkdtempSync(join(tmpdir(), 'weft-e2e-'));
  // Inside the repository, so that the applications' own imports resolve as they do in the example's place.
  mkdirSync(join(root, '.weft'), { recursive: true });
  const place = mkdtempSync(join(root, '.weft', 'e2e-'));
  chmodSync(place, 0o755);
  const copy = join(place, 'mesh');
  cpSync(folder, copy, { recursive: true });
  if (uid !== undefined) chownSync(home, uid, uid);
  const [gatewayPort, apiPort, xdsPort] = [await freePort(), await freePort(), await freePort()];
  const env = environment(home, uid);
  const program = [join(root, 'dist/weft.js')];
  const flags = ['--gateway-port', `${gatewayPort}`, '--api', `127.0.0.1:${apiPort}`, '--xds', `127.0.0.1:${xdsPort}`];
  const up = spawn(process.execPath, [...program, 'up', copy, ...flags], {
    env,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const output: string[] = [];
  up.stdout.on('data', (chunk) => output.push(String(chunk)));
  up.stderr.on('data', (chunk) => output.push(String(chunk)));
  const weft = (...args: readonly string[]): Promise<Result> => run(process.execPath, [...program, ...args], env, uid);
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const result = await weft(...args, '-o', 'json');
    if (result.code !== 0) throw new Error(`weft ${args.join(' ')} exited ${result.code}: ${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  };
  const stop = async (): Promise<void> => {
    if (up.exitCode === null && up.signalCode === null) {
      up.kill('SIGINT');
      const timer = setTimeout(() => up.kill('SIGKILL'), 30_000);
      await once(up, 'exit');
      clearTimeout(timer);
    }
    if (process.env.WEFT_E2E_KEEP) return;
    rmSync(place, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  };
  const mesh: Mesh = {
    folder: copy,
    home: join(home, 'state'),
    gateway: `http://127.0.0.1:${gatewayPort}`,
    api: `http://127.0.0.1:${apiPort}`,
    weft,
    json,
    pids: (...words) => family(up.pid ?? 0).filter((pid) => words.every((word) => commandLine(pid).includes(word))),
    output: () => output.join(''),
    up,
    stop,
  };
  try {
    await until(
      'the mesh is ready',
      async () => {
        if (up.exitCode !== null) throw new Error(`weft up exited ${up.exitCode}`);
        const status = await mesh.json<{ ready: boolean }>('status');
        return status.ready || undefined;
      },
      readyMs,
      500,
    );
    await mesh.weft('wait', '--for', 'applied', '--timeout', '30s');
  } catch (error) {
    await stop();
    throw new Error(`the mesh did not start:\n${output.join('')}`, { cause: error });
  }
  return mesh;
};
