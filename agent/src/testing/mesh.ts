/** Starts `agent host` as a user would, beside a fake weftd, as root or as an ordinary user. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { request as openRequest } from 'node:http';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ContainerSpec, NodeView, PodSpec } from '@weft/model';
import WebSocket from 'ws';
import { findEnvoy } from '../envoy-binary.ts';
import { type FakeWeftd, fakeWeftd } from './fake-weftd.ts';

export const emptyView: NodeView = {
  ...{ pods: [], names: {}, services: [], hostPorts: [] },
  ...{ trustDomain: 'cluster.local', clusterId: 'test', dnsDomain: 'cluster.local' },
};

export const container = (name: string, command: readonly string[], more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  ...{ name, command, args: [], env: [], workingDir: '/', ports: [] },
  ...more,
});

export const pod = (name: string, containers: readonly ContainerSpec[], more: Partial<PodSpec> = {}): PodSpec => ({
  ...{ name, namespace: 'shop', uid: `${name}-uid`, serviceAccount: name, labels: { app: name }, annotations: {} },
  ...{ workload: { kind: 'Pod', name }, containers, terminationGracePeriodSeconds: 2, proxy: 'none' },
  ...more,
});

export const until = async <T>(question: () => T | Promise<T>, what: string, limitMs = 20_000): Promise<NonNullable<T>> => {
  for (const end = Date.now() + limitMs; Date.now() < end; ) {
    const answer = await question();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
};

export interface TestMesh {
  readonly weftd: FakeWeftd;
  readonly home: string;
  readonly run: string;
  /** Process id of `agent host`. */
  readonly pid: number;
  /** Process id of the mesh's pid 1, as the host sees it. */
  init(): number | undefined;
  output(): string;
  exec(
    name: string,
    command: readonly string[],
    stdin?: string,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** The agent's API. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** @returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface MeshOptions {
  readonly view?: NodeView;
  /** Start it as this user; only as root. */
  readonly uid?: number;
}

/** As it is built: from its sources it takes three times as long to start. */
const main = path.resolve(import.meta.dirname, '../../../dist/agent.js');

export const descendants = (pid: number): readonly number[] => {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): readonly number[] => {
    const children = pairs.filter(([, ppid]) => ppid === parent).map(([child]) => child ?? 0);
    return children.flatMap((child) => [child, ...below(child)]);
  };
  return below(pid);
};

const request = (socketPath: string, target: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = openRequest({ socketPath, path: target }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject).end();
  });

const execute = (socketPath: string, target: string, stdin?: string) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    const output = { 1: '', 2: '', 3: '' } as Record<number, string>;
    const socket = new WebSocket(`ws+unix://${socketPath}:${target}`, 'v5.channel.k8s.io');
    socket.on('open', () => {
      if (stdin === undefined) return;
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin)]));
      socket.send(Buffer.from([255, 0]));
    });
    socket.on('message', (data: Buffer) => {
      output[data[0] ?? 0] += data.subarray(1).toString();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const status = JSON.parse(output[3] || '{}');
      if (status.status === 'Success') resolve({ code: 0, stdout: output[1] ?? '', stderr: output[2] ?? '' });
      else if (status.details)
        resolve({ code: Number(status.details.causes[0].message), stdout: output[1] ?? '', stderr: output[2] ?? '' });
      else reject(new Error(status.message ?? 'no status'));
    });
  });

export const startMesh = async ({ view = emptyView, uid }: MeshOptions = {}): Promise<TestMesh> => {
  const root = `/tmp/weft-agent-${randomBytes(3).toString('hex')}`;
  const [home, run] = [`${root}/home`, `${root}/run`];
  mkdirSync(run, { recursive: true, mode: 0o755 });
  mkdirSync(home, { mode: 0o700 });
  const weftd = await fakeWeftd(`${run}/api.sock`, view, uid ?? process.getuid?.() ?? 0);
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  const flags = ['host', '--home', home, '--run', run, '--envoy', envoy];
  const asUser = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${uid}`, root]);
  const [program = '', ...args] = [...asUser, process.execPath, main, ...flags];
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'pipe'], env: { PATH: process.env.PATH, HOME: root } });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const pathOf = (name: string, action: string): string => `/pods/shop/${name}/${action}`;
  return {
    ...{ weftd, home, run },
    pid: child.pid ?? 0,
    init: () => descendants(child.pid ?? 0).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('weft-init\0')),
    output: () => output,
    exec: (name, command, stdin) => {
      const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
      if (stdin !== undefined) query.set('stdin', 'true');
      return execute(`${run}/agent.sock`, pathOf(name, `exec?${query}`), stdin);
    },
    get: (target) => request(`${run}/agent.sock`, target),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const code = await exited;
      await weftd.away();
      rmSync(root, { recursive: true, force: true });
      return code;
    },
  };
};
