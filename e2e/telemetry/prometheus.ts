/** A real Prometheus for tests: the machine's own, or Debian's package, unpacked into the cache without being installed (that would start a service). */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../mesh.ts';
import { freePort } from '../port.ts';

const run = promisify(execFile);

const runs = (binary: string): Promise<boolean> =>
  run(binary, ['--version']).then(
    () => true,
    () => false,
  );

const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weft/prometheus');

/** The lists of packages may be missing on a fresh machine, and only root may fetch them. */
const download = async (folder: string): Promise<void> => {
  const ask = () => run('apt-get', ['download', 'prometheus'], { cwd: folder });
  await ask().catch(async (error) => {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['-qq', 'update']);
    await ask();
  });
};

const unpack = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  try {
    await download(folder);
    const [archive = ''] = await readdir(folder);
    await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')]);
    await mkdir(cached, { recursive: true });
    // Moved at once, and so whole for whoever looks meanwhile.
    const own = join(cached, `.${process.pid}`);
    await run('cp', [join(folder, 'unpacked/usr/bin/prometheus'), own]);
    await rename(own, join(cached, 'prometheus'));
    return join(cached, 'prometheus');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** @returns its path, or why there is none. */
export const findPrometheus = async (): Promise<{ readonly path: string } | { readonly missing: string }> => {
  for (const path of [process.env.WEFT_PROMETHEUS ?? 'prometheus', join(cached, 'prometheus')]) if (await runs(path)) return { path };
  const hasPackages = await access('/usr/bin/apt-get', constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!hasPackages) return { missing: 'no Prometheus here: set WEFT_PROMETHEUS to one' };
  return unpack().then(
    (path) => ({ path }),
    (error: Error) => ({ missing: `no Prometheus could be had: ${error.message.split('\n')[0]}; set WEFT_PROMETHEUS to one` }),
  );
};

export interface PrometheusInput {
  readonly binary: string;
  /** `scrape_configs` and the like, as JSON: YAML is a superset of it. */
  readonly config: object;
  readonly flags?: readonly string[];
}

export type Sample = readonly [at: number, value: string];

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  /** Of an instant vector. */
  readonly value?: Sample;
  /** Of a matrix. */
  readonly values?: readonly Sample[];
}

export interface Prometheus {
  readonly address: string;
  /** @param at Unix seconds; absent: now. */
  query(query: string, at?: number): Promise<readonly Result[]>;
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

const end = async (child: ChildProcess, folder: string): Promise<void> => {
  if (child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
};

export const startPrometheus = async ({ binary, config, flags = [] }: PrometheusInput): Promise<Prometheus> => {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const own = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn(binary, [...own, '--log.level=warn', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${address}${path}`);
    const body = (await response.json()) as { readonly data: T; readonly error?: string };
    if (!response.ok) throw new Error(`${path}: ${body.error ?? response.status}`);
    return body.data;
  };
  const prometheus: Prometheus = {
    address,
    get,
    query: async (query, at) => {
      const time = at === undefined ? '' : `&time=${at}`;
      return (await get<{ readonly result: readonly Result[] }>(`/api/v1/query?query=${encodeURIComponent(query)}${time}`)).result;
    },
    stop: () => end(child, folder),
  };
  const ready = async (): Promise<true | undefined> => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`);
    return (await fetch(`${address}/-/ready`)).ok || undefined;
  };
  return until('Prometheus is ready', ready, 20_000).then(
    () => prometheus,
    async (error) => {
      await prometheus.stop();
      throw error;
    },
  );
};
