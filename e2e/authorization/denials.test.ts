/** What callers learn of a refusal: an id, which nobody else can make; that the log tells the rest is for `verdicts.test.ts` [G21]. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { manifests } from '../security/scene.ts';
import { type Running, run } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';

const denial = 'x-weft-denial-id';
const forged = '00000000-0000-4000-8000-000000000000';

/** Says that it refused, whatever it did. */
const application = createServer(({ url }, response) => {
  response.writeHead(url === '/own' ? 403 : 200, { [denial]: forged });
  response.end('mine');
});
let port = 0;
let envoy: Running;

const policy = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'secret-name', namespace: 'shop' },
  spec: { action: 'DENY', rules: [{ to: [{ operation: { paths: ['/admin'] } }] }] },
};

const watching = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'watching', namespace: 'shop' },
  spec: { action: 'AUDIT', rules: [{ to: [{ operation: { paths: ['/watched'] } }] }] },
};

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.2:${port}${path}`, { headers });

beforeAll(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  port = (application.address() as AddressInfo).port;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: await freePort(), targetPort: port }] },
  };
  envoy = await run(viewOf(manifests([service, policy, watching])), port);
  const isThere = () =>
    get('/').then(
      ({ ok }) => ok,
      () => false,
    );
  for (let tries = 0; tries < 600 && !(await isThere()); tries += 1) await sleep(50);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  application.close();
});

test('who is refused gets an id of its own and learns nothing else', async () => {
  const answers = [await get('/admin'), await get('/admin', { [denial]: forged })];
  const ids = answers.map(({ headers }) => headers.get(denial));
  for (const answer of answers) {
    expect(answer.status).toBe(403);
    expect(await answer.text()).toBe('RBAC: access denied');
    expect(JSON.stringify([...answer.headers])).not.toContain('secret-name');
  }
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(new Set([...ids, forged]).size).toBe(3);
});

test('a refusal in gRPC is a 200 with a status of its own, and told in the log as any other', async () => {
  const answer = await get('/admin', { 'content-type': 'application/grpc', 'x-request-id': 'in-grpc' });
  expect([answer.status, answer.headers.get('grpc-status')]).toEqual([200, '7']);
  const lines = () =>
    envoy
      .accessLog()
      .split('\n')
      .filter((line) => line.includes('in-grpc'));
  for (let tries = 0; tries < 300 && lines().length === 0; tries += 1) await sleep(50);
  expect(lines().map((line) => JSON.parse(line))).toMatchObject([
    {
      denial: answer.headers.get(denial),
      reason: 'rbac_access_denied_matched_policy[ns[shop]-policy[secret-name]-rule[0]]',
      path: '/admin',
    },
  ]);
});

test('an application’s own answers never look like refusals of the mesh', async () => {
  for (const [path, status] of [
    ['/', 200],
    ['/own', 403],
  ] as const) {
    const answer = await get(path);
    expect([answer.status, await answer.text(), answer.headers.get(denial)]).toEqual([status, 'mine', null]);
  }
});

test('what an AUDIT policy matches is served, and told in the log', async () => {
  expect((await get('/watched?token=1')).status).toBe(200);
  expect((await get('/unwatched')).status).toBe(200);
  const lines = () =>
    envoy
      .accessLog()
      .split('\n')
      .filter((line) => line.includes('watched'));
  for (let tries = 0; tries < 300 && lines().length === 0; tries += 1) await sleep(50);
  expect(lines().map((line) => JSON.parse(line))).toMatchObject([
    { audited: 'ns[shop]-policy[watching]-rule[0]', status: 200, path: '/watched' },
  ]);
});
