/** A whole weftd: who may send records, and who may read them. */
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { agentAccount, type TokenRequest } from '@weft/model';
import type { StoredRecord } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt, createHarness, type Harness } from '../../app.fixture.ts';
import type { App } from '../../app.ts';
import { line, request } from './agent.fixture.ts';

let weftd: Harness;
let app: App;
let client: Client;

const pod = `apiVersion: v1
kind: Pod
metadata: {name: impostor, namespace: ${agentAccount.namespace}, labels: {sidecar.istio.io/inject: "true"}}
spec: {serviceAccountName: ${agentAccount.serviceAccount}, containers: [{name: app, command: [sleep, infinity]}]}
`;

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('pod.yaml', pod);
  app = await weftd.start();
  const { body } = await weftd.ask('/trust-bundle');
  client = new Client(`unix:${weftd.files.xdsSocket}`, credentials.createSsl(Buffer.from(body.pem)), {
    'grpc.ssl_target_name_override': 'weftd',
    'grpc.default_authority': 'weftd',
  });
});

afterAll(async () => {
  client?.close();
  await weftd.remove();
});

const tokenOf = async (who: TokenRequest): Promise<string> => (await weftd.ask('/tokens', { body: who })).body.token;

const send = (bytes: Uint8Array, token: string): Promise<ServiceError | null> =>
  new Promise((resolve) => {
    const metadata = new Metadata();
    if (token !== '') metadata.set('authorization', `Bearer ${token}`);
    const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
    const asIs = (buffer: Buffer): Buffer => buffer;
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(bytes), metadata, (error) => resolve(error));
  });

test('records are taken from the agent, and kept when it is told so', async () => {
  expect(await send(request({ lines: [line('/a')] }), await tokenOf(agentAccount))).toBeNull();
  const { body } = await weftd.ask('/records?from=shop/web&path=/a');
  expect(body.items).toHaveLength(1);
  expect((await weftd.ask('/records/state')).body).toMatchObject({ records: 1, losses: {} });
});

test('nobody else sends any: no stranger, no workload, and no pod that goes by the agent’s account', async () => {
  const { uid, name } = (await weftd.view()).pods[0] ?? { uid: '', name: '' };
  const others = ['', await tokenOf({ namespace: 'shop', serviceAccount: 'web' }), await tokenOf({ ...agentAccount, pod: { name, uid } })];
  for (const token of others) {
    expect(await send(request({ from: 1_000, lines: [line('/forged')] }), token)).toMatchObject({ code: status.PERMISSION_DENIED });
  }
  expect((await weftd.ask('/records?path=/forged')).body.items).toEqual([]);
});

test('what is no request of an agent is refused, and the next one is taken', async () => {
  const token = await tokenOf(agentAccount);
  expect(await send(Buffer.from('nothing'), token)).toMatchObject({ code: status.UNAVAILABLE });
  expect(await send(request({ from: 2_000, lines: [line('/b')] }), token)).toBeNull();
});

test('records are the administrator’s to read, and spans, which tell the same', async () => {
  const port = Number(new URL(app.addresses.api).port);
  const ask = async (path: string, file: string): Promise<number> => {
    const headers = { host: `127.0.0.1:${port}`, authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` };
    return (await askAt({ port }, path, { headers })).status;
  };
  for (const path of ['/records', '/records/state', '/records/follow', '/traces', `/traces/${'a'.repeat(32)}`]) {
    expect(await ask(path, weftd.files.viewerToken), path).toBe(403);
    expect(await ask(path, weftd.files.scrapeToken), path).toBe(403);
  }
  expect(await ask('/records', weftd.files.token)).toBe(200);
});

test.each([
  ['limit=0', 'limit must be 1 to 10000'],
  ['limit=all', 'limit must be a whole number'],
  ['since=yesterday', 'since must be a whole number'],
  ['address=10.1.2', '10.1.2 is no IPv4 or IPv6 address'],
  ['denied=maybe', 'denied must be one of true, false'],
  ['principal=web', 'web is no identity: write spiffe://…, or *web'],
  ['principal=*w*b', '*w*b: * may stand at the start or at the end'],
  ['since=5&until=5', 'since must be before until'],
  ['to=web&to=cart', 'to is said more than once'],
  ['colour=red', 'colour cannot be asked for here: '],
  ['constructor=x', 'constructor cannot be asked for here: '],
])('what cannot be asked is told: %s', async (query, error) => {
  const answer = await weftd.ask(`/records?${query}`);
  expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining(error)]);
});

test('those that come are told as they come, by the same conditions', async () => {
  const headers = { host: 'localhost' };
  const path = '/api/v1/records/follow?path=/live';
  const followed = await new Promise<IncomingMessage>((resolve) => get({ socketPath: weftd.files.apiSocket, path, headers }, resolve));
  const lines = createInterface({ input: followed })[Symbol.asyncIterator]();
  // What is asked is answered by the thread in order: from now on the follower is there.
  await weftd.ask('/records/state');
  expect(
    await send(request({ from: 3_000, lines: [line('/other'), line('/live/1'), line('/live/2')] }), await tokenOf(agentAccount)),
  ).toBeNull();
  const told = [await lines.next(), await lines.next()].map(
    ({ value }) => (JSON.parse(String(value)) as StoredRecord).record.request?.path,
  );
  expect(told).toEqual(['/live/1', '/live/2']);
  followed.destroy();
});
