/** Connections about which somebody else is asked: nothing is dialled before the answer, and only those that the rules are for wait for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoint, outbound } from '../../compile/src/xds/views.fixture.ts';
import { makeRoot } from '../traffic/certificates.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Caller, call, type Echo, echo, greeting, meshCaller } from './peers.ts';
import { type ServerSide, startServer } from './server.ts';

let authorizer: Server;
let asked = 0;
let target: Echo;
let server: ServerSide;
let till: Caller;
let bad: Caller;

/** CheckResponse with the code 0, and with 7 (PERMISSION_DENIED). */
const [granted, denied] = [Buffer.from([0x0a, 0x00]), Buffer.from([0x0a, 0x02, 0x08, 0x07])];

const bytes = {
  requestStream: false,
  responseStream: false,
  requestSerialize: (value: Buffer) => value,
  requestDeserialize: (value: Buffer) => value,
  responseSerialize: (value: Buffer) => value,
  responseDeserialize: (value: Buffer) => value,
};

/** Knows `till` alone. */
const startAuthorizer = async (): Promise<number> => {
  authorizer = new Server();
  authorizer.addService(
    { check: { ...bytes, path: '/envoy.service.auth.v3.Authorization/Check' } },
    {
      check: ({ request }: { readonly request: Buffer }, reply: (error: null, response: Buffer) => void) => {
        asked += 1;
        reply(null, request.includes('/sa/till') ? granted : denied);
      },
    },
  );
  return new Promise((resolve, reject) =>
    authorizer.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
};

const manifests = (when: string): string => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.20, selector: { app: web }, ports: [{ name: tcp, port: ${target.port} }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask, namespace: shop }
spec: { action: CUSTOM, provider: { name: judge }, rules: [${when}] }
`;

const delegating = (when: string, port: number) => {
  const view = viewOf(manifests(when));
  const place = { host: 'judge.shop.svc.cluster.local', port: 9001 };
  const judge = { kind: 'grpc' as const, name: 'judge', ...place, timeout: 2000, failOpen: false, clearRouteCache: false };
  const { undecided } = view.authorization;
  const plain = endpoint('127.0.0.1', { port, mtls: false, identity: '' });
  return {
    ...view,
    outbound: outbound([{ name: 'judge', protocol: 'grpc', port: 9001, endpoints: [plain] }]),
    authorization: { ...view.authorization, custom: [{ authorizer: judge, policies: undecided }], undecided: [] },
  };
};

const hears = async (caller: Caller, words = 'hello\n'): Promise<string> => {
  const line = call(target.port, caller);
  if (words !== '') line.say(words);
  const heard = await line.until((text) => text.includes(words === '' ? greeting : ']'), 1500);
  line.close();
  return heard;
};

let judgePort = 0;

beforeAll(async () => {
  const root = await makeRoot('mesh');
  const leaf = await root.issue('server', { uris: ['spiffe://cluster.local/ns/shop/sa/web'] });
  [till, bad] = (await Promise.all(['till', 'bad'].map((name) => meshCaller(root, `cluster.local/ns/shop/sa/${name}`)))) as [
    Caller,
    Caller,
  ];
  target = await echo('server');
  judgePort = await startAuthorizer();
  const secrets = { root: root.certificate, leaf: leaf.certificate, key: leaf.key };
  server = await startServer(delegating('{}', judgePort), { ports: [target.port], secrets, drain: 2 });
}, 120_000);

afterAll(async () => {
  await server?.stop();
  authorizer?.forceShutdown();
  target?.stop();
});

test('who is not granted hears nothing, and the server has not seen it', async () => {
  expect(await hears(till)).toBe(`${greeting}[hello\n]`);
  const before = target.seen();
  expect(await hears(bad)).toBe('');
  expect(await hears(bad, '')).toBe('');
  expect(target.seen()).toBe(before);
  for (let tries = 0; tries < 40 && server.told() === ''; tries += 1) await sleep(50);
  expect(server.told().trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(server.told())).toMatchObject({ reason: 'ext_authz_denied', caller: 'spiffe://cluster.local/ns/shop/sa/bad' });
});

test('connections that no rule is for are asked about by nobody', async () => {
  await server.set(delegating("{ when: [{ key: connection.sni, values: ['*.asked.example'] }] }", judgePort));
  const before = asked;
  expect(await hears({ ...bad, asks: 'web.free.example' })).toBe(`${greeting}[hello\n]`);
  expect(asked).toBe(before);
  expect(await hears({ ...bad, asks: 'web.asked.example' })).toBe('');
  expect(await hears({ ...till, asks: 'web.asked.example' })).toBe(`${greeting}[hello\n]`);
  await server.set(delegating('{ from: [{ source: { ipBlocks: [127.0.0.16/28] } }] }', judgePort));
  expect(await hears({ ...bad, from: '127.0.0.3' }, '')).toBe(greeting);
  expect(await hears({ ...bad, from: '127.0.0.17' })).toBe('');
});

test('when nobody answers, those that are delegated are refused, the others not', async () => {
  await server.set(delegating('{ from: [{ source: { ipBlocks: [127.0.0.16/28] } }] }', judgePort));
  authorizer.forceShutdown();
  expect(await hears({ ...till, from: '127.0.0.17' })).toBe('');
  expect(await hears({ ...till, from: '127.0.0.3' })).toBe(`${greeting}[hello\n]`);
});
