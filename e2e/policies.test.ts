/**
 * [G30] Policies that go from and to external authorizers while requests are under way, through `weftd`, the agent's relay and a sidecar:
 * no request gets an answer that neither the policies before nor those after it would give; nor when weftd is killed on the way, or when
 * Envoy is while weftd is away.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const long = process.env.WEFT_LONG === '1';
const rounds = long ? 50 : 2;
const connections = long ? 8 : 3;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/policies') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

const policy = (name: string, spec: object, path = '/secret') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'policies' },
  spec: { selector: { matchLabels: { app: 'server' } }, ...spec, rules: [{ to: [{ operation: { paths: [path] } }] }] },
});
const custom = (name: string, provider: string) => policy(name, { action: 'CUSTOM', provider: { name: provider } });
const deny = (name: string) => policy(name, { action: 'DENY' });
const allow = (name: string) => policy(name, { action: 'ALLOW' }, '/open');

/** Each serves /open and refuses /secret; no two neighbours by the same means. */
const states: readonly (readonly object[])[] = [
  [custom('a', 'first')],
  [deny('a')],
  [custom('a', 'second')],
  [custom('a', 'first'), custom('b', 'second')],
  [allow('a')],
  [custom('renamed', 'second')],
  [custom('renamed', 'first')],
  [policy('renamed', { action: 'DENY', selector: undefined })],
  [policy('a', { action: 'CUSTOM', provider: { name: 'first' }, selector: undefined }), allow('b')],
  [deny('b')],
];

/** Written as an editor does. */
const write = (state: readonly object[], file = 'policies.yaml'): void => {
  const path = join(mesh.folder, file);
  writeFileSync(`${path}.tmp`, state.map((object) => stringify(object)).join('---\n'));
  renameSync(`${path}.tmp`, path);
};

const become = async (state: readonly object[], file?: string): Promise<void> => {
  write(state, file);
  await mesh.applied();
};

/** 0: no answer. */
const ask = (path: string, agent: Agent): Promise<number> =>
  new Promise((resolve) => {
    const outgoing = request(`${mesh.gateway}${path}`, { agent, timeout: 15_000 }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(0)).end();
  });

interface Load {
  /** @returns what was answered otherwise than it should, and how many requests there were */
  stop(): Promise<{ readonly wrong: readonly string[]; readonly asked: number }>;
}

/** @param isGood whether an answer, by path, is one that some policy gives */
const startLoad = (isGood: (path: string, status: number) => boolean): Load => {
  const wrong: string[] = [];
  let [asked, over] = [0, false];
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!over) {
      for (const path of ['/open', '/secret']) {
        const status = await ask(path, agent);
        asked += 1;
        if (!isGood(path, status)) wrong.push(`${path}: ${status}`);
      }
      // Others need some of the processor.
      if (!long) await sleep(5);
    }
    agent.destroy();
  };
  const clients = Array.from({ length: connections }, client);
  return {
    stop: async () => {
      over = true;
      await Promise.all(clients);
      return { wrong, asked };
    },
  };
};

const asMeant = (path: string, status: number): boolean => status === (path === '/open' ? 200 : 403);

it(`${rounds} rounds of ${states.length} changes in haste under load, and then each by itself`, {
  timeout: 60_000 + rounds * 20_000,
}, async () => {
  await become(states[0] ?? []);
  const load = startLoad(asMeant);
  for (let round = 0; round < rounds; round += 1)
    for (const state of states) {
      write(state);
      await sleep(60);
    }
  for (const state of states.slice(0, long ? states.length : 5)) await become(state);
  const { wrong, asked } = await load.stop();
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(connections * 125);
});

it('an authorizer that is new is asked also on connections that were there before it', { timeout: 120_000 }, async () => {
  const settings = (...names: readonly string[]) => ({
    apiVersion: 'mesh.weft.dev/v1alpha1',
    kind: 'MeshConfig',
    metadata: { name: 'default' },
    spec: {
      extensionProviders: names.map((name) => ({
        name,
        envoyExtAuthzHttp: { service: 'judge.policies.svc.cluster.local', port: name === 'second' ? 9002 : 9001, timeout: '10s' },
      })),
    },
  });
  // All in one file, which is taken as one change.
  const settle = (providers: readonly string[], ...policies: readonly object[]) =>
    become([settings(...providers), ...policies], 'settings.yaml');
  const two = ['first', 'second'];
  await settle(two, deny('here'));
  await become([]);
  const load = startLoad(asMeant);
  await settle([...two, 'third'], custom('here', 'third'));
  // While nobody can be asked, what the policy names is refused.
  await settle([...two, 'third'], custom('here', 'fourth'));
  await settle([...two, 'third', 'fourth'], custom('here', 'fourth'));
  await settle(two, deny('here'));
  const { wrong, asked } = await load.stop();
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(connections * 60);
  await become(states[0] ?? []);
  await settle(two);
});

it('weftd that is killed on the way goes on from there', { timeout: 200_000 }, async () => {
  await become(states[0] ?? []);
  const load = startLoad(asMeant);
  for (const [index, pause] of (long ? [5, 20, 40, 60, 100, 300, 700, 1200] : [20, 60]).entries()) {
    write(states[(index + 1) % 2] ?? []);
    await sleep(pause);
    mesh.kill('weftd.js');
    // Changed once more while nobody looks.
    write(states[(index % 2) + 2] ?? []);
    await until('weftd is back', async () => (await mesh.isReady()) || undefined);
    await mesh.applied();
  }
  expect((await load.stop()).wrong).toEqual([]);
});

it('Envoy that is killed while weftd is away comes back with its policies', { timeout: 120_000 }, async () => {
  await become([custom('a', 'first')]);
  // What is told is kept once things are quiet.
  await sleep(1000);
  mesh.up.kill('SIGSTOP');
  try {
    mesh.kill('weftd.js');
    const load = startLoad((path, status) => path === '/open' || status !== 200);
    const [envoy = 0] = mesh.pids('envoy', 'server-');
    expect(envoy).toBeGreaterThan(1);
    process.kill(envoy, 'SIGKILL');
    const agent = new Agent();
    await until('the server is back', async () => ((await ask('/open', agent)) === 200 ? true : undefined));
    expect(await ask('/secret', agent)).toBe(403);
    expect((await load.stop()).wrong).toEqual([]);
  } finally {
    mesh.up.kill('SIGCONT');
  }
});
