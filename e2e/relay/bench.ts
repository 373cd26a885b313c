/**
 * One pod's side of a mesh with real parts: weftd's CA and ADS on a Unix socket, the agent's `serveProxy`, an Envoy. All
 * but Envoy lives in the test's process, so that each can be stopped, broken and started again.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminApi, ProxyInput, ServedProxy } from '../../agent/src/relay/proxy.ts';
import { serveProxy } from '../../agent/src/relay/serve.ts';
import { bootstrap, istioVersion } from '../../envoy/src/index.ts';
import type { TrustBundles } from '../../model/src/index.ts';
import { type Ca, type CaInput, openCa } from '../../weftd/src/ca/ca.ts';
import { instance } from '../../weftd/src/ca/fixture.ts';
import { certificateService } from '../../weftd/src/ca/service.ts';
import { makeAds } from '../../weftd/src/push/ads-server.ts';
import { type GrpcInput, type GrpcServer, serveGrpc } from '../../weftd/src/push/grpc.ts';
import type { Plan, Planned, ResourceSet } from '../../weftd/src/push/plan.ts';
import { makeTally } from '../../weftd/src/telemetry/tally.ts';
import { spawnEnvoy } from '../envoy.ts';

export const pod = instance('shop', 'web-1').pod;

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** Set to `console` to see what the parts say. */
export const logger = process.env.WEFT_TEST_LOG ? { debug: () => {}, info: console.log, warn: console.log, error: console.log } : quiet;

export interface Plane {
  readonly ca: Ca;
  readonly admin: AdminApi;
  readonly address: string;
  /** Requests for certificates and tokens that were seen. */
  readonly asked: { tokens: number };
  set(resources: ResourceSet): void;
  /** The text of the last NACK. */
  lastNack(): string | undefined;
  /** From now on, new streams are accepted and never answered (until `set`). */
  mute(): void;
  /** `weftd` goes, as if killed. */
  stop(): Promise<void>;
  start(more?: Partial<GrpcInput>): Promise<void>;
}

export interface PlaneInput extends Partial<CaInput> {
  readonly resources: ResourceSet;
  readonly grpc?: Partial<GrpcInput>;
  /** What the agent is told to trust; the CA's own bundle unless given. */
  readonly bundles?: (own: TrustBundles) => TrustBundles;
}

export const startPlane = async (directory: string, input: PlaneInput): Promise<Plane> => {
  const { grpc = {}, bundles = (own) => own, resources: initial, ...caInput } = input;
  const web = { pod, address: '127.0.0.1', ready: true };
  const registry = {
    find: (namespace: string, name: string) => (namespace === pod.namespace && name === pod.name ? web : undefined),
    list: () => [web],
  };
  const powers = { now: Date.now, registry };
  const ca = await openCa(join(directory, 'ca'), {
    ...powers,
    trustDomain: 'cluster.local',
    cluster: 'east',
    random: randomBytes,
    logger,
    ...caInput,
  });
  const address = `unix:${directory}/weftd.sock`;
  let muted = false;
  let planned: Planned = { revision: 1, resources: initial };
  let server: GrpcServer | undefined;
  let ads: ReturnType<typeof makeAds> | undefined;
  let boots = 0;
  const listeners = new Set<(planned: Planned) => void>();
  const plan: Plan = {
    attach: (_, onChange) => {
      listeners.add(onChange);
      if (!muted) queueMicrotask(() => onChange(planned));
      return () => listeners.delete(onChange);
    },
    revision: () => planned.revision,
  };
  const away = <T>(answer: () => Promise<T>): Promise<T> => (server ? answer() : Promise.reject(new Error('weftd is not there')));
  const asked = { tokens: 0 };
  const plane: Plane = {
    ca,
    address,
    asked,
    admin: {
      token: (request) =>
        away(async () => {
          asked.tokens += 1;
          const minted = await ca.mint(request);
          if (!minted.ok) throw new Error(minted.reason);
          return minted.token;
        }),
      trustBundle: () => away(async () => bundles(ca.bundles())),
    },
    mute: () => {
      muted = true;
    },
    set: (resources) => {
      muted = false;
      planned = { revision: planned.revision + 1, resources };
      for (const listener of listeners) listener(planned);
    },
    lastNack: () => ads?.proxies()[0]?.lastNack?.message,
    stop: async () => {
      const running = server;
      server = undefined;
      await running?.close();
    },
    start: async (more = {}) => {
      boots += 1;
      ads = makeAds({
        plan,
        ...powers,
        authenticate: ca.authenticate,
        log: logger,
        tally: makeTally(),
        trustDomain: 'cluster.local',
        boot: `b${boots}`,
      });
      const services = [ads.service, certificateService({ ca, now: Date.now, tally: makeTally(), log: logger })];
      server = await serveGrpc({ addresses: [address], identities: ca.serving, services, ...grpc, ...more });
    },
  };
  await plane.start();
  return plane;
};

export interface RunningEnvoy {
  /** From the start of the process until its admin said LIVE. */
  readonly liveMs: number;
  stat(name: string): Promise<number>;
  isLive(): Promise<boolean>;
  output(): string;
  kill(): Promise<void>;
}

/** @param liveWithinMs 0: do not wait for LIVE */
export const startEnvoy = async (directory: string, liveWithinMs = 30_000): Promise<RunningEnvoy> => {
  const adminSocket = join(directory, `admin-${randomBytes(2).toString('hex')}.sock`);
  const config = bootstrap({
    node: { role: 'sidecar', address: '127.0.0.1', name: pod.name, namespace: pod.namespace, dnsDomain: 'shop.svc.cluster.local' },
    metadata: {
      ...{ name: pod.name, namespace: pod.namespace, serviceAccount: pod.serviceAccount, labels: pod.labels, addresses: ['127.0.0.1'] },
      ...{ clusterId: 'east', network: '', meshId: 'cluster.local', workload: 'web', istioVersion },
    },
    agentSocket: join(directory, 'xds.sock'),
    adminSocket,
  });
  const started = Date.now();
  const level = process.env.WEFT_TEST_LOG ? 'info' : 'warning';
  const envoy = await spawnEnvoy(directory, config, { level });
  const running = {
    stat: async (name: string) => Number(/: (\d+)/.exec(await get(adminSocket, `/stats?filter=^${name}$`))?.[1] ?? 0),
    isLive: async () => (await get(adminSocket, '/ready').catch(() => '')).startsWith('LIVE'),
    output: envoy.log,
    kill: envoy.kill,
  };
  try {
    if (liveWithinMs > 0) await until('Envoy LIVE', running.isLive, liveWithinMs);
  } catch (error) {
    await envoy.kill();
    throw new Error(`Envoy said:\n${envoy.log()}`, { cause: error });
  }
  return { ...running, liveMs: Date.now() - started };
};

const get = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, path, timeout: 2_000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
    request.end();
  });

export const until = async (what: string, check: () => Promise<boolean> | boolean, ms = 30_000): Promise<void> => {
  const deadline = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(30);
  }
};

/** Everything that would show that Envoy was told something. */
export const counts = async (envoy: RunningEnvoy): Promise<Readonly<Record<string, number>>> => {
  const told = ['listener_manager.lds', 'cluster_manager.cds', 'http.in.rds.inbound'].map((source) => `${source}.update_success`);
  const changed = ['listener_manager.listener_modified', 'cluster_manager.cluster_modified'];
  const values = await Promise.all(
    [...told, ...changed].map(async (name) => [name, await envoy.stat(name.replaceAll('.', '\\.'))] as const),
  );
  if (values.slice(0, told.length).some(([, value]) => value === 0)) throw new Error('Envoy counts nothing under these names');
  return Object.fromEntries(values);
};

/** Between an agent and weftd: a network that can stop carrying anything without closing anything. */
export const startFreezer = async (bench: Bench, target: string): Promise<{ address: string; freeze(): void; thaw(): void }> => {
  const path = join(bench.directory, 'freezer.sock');
  const sockets = new Set<Socket>();
  let frozen = false;
  const track = (socket: Socket): void => {
    sockets.add(socket);
    if (frozen) socket.pause();
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(target.replace('unix:', ''));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk)).on('close', () => to.destroy());
      track(from);
    }
  }).listen(path);
  await once(server, 'listening');
  bench.later(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const each = (act: (socket: Socket) => void): void => sockets.forEach(act);
  return {
    address: `unix:${path}`,
    freeze: () => {
      frozen = true;
      each((socket) => socket.pause());
    },
    thaw: () => {
      frozen = false;
      each((socket) => socket.resume());
    },
  };
};

export interface Bench {
  readonly directory: string;
  /** Of the mTLS listener. */
  readonly port: number;
  serve(plane: Plane, more?: Partial<ProxyInput>): Promise<ServedProxy>;
  paths: ProxyInput['paths'];
  /** Ended, last first, when the test is over. */
  later(end: () => Promise<unknown>): void;
  clear(): Promise<void>;
}

let ports = 20_000 + (process.pid % 4_000) * 3;

export const makeBench = async (): Promise<Bench> => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-relay-'));
  await mkdir(join(directory, 'state'), { mode: 0o700 });
  ports += 1;
  const paths = { socket: join(directory, 'xds.sock'), state: join(directory, 'state', 'pod') };
  const ends: (() => Promise<unknown>)[] = [];
  return {
    directory,
    port: ports,
    paths,
    serve: async (plane, more = {}) => {
      const proxy = await serveProxy({
        pod,
        paths,
        upstream: plane.address,
        admin: plane.admin,
        now: Date.now,
        random: Math.random,
        logger,
        ...more,
      });
      ends.push(proxy.close);
      return proxy;
    },
    later: (end) => ends.push(end),
    clear: async () => {
      for (const end of ends.splice(0).reverse()) await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
