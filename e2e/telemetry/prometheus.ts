/** A real Prometheus for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { findPackaged } from './packaged.ts';

export const findPrometheus = () => findPackaged({ name: 'prometheus', variable: 'WEFT_PROMETHEUS' });

export interface PrometheusInput {
  readonly binary: string;
  /** `scrape_configs` and the like, as JSON: YAML is a superset of it. */
  readonly config: object;
  readonly flags?: readonly string[];
  /** It asks who comes: takes `watcher` with the password `watched` alone. */
  readonly asks?: boolean;
}

export const watcher = { username: 'watcher', password: 'watched' } as const;
/** Of the password, by bcrypt, which is what Prometheus compares with. */
const watched = '$2b$04$oHpDbCNWUCLDk39PtSjZZ.qZsMEAYtH4K9NW1ThRHH608Z4KGzkv6';

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

export const startPrometheus = async ({ binary, config, flags = [], asks = false }: PrometheusInput): Promise<Prometheus> => {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const own = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
  await writeFile(join(folder, 'web.yml'), JSON.stringify(asks ? { basic_auth_users: { [watcher.username]: watched } } : {}));
  const headers = asks ? { authorization: `Basic ${btoa(`${watcher.username}:${watcher.password}`)}` } : {};
  const child = spawn(binary, [...own, `--web.config.file=${folder}/web.yml`, '--log.level=warn', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${address}${path}`, { headers });
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
    return (await fetch(`${address}/-/ready`, { headers })).ok || undefined;
  };
  return until('Prometheus is ready', ready, 20_000).then(
    () => prometheus,
    async (error) => {
      await prometheus.stop();
      throw error;
    },
  );
};
