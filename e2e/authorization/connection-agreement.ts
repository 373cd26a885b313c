/** As `agreement.ts`, for connections that are not HTTP: who is refused hears nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emit, enteredServer, staticBootstrap, type View } from '@weft/compile';
import type { JsonObject } from '@weft/envoy';
import type { Verdict } from '@weft/model';
import { type EnvoyProcess, spawnEnvoy } from '../envoy.ts';
import { manifests } from '../security/scene.ts';
import { type Random, randomFrom } from '../simulation/random.ts';
import { makeRoot } from '../traffic/certificates.ts';
import { fromFiles, writeSecrets } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Agreement, listens, type Size } from './agreement.ts';
import { type Asked, askedOf } from './asked.ts';
import { identities, policiesFor } from './chance.ts';
import { type Caller, call, type Echo, echo, meshCaller } from './peers.ts';
import { uncaptured } from './server.ts';

interface Scene {
  readonly server: Echo;
  readonly objects: readonly object[];
  readonly view: View;
}

const service = (port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'tcp', port }] },
});

const sceneOf = async (random: Random): Promise<Scene> => {
  const server = await echo('client');
  const { port } = server;
  const objects = policiesFor(random, { namespace: 'shop', port, content: 'bytes' });
  return { server, objects, view: viewOf(manifests([service(port), ...(objects as Record<string, unknown>[])])) };
};

const listenerOf = ({ view, server: { port } }: Scene): JsonObject => {
  const { listeners } = staticBootstrap(emit(view)).static_resources as { listeners: JsonObject[] };
  const own = listeners.find(({ name }) => name === 'virtualInbound');
  if (!own) throw new Error('no listener');
  const chains = (own.filter_chains as JsonObject[]).filter(({ name }) => String(name).startsWith(`${port}-`));
  return uncaptured({ ...own, name: `server-${port}`, filter_chains: chains }, [port]);
};

const clustersOf = ({ view, server: { port } }: Scene): readonly JsonObject[] => {
  const { clusters } = staticBootstrap(emit(view)).static_resources as { clusters: JsonObject[] };
  return clusters.filter(({ name }) => name === `inbound|${port}||`);
};

const words = 'hello\n';

const isServed = async ({ server: { port } }: Scene, { at, source, serverName }: Asked, caller: Caller): Promise<boolean> => {
  const line = call(port, { ...caller, at, from: source, ...(serverName !== '' && { asks: serverName }) });
  line.say(words);
  const heard = await line.until((text) => text === `[${words}]`, 20_000);
  line.close();
  return heard === `[${words}]`;
};

const expected = ({ view, server: { port } }: Scene, { identity, at: address, source, serverName }: Asked) => {
  const mtls = identity !== undefined;
  const arrival = { port, request: { protocol: 'tcp' as const, host: 'web', port }, mtls, content: 'tcp' as const };
  const sender = { ...(mtls && { identity: `spiffe://${identities[identity]}` }), address: source };
  const powers = { claimsOf: () => undefined, isSigned: () => false, now: () => 0 };
  return enteredServer({ view, arrival, address, serverName }, { sender, powers });
};

/** So many connections are open at once. */
const lanes = 8;

interface Found {
  readonly asked: Asked;
  readonly port: number;
  readonly verdict: Verdict | undefined;
  readonly allowed: boolean;
  readonly difference?: string;
}

const askScene = async (scene: Scene, all: readonly Asked[], callers: readonly Caller[]): Promise<readonly Found[]> => {
  const found: Found[] = [];
  const queue = all.values();
  const lane = async () => {
    for (const asked of queue) {
      const { verdict } = expected(scene, asked);
      const allowed = verdict?.allowed ?? false;
      const served = await isServed(scene, asked, asked.identity === undefined ? {} : (callers[asked.identity] ?? {}));
      const difference = `explain says ${allowed}, Envoy ${served}\n${[asked, scene.objects, verdict].map((one) => JSON.stringify(one)).join('\n')}`;
      found.push({ asked, port: scene.server.port, verdict, allowed, ...(served !== allowed && { difference }) });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return found;
};

interface Denial {
  readonly port: number;
  readonly address: string;
  readonly caller: string | null;
  readonly serverName: string | null;
  readonly reason: string;
}

const isToldBy = ({ port, address, caller, serverName, reason }: Denial, { asked, port: own, verdict }: Found): boolean => {
  const identity = asked.identity === undefined ? null : `spiffe://${identities[asked.identity]}`;
  const { by } = verdict ?? {};
  const rule = by ? `ns[${by.namespace}]-policy[${by.policy}]-rule[${by.rule}]` : ' none';
  const name = identity === null ? '' : asked.serverName;
  if (port !== own || address !== asked.source || caller !== identity || (serverName ?? '') !== name) return false;
  return reason.includes(rule) || reason.endsWith(' or another');
};

/** Connections that were refused, and of which the log does not say who came and by which rule. */
const untoldOf = async (found: readonly Found[], envoy: EnvoyProcess): Promise<readonly string[]> => {
  let untold = found.filter(({ allowed }) => !allowed);
  let lines: readonly Denial[] = [];
  for (let tries = 0; tries < 60 && untold.length > 0; tries += 1, await sleep(50)) {
    const whole = envoy.accessLog().split('\n').slice(0, -1);
    lines = whole.map((line) => JSON.parse(line) as Denial);
    untold = untold.filter((one) => !lines.some((line) => isToldBy(line, one)));
  }
  return untold.map((one) => JSON.stringify({ ...one, told: lines.filter(({ port }) => port === one.port).slice(0, 5) }));
};

export const connectionAgreement = async ({
  seed,
  policies,
  requests,
}: Size): Promise<Pick<Agreement, 'asked' | 'allowed' | 'differences' | 'untold'>> => {
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'weft-verdicts-'));
  const root = await makeRoot('mesh');
  const own = await root.issue('server', { uris: ['spiffe://cluster.local/ns/shop/sa/web'] });
  const callers = await Promise.all(identities.map((name) => meshCaller(root, name)));
  await writeSecrets(folder, { root: root.certificate, leaf: own.certificate, key: own.key });
  const scenes: Scene[] = [];
  for (let index = 0; index < policies; index += 1) scenes.push(await sceneOf(random));
  const bootstrap = {
    node: { id: 'server', cluster: 'server' },
    admin: { address: { pipe: { path: join(folder, 'admin.sock') } } },
    static_resources: {
      listeners: scenes.map(listenerOf),
      clusters: [...scenes.flatMap(clustersOf), { name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '1s' }],
    },
  };
  const envoy = await spawnEnvoy(folder, fromFiles(bootstrap, folder), { level: 'error' });
  try {
    for (const { server } of scenes)
      for (let tries = 0; tries < 600 && !envoy.hasEnded() && !(await listens(server.port)); tries += 1) await sleep(50);
    const found: Found[] = [];
    for (const scene of scenes) {
      const all = Array.from({ length: requests }, () => askedOf(random, { port: scene.server.port, proxied: false }, ''));
      found.push(...(await askScene(scene, all, callers)));
    }
    if (envoy.hasEnded()) throw new Error(envoy.log());
    const differences = found.flatMap(({ difference }) => difference ?? []);
    const allowed = found.filter((one) => one.allowed).length;
    return { asked: found.length, allowed, differences, untold: await untoldOf(found, envoy) };
  } finally {
    await envoy.kill();
    for (const { server } of scenes) server.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
