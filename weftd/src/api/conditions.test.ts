/** Conditions of objects in force: from files as they are, proxies as they acknowledge, and after a restart. */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, type Metadata as GrpcMetadata, Metadata } from '@grpc/grpc-js';
import { typeUrls } from '@weft/envoy';
import { DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Condition } from '@weft/model';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createHarness, type Harness } from '../app.fixture.ts';

const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{name: http, port: 80}]}\n`;
const route = (name: string, spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`;
const toWeb = '{hosts: [web], http: [{timeout: 1s, route: [{destination: {host: web}}]}]}';

let weftd: Harness;
const streams: { end(): void }[] = [];

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('web.yaml', service('web'));
  weftd.write('a.yaml', route('a', toWeb));
  await weftd.start();
});

afterEach(() => {
  for (const stream of streams.splice(0)) stream.end();
});

afterAll(() => weftd.remove());

const credential = async (): Promise<GrpcMetadata> => {
  const { body } = await weftd.ask('/tokens', { body: { namespace: 'shop', serviceAccount: 'default' } });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${body.token}`);
  return metadata;
};

/** A proxy without an agent. While it holds back it acknowledges nothing. */
const connect = async (name: string) => {
  const { body: bundle } = await weftd.ask('/trust-bundle');
  const client = new Client(`unix:${weftd.files.xdsSocket}`, credentials.createSsl(Buffer.from(bundle.pem)), {
    'grpc.ssl_target_name_override': 'weftd',
    'grpc.default_authority': 'weftd',
  });
  const stream = client.makeBidiStreamRequest(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
    await credential(),
  );
  const node = { id: `sidecar~10.9.9.9~${name}.shop~shop.svc.cluster.local`, cluster: 'load', metadata: {} };
  const send = (message: {
    readonly typeUrl: string;
    readonly responseNonce?: string;
    readonly resourceNamesSubscribe?: string[];
  }): void => {
    stream.write(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { node, ...message })));
  };
  let holding = false;
  const held: (() => void)[] = [];
  stream.on('data', ({ typeUrl, nonce }: { readonly typeUrl: string; readonly nonce: string }) => {
    const acknowledge = (): void => send({ typeUrl, responseNonce: nonce });
    if (holding) held.push(acknowledge);
    else acknowledge();
  });
  stream.on('error', () => {});
  const end = (): void => {
    stream.cancel();
    client.close();
  };
  streams.push({ end });
  send({ typeUrl: typeUrls.CDS });
  send({ typeUrl: typeUrls.EDS, resourceNamesSubscribe: ['outbound|80||web.shop.svc.cluster.local'] });
  send({ typeUrl: typeUrls.LDS });
  send({ typeUrl: typeUrls.RDS, resourceNamesSubscribe: ['80'] });
  send({ typeUrl: typeUrls.VHDS });
  return {
    end,
    hold: () => {
      holding = true;
    },
    release: () => {
      holding = false;
      for (const acknowledge of held.splice(0)) acknowledge();
    },
  };
};

const conditionsOf = async (kind: string, name: string): Promise<Record<string, Condition>> => {
  const { body } = await weftd.ask(`/resources/${kind}/shop/${name}`);
  return Object.fromEntries((body.conditions as Condition[]).map((condition) => [condition.type, condition]));
};

const wait = async (condition: string, name: string, timeoutMs = 60_000) =>
  (await weftd.ask(`/wait?timeoutMs=${timeoutMs}&for=${condition}&kind=vs&name=${name}&namespace=shop`)).body;

const messageOf = (message: string) =>
  vi.waitFor(async () => expect((await conditionsOf('vs', 'a'))['Programmed']?.message).toBe(message), { timeout: 60_000 });

test('an object is programmed on those of the proxies that depend on it and acknowledged its revision', async () => {
  expect((await conditionsOf('vs', 'a'))['Programmed']).toMatchObject({ status: 'Unknown', reason: 'NoProxies' });
  const [first, second] = [await connect('first'), await connect('second')];
  await messageOf('programmed on 2 of 2 proxies');
  expect(await wait('programmed', 'a')).toMatchObject({ applied: true, condition: { message: 'programmed on 2 of 2 proxies' } });
  second.hold();
  weftd.write('a.yaml', route('a', toWeb.replace('1s', '2s')));
  await messageOf('programmed on 1 of 2 proxies; not yet on shop/second');
  expect(await wait('programmed', 'a', 1)).toMatchObject({ applied: false, pending: ['shop/second'] });
  const { body } = await weftd.ask('/resources/vs/shop/a');
  expect((await conditionsOf('vs', 'a'))['Programmed']).toEqual({
    type: 'Programmed',
    status: 'False',
    reason: 'Pending',
    message: 'programmed on 1 of 2 proxies; not yet on shop/second',
    observedGeneration: body.revision,
  });
  // What it holds back is a route: the service's cluster is as it was, and both have it.
  expect((await conditionsOf('svc', 'web'))['Programmed']).toMatchObject({ status: 'True', message: 'programmed on 2 of 2 proxies' });
  second.release();
  expect(await wait('programmed', 'a')).toMatchObject({ applied: true, pending: [] });
  first.end();
  await messageOf('programmed on 1 of 1 proxies');
});

test('who is no pod of this mesh holds up neither wait for long, and is named', async () => {
  await connect('first');
  const silent = await connect('silent');
  await messageOf('programmed on 2 of 2 proxies');
  silent.hold();
  weftd.write('a.yaml', route('a', toWeb.replace('1s', '3s')));
  const [applied, programmed] = await Promise.all([weftd.ask('/wait?timeoutMs=60000'), wait('programmed', 'a')]);
  expect(applied.body).toMatchObject({ applied: true, pending: [], strangers: ['shop/silent'] });
  expect(programmed).toMatchObject({ applied: true, pending: [], strangers: ['shop/silent'] });
  expect((await conditionsOf('vs', 'a'))['Programmed']?.message).toBe('programmed on 1 of 2 proxies; not yet on shop/silent');
});

test('an older object of the same host is named, and the one that it overrules is on no proxy', async () => {
  await connect('first');
  weftd.write('z.yaml', route('z', toWeb));
  expect(await wait('accepted', 'z')).toMatchObject({ applied: true });
  expect(await conditionsOf('vs', 'z')).toMatchObject({
    Accepted: { status: 'True' },
    Conflicted: { status: 'True', reason: 'Overruled', message: 'conflicted with VirtualService shop/a' },
    Programmed: { status: 'Unknown', reason: 'NoProxies' },
  });
  expect((await conditionsOf('vs', 'a'))['Conflicted']).toMatchObject({ status: 'False' });
});

test('a broken newer version is not accepted, and the last good one stays programmed; after a restart too', async () => {
  weftd.write('a.yaml', route('a', '{hosts: nine}'));
  expect(await wait('accepted', 'a', 500)).toMatchObject({ applied: false, condition: { status: 'False', reason: 'Invalid' } });
  await connect('first');
  expect(await wait('programmed', 'a')).toMatchObject({ applied: true });
  await weftd.stop();
  await weftd.start();
  expect((await conditionsOf('vs', 'a'))['Accepted']).toMatchObject({ status: 'False' });
  expect((await conditionsOf('vs', 'a'))['Programmed']).toMatchObject({ status: 'Unknown' });
  await connect('first');
  expect(await wait('programmed', 'a')).toMatchObject({ applied: true, condition: { message: 'programmed on 1 of 1 proxies' } });
  weftd.write('a.yaml', route('a', toWeb));
  expect(await wait('accepted', 'a')).toMatchObject({ applied: true });
});

const cart = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart, command: [sleep, infinity]}]}}
`;
const peers = (mode: string): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {matchLabels: {app: cart}}, mtls: {mode: ${mode}}}\n`;

test('a mode of mutual TLS is programmed when its workloads are through with all steps', async () => {
  weftd.write('cart.yaml', cart);
  weftd.write('peers.yaml', peers('DISABLE'));
  await weftd.ask('/wait?timeoutMs=100');
  const pod = (await weftd.view()).pods.find(({ name }) => name.startsWith('cart-'))?.name ?? '';
  const proxy = await connect(pod);
  const programmed = async () => (await conditionsOf('peerauthentication', 'cart'))['Programmed'];
  await vi.waitFor(async () => expect((await programmed())?.message).toBe('programmed on 1 of 1 proxies'), { timeout: 30_000 });
  proxy.hold();
  weftd.write('peers.yaml', peers('STRICT'));
  await weftd.ask('/wait?timeoutMs=100');
  expect(await programmed()).toMatchObject({ status: 'False', message: `programmed on 0 of 1 proxies; not yet on shop/${pod}` });
  proxy.release();
  // It has all that it was told, but not yet the last step.
  await vi.waitFor(async () => expect((await weftd.ask('/proxies')).body.items[0]).toMatchObject({ inStep: true }), { timeout: 30_000 });
  expect(await programmed()).toMatchObject({ status: 'False' });
  expect((await weftd.ask('/wait?timeoutMs=30000')).body).toMatchObject({ applied: true, pending: [] });
  expect(await programmed()).toMatchObject({ status: 'True', message: 'programmed on 1 of 1 proxies' });
});

test('while a pod changes, an object is still on those that depend on it and nobody else', async () => {
  weftd.write('cart.yaml', `${cart}---\n${service('cart')}`);
  weftd.write('z.yaml', route('z', toWeb));
  await weftd.ask('/wait?timeoutMs=1000');
  const spec = (await weftd.view()).pods.find(({ name }) => name.startsWith('cart-'));
  if (!spec) throw new Error('there is no pod of cart');
  await weftd.ask('/node', { body: { boot: 'b1', socket: weftd.files.agentSocket } });
  await connect('first');
  const common = {
    name: spec.name,
    namespace: 'shop',
    uid: spec.uid,
    phase: 'Running',
    proxy: 'sidecar',
    message: '',
    restarts: 0,
    startedAt: 1,
  };
  for (const last of [2, 3, 4, 5, 6, 7]) {
    const report = { ...common, address: `10.244.0.${last}`, ready: true };
    const [, overruled, applied] = await Promise.all([
      weftd.ask('/node/pods', { body: { boot: 'b1', pods: [report] } }),
      conditionsOf('vs', 'z'),
      conditionsOf('svc', 'web'),
    ]);
    expect(overruled['Programmed']).toMatchObject({ status: 'Unknown', reason: 'NoProxies' });
    expect(applied['Programmed']?.message).toMatch(/ of [12] proxies/);
  }
});

test('what cannot be waited for is said at once', async () => {
  const answers = await Promise.all(
    [
      'for=constructor&kind=vs&name=a',
      'for=programmed&kind=nothing&name=a',
      'for=programmed&kind=vs&name=missing',
      'for=programmed&kind=ns&name=x',
    ].map((query) => weftd.ask(`/wait?timeoutMs=1000&${query}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual([400, 404, 404, 404]);
});
