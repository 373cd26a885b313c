/**
 * Policies about connections that go elsewhere than they were dialled: their cluster cannot be turned away at the handshake, so the
 * client speaks first [E30]. Who is refused hears nothing of a server that would, and the server does not see it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { makeRoot } from '../traffic/certificates.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Caller, call, type Echo, echo, greeting, meshCaller } from './peers.ts';
import { type ServerSide, startServer } from './server.ts';

let port = 0;
let target: Echo;
let server: ServerSide;
let till: Caller;
let bad: Caller;

const manifests = () => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.20, selector: { app: web }, ports: [{ name: tcp, port: ${port} }] }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: web, namespace: shop }
spec:
  workloadSelector: { labels: { app: web } }
  ingress: [{ port: { number: ${port}, protocol: TCP, name: tcp }, defaultEndpoint: '127.0.0.1:${target.port}' }]
  egress: [{ hosts: [./*] }]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: till, namespace: shop }
spec: { rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/till] } }] }] }
`;

beforeAll(async () => {
  const root = await makeRoot('mesh');
  const leaf = await root.issue('server', { uris: ['spiffe://cluster.local/ns/shop/sa/web'] });
  [till, bad] = [await meshCaller(root, 'cluster.local/ns/shop/sa/till'), await meshCaller(root, 'cluster.local/ns/shop/sa/bad')];
  target = await echo('server');
  port = await freePort();
  const secrets = { root: root.certificate, leaf: leaf.certificate, key: leaf.key };
  server = await startServer(viewOf(manifests()), { ports: [port], secrets, drain: 1 });
}, 120_000);

afterAll(async () => {
  await server?.stop();
  target?.stop();
});

const hears = async (caller: Caller, words: string): Promise<string> => {
  const line = call(port, caller);
  if (words !== '') line.say(words);
  const heard = await line.until((text) => text.endsWith(']'), 700);
  line.close();
  return heard;
};

test('who is refused hears not one byte, whether it speaks or waits, and stands in the log', async () => {
  for (const words of ['hello\n', '']) expect(await hears(bad, words)).toBe('');
  expect(target.seen()).toBe(0);
  const lines = () => server.told().split('\n').filter(Boolean);
  for (let tries = 0; tries < 40 && lines().length < 2; tries += 1) await sleep(50);
  const line = { port, reason: 'policy: none', caller: 'spiffe://cluster.local/ns/shop/sa/bad' };
  expect(lines().map((text) => JSON.parse(text))).toMatchObject([line, line]);
});

test('who is allowed is greeted when it has spoken', async () => {
  expect(await hears(till, '')).toBe('');
  expect(target.seen()).toBe(0);
  expect(await hears(till, 'hello\n')).toBe(`${greeting}[hello\n]`);
});
