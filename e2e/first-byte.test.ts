/**
 * Policy is there from the first byte: somebody whom a DENY refuses tries all the time, by name and by address, while workloads start,
 * proxies die and weftd is away. Nothing of his may arrive.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '@weft/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const isLong = process.env.WEFT_LONG === '1';
const workloads = isLong ? 200 : 12;
/** Between two tries of the intruder, in seconds: without any he is busier than all the others together. */
const pause = isLong ? 0.02 : 0.2;
/** Ten times as many take ten times as long, on as many processors. */
const timeout = isLong ? 1_200_000 : 120_000;

interface Told {
  readonly tried: Readonly<Record<'http' | 'greets' | 'undeclared', number>>;
  readonly served: Told['tried'];
}

const eventually = <T>(what: string, check: () => Promise<T | undefined> | T | undefined): Promise<T> =>
  until(what, check, timeout / 2, 100);

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/first-byte') });
  writeFileSync(join(mesh.folder, 'intruder.yaml'), deployment('intruder', ['caller.py', `"${pause}"`]));
  await eventually('he is known', async () => (await mesh.get<Status>('/status')).pods.desired > 1 || undefined);
  await untilReady();
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

/** What a caller has got since it started. */
const toldBy = (name: string): Promise<Told> =>
  eventually(`${name} tells something`, async () => {
    const { stdout } = await mesh.weft('logs', `deploy/${name}`, '-n', 'demo', '--tail', '3');
    const line = stdout.split('\n').findLast((text) => text.endsWith('}}'));
    return line === undefined ? undefined : (JSON.parse(line.slice(line.indexOf('{'))) as Told);
  });

const deployment = (name: string, command: readonly string[], replicas = 1): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: demo}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: ${name}
        image: python:3
        command: [python3, -u, ${command.join(', ')}]
`;

const guarded = (replicas: number): string => `${deployment('guarded', ['server.py'], replicas)}        readinessProbe:
          tcpSocket: {port: 9000}
          periodSeconds: 1
`;

const untilReady = (): Promise<true> => eventually('all pods are ready', async () => (await mesh.isReady()) || undefined);

/** Everything of his tried since, and nothing served ever. */
const expectNothingServed = async (before: Told): Promise<void> => {
  const after = await eventually('he has tried again', async () => {
    const told = await toldBy('intruder');
    return Object.keys(told.tried).every((key) => told.tried[key as keyof Told['tried']] > before.tried[key as keyof Told['tried']])
      ? told
      : undefined;
  });
  expect(after.served).toEqual({ http: 0, greets: 0, undeclared: 0 });
};

it(`nothing of an intruder's is served while ${workloads} workloads start`, { timeout }, async () => {
  const before = await toldBy('intruder');
  writeFileSync(join(mesh.folder, 'guarded.yaml'), guarded(workloads));
  await eventually('they are known', async () => (await mesh.get<Status>('/status')).pods.desired > workloads || undefined);
  await untilReady();
  // His rounds go on when all of them listen.
  await sleep(2000);
  await expectNothingServed(before);
});

it('his friend is served by name, and by address where nobody shows a name: by no one', { timeout }, async () => {
  const { served } = await eventually('the friend is served', async () => {
    const told = await toldBy('friend');
    return told.served.http > 3 && told.served.greets > 3 ? told : undefined;
  });
  expect(served.undeclared).toBe(0);
});

it('nor while proxies are killed and come back without weftd', { timeout }, async () => {
  const before = await toldBy('intruder');
  mesh.up.kill('SIGSTOP');
  try {
    const [weftd = 0] = mesh.pids('weftd.js');
    expect(weftd).toBeGreaterThan(1);
    process.kill(weftd, 'SIGKILL');
    mesh.kill('envoy', 'guarded-');
    await sleep(4000);
  } finally {
    mesh.up.kill('SIGCONT');
  }
  await untilReady();
  await expectNothingServed(before);
});

it('nor while the agent is killed, and starts everything again from what it has kept', { timeout }, async () => {
  const [agent = 0] = mesh.pids('agent', 'host');
  expect(agent).toBeGreaterThan(1);
  process.kill(agent, 'SIGKILL');
  await eventually('the agent is back', () => (mesh.pids('agent', 'host').some((pid) => pid !== agent) ? true : undefined));
  await untilReady();
  await sleep(2000);
  await expectNothingServed({ tried: { http: 0, greets: 0, undeclared: 0 }, served: { http: 0, greets: 0, undeclared: 0 } });
});

it('no server has seen him: all that arrived was his friend’s', { timeout }, async () => {
  const { stdout } = await mesh.weft('logs', 'deploy/guarded', '-n', 'demo', '--tail', '100000');
  const reached = stdout.split('\n').filter((line) => line.includes('reached'));
  expect(reached.length).toBeGreaterThan(0);
  expect(reached.filter((line) => line.includes('9001'))).toEqual([]);
});
