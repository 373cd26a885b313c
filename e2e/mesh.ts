/** A whole mesh for a test: `weft up` on a copy of a folder, in a home of its own, on free ports. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { placeOf, type Status, type WaitResult } from '@weft/model';
import { freePort } from './port.ts';

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
  /** The directory of its sockets. */
  readonly run: string;
  readonly gateway: string;
  readonly api: string;
  weft(...args: readonly string[]): Promise<Result>;
  /** Runs a command with `-o json` and parses what it prints; throws when it fails. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** What weftd answers below `/api/v1`: of what is looked at again and again, a command each time would cost most of a start. */
  get<T>(path: string): Promise<T>;
  /** Every pod runs, and every proxy has a stream to weftd. */
  isReady(): Promise<boolean>;
  /** Returns when every proxy has acknowledged the current revision, throws when it takes longer. */
  applied(seconds?: number): Promise<void>;
  /** Process ids (host's view) below `weft up` whose command line contains all words. */
  pids(...words: readonly string[]): readonly number[];
  /** Kills these at once; who ends meanwhile, as by the death of another, is no error. */
  kill(...words: readonly string[]): void;
  output(): string;
  readonly up: ChildProcess;
  stop(): Promise<void>;
}

export interface MeshOptions {
  readonly folder: string;
  /** Runs the mesh as this user instead of the test's own. */
  readonly uid?: number;
}

/** Polls until `check` gives a value; the last error or "nothing" is the reason when it never does. */
export const until = async <T>(what: string, check: () => Promise<T | undefined> | T | undefined, ms = 60_000, every = 50): Promise<T> => {
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

const killed = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** What a mesh could leave behind on this machine, to be compared: some of it may have been there before. */
export const traces = () => ({
  mounts: readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => /weft|nsfs/.test(line)),
  links: readdirSync('/sys/class/net'),
  routes: readFileSync('/proc/net/route', 'utf8'),
});

/** Who runs `weft`, and with what. */
interface User {
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number | undefined;
}

const asUser = ({ env, uid }: User) => ({ env, cwd: root, ...(uid === undefined ? {} : { uid, gid: uid }) });

const program = join(root, 'dist/weft.js');

const runWeft = (user: User, args: readonly string[]): Promise<Result> =>
  new Promise((resolve) => {
    const options = { ...asUser(user), maxBuffer: 64 << 20, timeout: 120_000 };
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });

const environment = (home: string, uid: number | undefined): NodeJS.ProcessEnv => {
  const { XDG_RUNTIME_DIR: _, XDG_STATE_HOME: __, ...inherited } = process.env;
  const own = { WEFT_HOME: join(home, 'state'), NO_COLOR: '1' };
  return { ...inherited, ...own, ...(uid === undefined ? {} : { HOME: home }) };
};

const runDirectory = (env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): string => {
  const hash8 = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);
  return placeOf({ env, uid, userHome: '/', hash8 }).run;
};

interface Folders {
  /** Holds the mesh's home, and is the user's. */
  readonly home: string;
  /** The copy of the manifests. */
  readonly copy: string;
  remove(): void;
}

const makeFolders = (folder: string, uid: number | undefined): Folders => {
  const home = mkdtempSync(join(tmpdir(), 'weft-e2e-'));
  if (uid !== undefined) chownSync(home, uid, uid);
  // Inside the repository, so that the applications' own imports resolve as they do in the example's place.
  const place = join(root, '.weft', basename(home));
  const copy = join(place, relative(root, folder));
  // The applications that meshes share lie beside the copy, as they do beside the folder.
  for (const [from, to] of [
    [folder, copy],
    [join(root, 'examples/echo'), join(place, 'examples/echo')],
  ] as const)
    cpSync(from, to, { recursive: true });
  for (const path of [dirname(place), place]) chmodSync(path, 0o755);
  const remove = (): void => {
    if (process.env.WEFT_E2E_KEEP) return;
    for (const path of [place, home]) rmSync(path, { recursive: true, force: true });
  };
  return { home, copy, remove };
};

const end = async (up: ChildProcess): Promise<void> => {
  if (up.exitCode !== null || up.signalCode !== null) return;
  const exited = once(up, 'exit');
  up.kill('SIGINT');
  const timer = setTimeout(() => up.kill('SIGKILL'), 30_000);
  await exited;
  clearTimeout(timer);
};

/** `weft up` says so itself, or what is missing after two minutes. */
const untilReady = async (mesh: Mesh): Promise<void> => {
  const hasEnded = (): boolean => mesh.up.exitCode !== null || mesh.up.signalCode !== null;
  const isUp = (): boolean => / is up\n/.test(mesh.output());
  await until('the mesh is up', () => hasEnded() || isUp() || mesh.output().includes('not everything is ready') || undefined, 150_000);
  if (hasEnded() || !isUp()) throw new Error(`weft up ended with ${mesh.up.exitCode}, or goes on without all`);
  await mesh.applied();
};

/** A GET below weftd's `/api/v1`. */
const get = async <T>({ api, home }: Pick<Mesh, 'api' | 'home'>, path: string): Promise<T> => {
  const authorization = `Bearer ${readFileSync(join(home, 'token'), 'utf8').trim()}`;
  const answer = await fetch(`${api}/api/v1${path}`, { headers: { authorization }, signal: AbortSignal.timeout(120_000) });
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};

/** Starts the mesh and waits until every pod is ready and every proxy has acknowledged its configuration. */
export const startMesh = async ({ folder, uid }: MeshOptions): Promise<Mesh> => {
  const folders = makeFolders(folder, uid);
  const [gatewayPort, apiPort, xdsPort] = [await freePort(), await freePort(), await freePort()];
  const user = { uid, env: environment(folders.home, uid) };
  const flags = ['--gateway-port', `${gatewayPort}`, '--api', `127.0.0.1:${apiPort}`, '--xds', `127.0.0.1:${xdsPort}`];
  const up = spawn(process.execPath, [program, 'up', folders.copy, ...flags], {
    ...asUser(user),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [up.stdout, up.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  const mesh: Mesh = {
    folder: folders.copy,
    home: join(folders.home, 'state'),
    run: runDirectory(user.env, uid),
    gateway: `http://127.0.0.1:${gatewayPort}`,
    api: `http://127.0.0.1:${apiPort}`,
    weft: (...args) => runWeft(user, args),
    json: async <T>(...args: readonly string[]): Promise<T> => {
      const result = await runWeft(user, [...args, '-o', 'json']);
      if (result.code !== 0) throw new Error(`weft ${args.join(' ')} exited ${result.code}: ${result.stderr}`);
      return JSON.parse(result.stdout) as T;
    },
    get: (path) => get(mesh, path),
    isReady: async () => (await mesh.get<Status>('/status')).ready,
    applied: async (seconds = 60) => {
      const { applied, pending } = await mesh.get<WaitResult>(`/wait?timeoutMs=${seconds * 1000}`);
      if (!applied) throw new Error(`not acknowledged within ${seconds} s by ${pending.join(', ')}`);
    },
    pids: (...words) => family(up.pid ?? 0).filter((pid) => words.every((word) => commandLine(pid).includes(word))),
    kill: (...words) => mesh.pids(...words).forEach(killed),
    output: () => output.join(''),
    up,
    stop: async () => {
      await end(up);
      folders.remove();
    },
  };
  try {
    await untilReady(mesh);
  } catch (error) {
    await mesh.stop();
    throw new Error(`the mesh did not start:\n${output.join('')}`, { cause: error });
  }
  return mesh;
};
