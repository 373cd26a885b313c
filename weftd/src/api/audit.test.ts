import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type Answer, type Asked, askAt, createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;
let port: number;

beforeAll(async () => {
  weftd = createHarness();
  port = Number(new URL((await weftd.start()).addresses.api).port);
});

afterAll(() => weftd.remove());

const tcp = (token: string, path: string, asked: Asked = {}): Promise<Answer> =>
  askAt({ port }, path, { ...asked, headers: { host: `127.0.0.1:${port}`, authorization: `Bearer ${token}` } });

const createToken = async (name: string, role: string): Promise<string> => {
  const { status, body } = await weftd.ask('/access/tokens', { body: { name, role } });
  expect(status).toBe(200);
  return body.token;
};

const entries = async (query: string) => (await weftd.ask(`/audit?${query}`)).body.items;

test('a token has a name and a role, is told once, and works until it is revoked, its sessions too', async () => {
  const token = await createToken('ci', 'operator');
  expect(token).toMatch(/^weft_[\w-]{43}$/);
  const [listed] = (await weftd.ask('/access/tokens')).body.items;
  expect(listed).toMatchObject({ name: 'ci', role: 'operator', expired: false });
  expect(JSON.stringify(listed)).not.toContain(token.slice(5));
  expect((await tcp(token, '/records')).status).toBe(200);
  expect((await tcp(token, '/access/tokens')).status).toBe(403);
  const session = await askAt({ port }, '/login', { body: { token }, headers: { host: `127.0.0.1:${port}` } });
  const cookie = String(session.headers['set-cookie']).split(';')[0];
  const read = () => askAt({ port }, '/proxies', { headers: { host: `127.0.0.1:${port}`, cookie } });
  expect((await read()).status).toBe(200);
  expect((await weftd.ask('/access/tokens/ci', { method: 'DELETE' })).status).toBe(200);
  expect((await read()).status).toBe(401);
  expect((await tcp(token, '/proxies')).status).toBe(401);
  expect((await weftd.ask('/access/tokens/ci', { method: 'DELETE' })).status).toBe(404);
});

test.each([
  [{ name: 'a b', role: 'viewer' }, 400],
  [{ name: 'x', role: 'root' }, 400],
  [{ name: 'viewer-token', role: 'admin' }, 409],
  [{ name: 'late', role: 'viewer', expires: 1 }, 422],
])('a token is not created from %j', async (body, status) => {
  expect((await weftd.ask('/access/tokens', { body })).status).toBe(status);
});

test('two tokens do not share a name, and one that expires ends', async () => {
  const soon = await weftd.ask('/access/tokens', { body: { name: 'soon', role: 'viewer', expires: Date.now() + 1500 } });
  expect((await weftd.ask('/access/tokens', { body: { name: 'soon', role: 'viewer' } })).status).toBe(409);
  expect((await tcp(soon.body.token, '/proxies')).status).toBe(200);
  await sleep(Math.max(0, soon.body.expires - Date.now()));
  expect((await tcp(soon.body.token, '/proxies')).status).toBe(401);
  expect((await weftd.ask('/access/tokens')).body.items).toMatchObject([{ name: 'soon', expired: true }]);
});

test('what is done is written down with who did it, and what was refused with why', async () => {
  const token = await createToken('night', 'operator');
  const silence = { matchers: [{ name: 'severity', value: 'page' }], to: Date.now() + 60_000, by: 'somebody else', comment: '' };
  expect((await tcp(token, '/silences', { body: silence })).body).toMatchObject({ by: 'night' });
  expect((await tcp(token, '/workloads/shop/none/restart', { method: 'POST' })).status).toBe(404);
  expect((await tcp(token, '/access/tokens', { body: { name: 'mine', role: 'admin' } })).status).toBe(403);
  const by = { user: 'night', role: 'operator', how: 'token', address: '127.0.0.1' };
  expect(await entries('user=night')).toMatchObject([
    { by, action: 'create-token', result: 'refused', reason: expect.stringContaining('administrator’s role') },
    { by, action: 'restart', about: 'shop/none', result: 'refused', reason: 'there is no workload shop/none' },
    { by, action: 'silence', about: 'severity=page', result: 'done' },
  ]);
  const [created] = await entries('action=create-token&result=done&limit=1');
  expect(created).toMatchObject({ by: { how: 'socket', role: 'admin' }, about: 'night, operator' });
  expect((await weftd.ask(`/audit/${created.id}`)).body).toEqual(created);
  expect(await entries(`action=create-token&about=night&before=${created.id}`)).toEqual([]);
});

test('changes of configuration are written down with what was before and after, by whom, by files too, and without the values of Secrets', async () => {
  const token = await createToken('deployer', 'admin');
  const secret = (value: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: ${value}}\n---\n${service(value.length)}`;
  const service = (number: number): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: ${number}}]}\n`;
  const apply = (text: string, dryRun = false) => tcp(token, '/apply', { body: { text, file: 'stdin', directory: '/', dryRun } });
  expect((await apply(secret('hush'))).status).toBe(200);
  const { revision } = (await apply(secret('hushhush'))).body;
  await apply(secret('other'), true);
  expect(
    (await apply('kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: a, namespace: b}\nspec: {action: DENY}'))
      .status,
  ).toBe(422);
  const [refused, changed, created] = await entries('user=deployer');
  expect(refused).toMatchObject({ action: 'apply', result: 'refused', about: 'AuthorizationPolicy b/a' });
  expect(changed).toMatchObject({ action: 'apply', result: 'done', about: 'Secret shop/key, Service shop/cart', revision });
  expect(created).toMatchObject({ revision: revision - 1, by: { user: 'deployer', role: 'admin', how: 'token' } });
  const { body } = await weftd.ask(`/audit/${changed.id}`);
  expect(await entries('user=deployer&namespace=shop')).toEqual([changed, created]);
  expect(await entries('user=deployer&namespace=b')).toEqual([refused]);
  expect(await entries('user=deployer&namespace=hop')).toEqual([]);
  expect(await entries(`changes=true&user=deployer&from=${changed.at}&before=${changed.id + 1}&limit=1`)).toEqual([body]);
  expect((await weftd.ask('/audit?changes=true&limit=201')).status).toBe(400);
  expect(body.changes).toMatchObject([
    { ref: { kind: 'Secret' }, action: 'configured' },
    { ref: { kind: 'Service' }, before: expect.stringContaining('port: 4'), after: expect.stringContaining('port: 8') },
  ]);
  expect(JSON.stringify(body)).not.toContain('hush');
  expect((await tcp(token, '/undo', { body: { revision: revision - 1 } })).status).toBe(409);
  expect((await tcp(token, '/undo', { body: { revision } })).status).toBe(200);
  await tcp(token, '/delete', { body: { objects: [{ kind: 'Service', namespace: 'shop', name: 'cart' }] } });
  expect(await entries('user=deployer&limit=3')).toMatchObject([
    { action: 'delete', about: 'Service shop/cart', result: 'done' },
    { action: 'undo', about: 'Secret shop/key, Service shop/cart', result: 'done' },
    { action: 'undo', about: `revision ${revision - 1}`, result: 'refused' },
  ]);
  weftd.write('late.yaml', service(81).replace('cart', 'late'));
  await weftd.ask('/wait?timeoutMs=5000');
  expect(await entries('limit=1')).toMatchObject([{ action: 'file', about: 'Service shop/late', by: { user: '', how: 'file' } }]);
});

test('logins are written down, those that fail too, but not what nobody is known for', async () => {
  await askAt({ port }, '/login', { body: { ticket: 'guessed' }, headers: { host: `127.0.0.1:${port}` } });
  await tcp('unknown', '/workloads/shop/web/restart', { method: 'POST' });
  const { body } = await weftd.ask('/login/links', { body: { role: 'viewer' } });
  const ticket = new URL(body.url).hash.replace('#ticket=', '');
  await askAt({ port }, '/login', { body: { ticket }, headers: { host: `127.0.0.1:${port}` } });
  expect(await entries('limit=3')).toMatchObject([
    { action: 'login', about: 'viewer', result: 'done', by: { how: 'link', role: 'viewer' } },
    { action: 'make-link', about: 'viewer' },
    { action: 'login', result: 'refused', by: { user: 'unknown' } },
  ]);
  expect(JSON.stringify(await entries(''))).not.toContain(ticket);
});

test('a command is written down before it runs, also where it may not', async () => {
  const token = await createToken('curious', 'operator');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/pods/shop/web/exec?command=cat&command=/etc/passwd`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    socket.on('error', () => {});
  });
  expect(status).toBe(403);
  expect(await entries('user=curious')).toMatchObject([{ action: 'exec', about: 'shop/web: cat /etc/passwd', result: 'refused' }]);
});

test('who only looks does not read the log, and it is asked what it knows', async () => {
  expect((await tcp(await createToken('guest', 'viewer'), '/audit')).status).toBe(403);
  for (const query of ['limit=0', 'action=dance', 'since=1', 'from=x']) expect((await weftd.ask(`/audit?${query}`)).status).toBe(400);
  expect((await weftd.ask('/audit/999999')).status).toBe(404);
});

test('the log survives a restart, and tokens do', async () => {
  const token = await createToken('lasting', 'viewer');
  await weftd.stop();
  await weftd.start({ api: { host: '127.0.0.1', port } });
  expect((await tcp(token, '/proxies')).status).toBe(200);
  expect(await entries('about=lasting')).toHaveLength(1);
});
