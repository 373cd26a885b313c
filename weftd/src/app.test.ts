import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { filesOf } from '@weft/model';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askAt } from './app.fixture.ts';

/** As it is built: from its sources it takes three times as long to start. */
const main = fileURLToPath(new URL('../../dist/weftd.js', import.meta.url));

let root: string;
let folder: string;
let place: { home: string; run: string };
const children = new Set<ReturnType<typeof spawn>>();

const weftd = (...flags: string[]) => {
  const where = ['--folder', folder, '--home', place.home, '--run', place.run];
  const child = spawn(process.execPath, [main, ...where, '--xds', '127.0.0.1:0', '--api', '127.0.0.1:0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => {
    children.delete(child);
    return { code, signal, last: (JSON.parse(lines.at(-1) ?? '{}') as { msg?: string }).msg ?? '', errors: errors.join('') };
  });
  const ready = vi.waitFor(() => expect(lines.join('\n')).toContain('weftd is ready'), { timeout: 60_000, interval: 20 });
  // Those who expect an end do not wait for it.
  ready.catch(() => {});
  return { child, ready, ended };
};

const ask = (path: string, body?: unknown) => askAt({ socketPath: filesOf(place).apiSocket }, path, body === undefined ? {} : { body });

const clusters = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

/** What a proxy without an agent is sent of one type: versions by name. */
const versions = async (typeUrl: string): Promise<Record<string, string>> => {
  const { body: bundle } = await ask('/trust-bundle');
  const { body: minted } = await ask('/tokens', { namespace: 'shop', serviceAccount: 'default' });
  const client = new Client(`unix:${filesOf(place).xdsSocket}`, credentials.createSsl(Buffer.from(bundle.pem)), {
    'grpc.ssl_target_name_override': 'weftd',
    'grpc.default_authority': 'weftd',
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${minted.token}`);
  const stream = client.makeBidiStreamRequest(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    (request: Uint8Array) => Buffer.from(request),
    (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
    metadata,
  );
  const node = { id: 'sidecar~10.9.9.9~load.shop~shop.svc.cluster.local', cluster: 'load', metadata: {} };
  stream.write(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { node, typeUrl })));
  const [response] = (await once(stream, 'data')) as [DeltaDiscoveryResponse];
  stream.on('error', () => {});
  stream.cancel();
  client.close();
  return Object.fromEntries(response.resources.map(({ name, version }) => [name, version]));
};

const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{name: http, port: 80}]}\n`;
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, command: [serve]}]}}
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weftd-'));
  folder = join(root, 'mesh');
  mkdirSync(folder);
  place = { home: join(root, 'home'), run: join(root, 'run') };
  writeFileSync(join(folder, 'shop.yaml'), `${service('web')}---\n${deployment}`);
});

afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(root, { recursive: true, force: true });
});

test('after kill -9 and a restart with the same files nothing is new for anyone', async () => {
  const first = weftd();
  await first.ready;
  await ask('/node', { boot: 'b1', socket: '/nowhere' });
  const pod = (await ask('/workloads')).body.items[0].pods[0];
  const report = { ...pod, address: '10.244.0.9', phase: 'Running', ready: true };
  await ask('/node/pods', { boot: 'b1', pods: [report] });
  await ask('/apply', { text: service('cart'), file: '-', directory: '/' });
  await ask('/wait?timeoutMs=0');
  const before = await versions(clusters);
  const endpoints = await ask('/workloads');
  expect(Object.keys(before)).toContain('outbound|80||web.shop.svc.cluster.local');
  expect(Object.keys(before)).toContain('outbound|80||cart.shop.svc.cluster.local');
  first.child.kill('SIGKILL');
  await first.ended;

  const second = weftd();
  await second.ready;
  expect(await versions(clusters)).toEqual(before);
  expect((await ask('/workloads')).body).toEqual(endpoints.body);
  second.child.kill('SIGTERM');
  expect(await second.ended).toMatchObject({ code: 0, signal: null });
  expect(existsSync(filesOf(place).weftdLock)).toBe(false);
});

test('two of them do not run on one home; a dead one’s lock is taken over', async () => {
  const first = weftd();
  await first.ready;
  const second = await weftd().ended;
  expect(second).toMatchObject({ code: 1, errors: '' });
  expect(second.last).toMatch(/running here already \(process \d+/);
  expect(await ask('/status')).toMatchObject({ status: 200, body: { addresses: { gateway: '' } } });
  first.child.kill('SIGKILL');
  await first.ended;
  const third = weftd();
  await third.ready;
});

test('what cannot work is one clear line, and nothing is left running', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  for (const flag of ['--xds', '--api']) {
    const { code, last, errors } = await weftd(flag, `127.0.0.1:${port}`).ended;
    expect({ code, errors }).toEqual({ code: 1, errors: '' });
    expect(last).toContain(`127.0.0.1:${port}`);
  }
  blocker.close();

  mkdirSync(place.home, { recursive: true });
  chmodSync(place.home, 0o755);
  expect((await weftd().ended).last).toBe(`${place.home} must be a directory of yours with mode 0700`);
  rmSync(place.home, { recursive: true, force: true });
  writeFileSync(place.home, 'a file');
  const { code, last } = await weftd().ended;
  expect(code).toBe(1);
  expect(last).toContain(place.home);
  const outside = await weftd('--api', '0.0.0.0:15080').ended;
  expect(outside.code).not.toBe(0);
  expect(outside.errors).toContain('loopback');
});
