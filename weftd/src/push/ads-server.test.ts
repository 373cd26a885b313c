import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type ClientHttp2Stream, constants as http2, connect as http2Connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { typeUrls } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import { DeltaDiscoveryRequestSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { afterEach, describe, expect, it } from 'vitest';
import { instance } from '../ca/fixture.ts';
import {
  type AdsClient,
  certificateFor,
  connect,
  node,
  type RequestInit,
  type Served,
  type ServeOptions,
  serve,
  tokenFor,
  until,
} from './fixture.ts';
import type { ResourceSet } from './plan.ts';
import { resourceSet } from './scripted.ts';

const mesh = { CDS: { a: '1', b: '1' }, LDS: { out: '1' } };
const clients: AdsClient[] = [];
let served: Served | undefined;

const start = async (resources: ResourceSet = resourceSet(mesh), options: ServeOptions = {}): Promise<Served> => {
  served = await serve(resources, options);
  return served;
};

const client = (...args: Parameters<typeof connect>): AdsClient => {
  const made = connect(...args);
  clients.push(made);
  return made;
};

afterEach(async () => {
  for (const made of clients.splice(0)) made.close();
  await served?.close();
  served = undefined;
});

const subscribe = (typeUrl: string, wish: Parameters<typeof node>[0]) => ({ typeUrl, node: node(wish), resourceNamesSubscribe: ['*'] });
const web = { namespace: 'shop', name: 'web-1' };
const bound = { namespace: 'shop', pod: { name: 'web-1', uid: 'uid-shop-web-1' } };

describe('what a proxy is served', () => {
  it('serves a certificate over TCP and a token over the Unix socket, and tells what each proxy has', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-ads-'));
    try {
      const path = join(directory, 'xds.sock');
      const server = await start(resourceSet(mesh), { addresses: ['127.0.0.1:0', `unix:${path}`] });
      server.ca.instances.push(instance('shop', 'web-1'));
      const one = client(server, { certificate: await certificateFor(server, bound) });
      one.send(subscribe(typeUrls.CDS, web));
      expect((await one.next()).resources.map(({ name }) => name)).toEqual(['a', 'b']);
      const other = client(server, { token: await tokenFor(server, { namespace: 'other' }) }, `unix:${path}`);
      other.send(subscribe(typeUrls.CDS, { namespace: 'other', name: 'any' }));
      expect((await other.next()).resources).toHaveLength(2);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      one.send(subscribe(typeUrls.LDS, web));
      await one.next();
      await until(() => server.ads.proxies().some(({ inStep }) => inStep));
      const status = server.ads.proxies().find(({ name }) => name === 'web-1');
      expect(status).toMatchObject({
        namespace: 'shop',
        identity: 'spiffe://cluster.local/ns/shop/sa/default',
        connected: true,
        inStep: true,
        revision: 1,
      });
      expect(status?.types.CDS).toMatchObject({ resources: 2, sent: status?.types.CDS?.acknowledged });
      expect([...(server.ads.configOf('shop', 'web-1')?.get(typeUrls.CDS)?.keys() ?? [])]).toEqual(['a', 'b']);
      expect(server.plan.attached[0]).toMatchObject({ name: 'web-1', labels: { app: 'web' }, role: 'sidecar' });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('waits until every proxy has a revision, and names those that have not', async () => {
    const server = await start();
    server.ca.instances.push(instance('shop', 'web-1'), { ...instance('shop', 'late'), address: '10.244.0.9' });
    const one = client(server, { certificate: await certificateFor(server, bound) });
    one.send(subscribe(typeUrls.CDS, web));
    await one.next();
    one.send(subscribe(typeUrls.LDS, web));
    await one.next();
    expect(await server.ads.waitApplied({ revision: 1, timeoutMs: 50 })).toEqual({ applied: false, revision: 1, pending: ['shop/late'] });
    server.ca.instances.pop();
    expect(await server.ads.waitApplied({ revision: 1, timeoutMs: 2_000 })).toMatchObject({ applied: true });
    server.plan.set(resourceSet({ ...mesh, CDS: { a: '2', b: '1' } }));
    const waiting = server.ads.waitApplied({ revision: 2, timeoutMs: 5_000 });
    expect((await one.next()).resources.map(({ name }) => name)).toEqual(['a']);
    expect(await waiting).toMatchObject({ applied: true, pending: [] });
    one.close();
    await until(() => server.ads.proxies()[0]?.connected === false);
    expect(await server.ads.waitApplied({ revision: 2, timeoutMs: 50 })).toMatchObject({ applied: false, pending: ['shop/web-1'] });
    server.ca.instances.pop();
    expect(server.ads.proxies()).toEqual([]);
  });
});

describe('proxies that are no pods of this mesh', () => {
  const acknowledged = async (one: AdsClient, wish: Parameters<typeof node>[0]): Promise<void> => {
    one.send(subscribe(typeUrls.CDS, wish));
    await one.next();
    one.send(subscribe(typeUrls.LDS, wish));
    await one.next();
  };

  /** It takes what it is sent and never says so. */
  const silent = async (server: Served, name: string): Promise<void> => {
    const one = client(server, { certificate: await certificateFor(server, { namespace: 'shop' }) });
    one.send(subscribe(typeUrls.CDS, { namespace: 'shop', name }));
    expect(await until(() => one.responses.length > 0)).toBe(true);
  };

  it('are waited for during a while, and then named', async () => {
    const server = await start();
    server.ca.instances.push(instance('shop', 'web-1'));
    await acknowledged(client(server, { certificate: await certificateFor(server, bound) }), web);
    await silent(server, 'elsewhere');
    const wait = (timeoutMs: number) => server.ads.waitApplied({ revision: 1, timeoutMs, strangersMs: 200 });
    expect(await wait(50)).toEqual({ applied: false, revision: 1, pending: ['shop/elsewhere'] });
    expect(await wait(5_000)).toEqual({ applied: true, revision: 1, pending: [], strangers: ['shop/elsewhere'] });
  });

  it('do not speak for a pod that speaks for itself', async () => {
    const server = await start();
    server.ca.instances.push(instance('shop', 'web-1'));
    await acknowledged(client(server, { certificate: await certificateFor(server, bound) }), web);
    await silent(server, 'web-1');
    expect(await server.ads.waitApplied({ revision: 1, timeoutMs: 500 })).toEqual({ applied: true, revision: 1, pending: [] });
  });
});

describe('who is served nothing', () => {
  const refused = async (server: Served, credential: Parameters<typeof connect>[1], wish: Parameters<typeof node>[0]) => {
    const made = client(server, credential);
    made.send(subscribe(typeUrls.CDS, wish));
    const error = await made.ended();
    expect(made.responses).toEqual([]);
    // Bare: the reason is in the log alone.
    expect(error.details).toBe(status[error.code]);
    return { code: error.code, reason: String(server.logged.at(-1)?.fields.reason) };
  };

  it('nobody without a credential, with a bad token, or with a certificate of another CA', async () => {
    const server = await start();
    const stranger = await serve(resourceSet(mesh));
    try {
      const certificate = await certificateFor(stranger, { namespace: 'shop' });
      expect(await refused(server, {}, web)).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'no credential' });
      expect(await refused(server, { token: 'abc.def.ghi' }, web)).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(await refused(server, { certificate }, web)).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(await refused(server, { token: await tokenFor(stranger, { namespace: 'shop' }) }, web)).toMatchObject({
        code: status.UNAUTHENTICATED,
      });
      expect(server.plan.attached).toEqual([]);
    } finally {
      await stranger.close();
    }
  });

  it('no workload in the name of another', async () => {
    const server = await start();
    server.ca.instances.push(
      instance('shop', 'web-1'),
      instance('shop', 'pay-1', { serviceAccount: 'pay' }),
      instance('edge', 'gate', { proxy: 'gateway' }),
    );
    const certificate = await certificateFor(server, bound);
    const loose = { token: await tokenFor(server, { namespace: 'shop' }) };
    const claims: [Parameters<typeof connect>[1], Parameters<typeof node>[0], RegExp][] = [
      [{ certificate }, { namespace: 'shop', name: 'pay-1' }, /web-1 claims to be pay-1/],
      [{ certificate }, { namespace: 'edge', name: 'web-1' }, /node id of web-1 claims edge/],
      [{ certificate }, { ...web, metadata: { NAMESPACE: 'edge' } }, /NAMESPACE/],
      [{ certificate }, { ...web, metadata: { SERVICE_ACCOUNT: 'pay' } }, /SERVICE_ACCOUNT/],
      [{ certificate }, { ...web, metadata: { NAME: 'pay-1' } }, /NAME/],
      [{ certificate }, { ...web, role: 'router' }, /router/],
      [{ certificate }, { ...web, role: 'ztunnel' }, /Istio's form/],
      [loose, { namespace: 'shop', name: 'pay-1' }, /pay-1 runs as pay/],
      [loose, { namespace: 'edge', name: 'x' }, /claims edge/],
    ];
    for (const [credential, wish, reason] of claims) {
      const answer = await refused(server, credential, wish);
      expect(answer.code, String(reason)).toBe(status.PERMISSION_DENIED);
      expect(answer.reason).toMatch(reason);
    }
    expect(server.plan.attached).toEqual([]);
  });

  it('a pod that is gone, or another one of its name', async () => {
    const server = await start();
    server.ca.instances.push(instance('shop', 'web-1'));
    const certificate = await certificateFor(server, bound);
    server.ca.instances[0] = instance('shop', 'web-1', { uid: 'another' });
    expect((await refused(server, { certificate }, web)).code).toBe(status.UNAUTHENTICATED);
  });

  it('[G8]: the ninth stream of a proxy, as long as the others are there; another proxy is', async () => {
    const server = await start();
    const credential = { token: await tokenFor(server, { namespace: 'shop' }) };
    const open = async (name: string): Promise<AdsClient> => {
      const one = client(server, credential);
      one.send(subscribe(typeUrls.CDS, { namespace: 'shop', name }));
      await one.next();
      return one;
    };
    const [first] = await Promise.all(Array.from({ length: 8 }, () => open('web-1')));
    await expect(open('web-1')).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'RESOURCE_EXHAUSTED' });
    await open('web-2');
    first?.close();
    await until(() => server.plan.listeners === 8);
    await open('web-1');
  });

  it('a stream that changes its node id or asks for too much', async () => {
    const server = await start();
    const credential = { token: await tokenFor(server, { namespace: 'shop' }) };
    const one = client(server, credential);
    one.send(subscribe(typeUrls.CDS, web));
    await one.next();
    one.send(subscribe(typeUrls.LDS, { namespace: 'shop', name: 'web-2' }));
    expect((await one.ended()).code).toBe(status.INVALID_ARGUMENT);
    const greedy = client(server, credential);
    greedy.send({ ...subscribe(typeUrls.EDS, web), resourceNamesSubscribe: Array.from({ length: 10_001 }, (_, i) => `c${i}`) });
    expect((await greedy.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
    const huge = client(server, credential);
    huge.send({ ...subscribe(typeUrls.EDS, web), resourceNamesSubscribe: ['x'.repeat(5 * 1024 * 1024)] });
    expect((await huge.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
  });
});

/** Asks, and never reads: grpc-js itself would take a whole message off the wire. */
const deafClient = (server: Served, token: string, request: RequestInit): ClientHttp2Stream => {
  const { roots } = server.ca.ca.serving.current();
  const session = http2Connect(`https://localhost:${server.port}`, {
    ca: roots,
    lookup: (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${AggregatedDiscoveryService.typeName}/${AggregatedDiscoveryService.method.deltaAggregatedResources.name}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${token}`,
  });
  stream.on('error', () => {});
  const message = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([frame, message]));
  return stream;
};

describe('connections', () => {
  it('shows a renewed server certificate to new connections and keeps the old ones', async () => {
    const ca = await start();
    const before = ca.ca.ca.serving.current();
    let tell: (identity: typeof before) => void = () => {};
    const identities = {
      current: () => before,
      onChange: (listener: typeof tell) => {
        tell = listener;
        return () => {};
      },
    };
    const server = await serve(resourceSet(mesh), { identities });
    try {
      const serial = (): Promise<string> =>
        new Promise((resolve, reject) => {
          const socket = tlsConnect(
            { host: '127.0.0.1', port: server.port, ca: before.roots, servername: 'localhost', ALPNProtocols: ['h2'] },
            () => {
              resolve(socket.getPeerCertificate().serialNumber);
              socket.destroy();
            },
          );
          socket.on('error', reject);
        });
      const first = await serial();
      const stream = client({ ...server, ca: ca.ca }, { token: await tokenFor(server, { namespace: 'shop' }) });
      stream.send(subscribe(typeUrls.CDS, web));
      await stream.next();
      const renewed = await serve(resourceSet(mesh));
      tell({ ...renewed.ca.ca.serving.current(), roots: before.roots });
      await renewed.close();
      await expect(serial()).rejects.toThrow();
      tell(before);
      expect(await serial()).toBe(first);
      server.plan.set(resourceSet({ ...mesh, CDS: { a: '2', b: '1' } }));
      expect((await stream.next()).resources).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it('resumes no TLS session', async () => {
    const server = await start();
    const { roots } = server.ca.ca.serving.current();
    const handshake = (session?: Buffer): Promise<{ reused: boolean; session: Buffer | undefined }> =>
      new Promise((resolve, reject) => {
        let latest: Buffer | undefined;
        const socket = tlsConnect({
          host: '127.0.0.1',
          port: server.port,
          ca: roots,
          servername: 'localhost',
          ALPNProtocols: ['h2'],
          ...(session ? { session } : {}),
        });
        socket.on('session', (made) => {
          latest = made;
        });
        socket.on('error', reject);
        socket.on('secureConnect', () =>
          setTimeout(() => {
            resolve({ reused: socket.isSessionReused(), session: latest ?? socket.getSession() });
            socket.destroy();
          }, 100),
        );
      });
    const { session } = await handshake();
    expect(session).toBeDefined();
    expect((await handshake(session)).reused).toBe(false);
  });

  it('recycles connections, so that renewed certificates reach the stream; the stream goes on with nothing sent again', async () => {
    const server = await start(resourceSet(mesh), { connectionAgeMs: 200, connectionAgeGraceMs: 50 });
    const credential = { token: await tokenFor(server, { namespace: 'shop' }) };
    const one = client(server, credential);
    one.send(subscribe(typeUrls.CDS, web));
    const first = await one.next();
    await one.ended();
    const again = client(server, credential);
    const initialResourceVersions = Object.fromEntries(first.resources.map(({ name, version }) => [name, version]));
    again.send({ ...subscribe(typeUrls.CDS, web), initialResourceVersions });
    await until(() => again.responses.length > 0, 100);
    expect(again.responses).toEqual([]);
  });

  it('cuts a client off that does not read, and buffers no more than one response for it', async () => {
    const big = (text: string) =>
      resourceSet({ CDS: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`c${i}`, text.repeat(10_000)])) });
    const server = await start(big('x'), { times: { stuckMs: 2_000 } });
    const credential = { token: await tokenFor(server, { namespace: 'shop' }) };
    const stuck = deafClient(server, credential.token, subscribe(typeUrls.CDS, web));
    const other = client(server, credential);
    other.send(subscribe(typeUrls.CDS, { namespace: 'shop', name: 'web-2' }));
    expect((await other.next()).resources).toHaveLength(200);
    for (let i = 0; i < 20; i++) {
      server.plan.set(big(String.fromCharCode(97 + i)));
      expect((await other.next()).resources).toHaveLength(200);
    }
    expect(await until(() => server.logged.some(({ message }) => message.includes('cut off')))).toBe(true);
    await until(() => stuck.closed);
    expect(stuck.rstCode).toBe(http2.NGHTTP2_CANCEL);
    stuck.session?.destroy();
    expect(server.ads.proxies().map(({ name }) => name)).toEqual(['web-2']);
  });
});
