import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Asked, askAt, createHarness, type Harness } from '../app.fixture.ts';
import type { App } from '../app.ts';

let weftd: Harness;
let app: App;
let port: number;

beforeAll(async () => {
  weftd = createHarness();
  app = await weftd.start();
  port = Number(new URL(app.addresses.api).port);
});

afterAll(() => weftd.remove());

const host = (): string => `127.0.0.1:${port}`;
const tcp = (path: string, { headers, ...asked }: Asked = {}): Promise<Answer> =>
  askAt({ port }, path, { ...asked, headers: { host: host(), ...headers } });

interface Browser {
  readonly cookie: string;
  readonly csrf: string;
}

const browserOf = ({ headers, body }: Answer): Browser => ({ cookie: String(headers['set-cookie']).split(';')[0] ?? '', csrf: body.csrf });

const ticketFor = async (role?: string): Promise<string> => {
  const { status, body } = await weftd.ask('/login/links', { body: role === undefined ? {} : { role } });
  expect(status).toBe(200);
  return new URL(body.url).hash.replace('#ticket=', '');
};

const loggedIn = async (role?: string): Promise<Browser> =>
  browserOf(await tcp('/login', { body: { ticket: await ticketFor(role) }, headers: { origin: `http://${host()}` } }));

test('a link is made on the socket, is for one login, and its secret is where browsers send it to nobody', async () => {
  const { body } = await weftd.ask('/login/links', { body: { role: 'viewer' } });
  expect(body.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/login#ticket=[\\w-]{43}$`));
  expect(body.expires).toBeGreaterThan(Date.now() + 60_000);
  const ticket = new URL(body.url).hash.slice('#ticket='.length);
  const first = await tcp('/login', { body: { ticket } });
  expect(first).toMatchObject({ status: 200, body: { role: 'viewer', how: 'link' } });
  expect(String(first.headers['set-cookie'])).toMatch(
    /^weft_session_\d+=[\w-]{43}; Max-Age=\d+; Path=\/api\/v1; HttpOnly; SameSite=Strict$/,
  );
  const second = await tcp('/login', { body: { ticket } });
  expect(second).toMatchObject({ status: 401, body: { error: expect.stringContaining('`weft dashboard` makes another') } });
  expect(second.headers['set-cookie']).toBeUndefined();
});

test('who has no session is told how one logs in', async () => {
  const { status, body } = await tcp('/session');
  expect(status).toBe(401);
  expect(body.methods.map(({ kind }: { kind: string }) => kind)).toEqual(['link', 'token']);
  expect((await tcp('/session', { headers: { cookie: `weft_session_${port}=${'x'.repeat(43)}` } })).status).toBe(401);
});

test('a session reads; to change something it shows its token and its origin', async () => {
  const { cookie, csrf } = await loggedIn();
  const [origin, body] = [`http://${host()}`, { objects: [] }];
  expect((await tcp('/session', { headers: { cookie } })).body).toMatchObject({ role: 'admin', csrf, expires: expect.any(Number) });
  expect((await tcp('/status', { headers: { cookie } })).status).toBe(200);
  const change = (headers: Record<string, string>) => tcp('/delete', { body, headers: { cookie, ...headers } });
  expect(await change({ origin })).toMatchObject({ status: 403, body: { error: expect.stringContaining('x-weft-csrf') } });
  expect(await change({ 'x-weft-csrf': csrf })).toMatchObject({ status: 403, body: { error: expect.stringContaining('origin') } });
  expect((await change({ origin: `http://localhost:${port}`, 'x-weft-csrf': csrf })).status).toBe(403);
  expect((await change({ origin, 'x-weft-csrf': (await loggedIn()).csrf })).status).toBe(403);
  expect((await change({ origin, 'x-weft-csrf': csrf })).status).toBe(200);
});

test('pages of another server on this host are not served, although browsers call them the same site', async () => {
  const { cookie } = await loggedIn();
  for (const site of ['same-site', 'cross-site'])
    expect((await tcp('/status', { headers: { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' } })).status).toBe(403);
  expect((await tcp('/status', { headers: { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' } })).status).toBe(200);
});

test('a session has the role of its link', async () => {
  const { cookie, csrf } = await loggedIn('viewer');
  const headers = { cookie, 'x-weft-csrf': csrf, origin: `http://${host()}` };
  expect((await tcp('/proxies', { headers })).status).toBe(200);
  expect((await tcp('/records', { headers })).status).toBe(403);
  expect(await tcp('/delete', { headers, body: { objects: [] } })).toMatchObject({
    status: 403,
    body: { error: expect.stringMatching(/^this needs the administrator’s role; .+ has the viewer’s$/) },
  });
  expect((await tcp('/login/links', { headers, body: {} })).status).toBe(403);
});

test('behind a proxy that ends TLS it answers to the address of the settings alone, and its cookie goes by TLS only', async () => {
  const settings = (address: string): string =>
    `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default, annotations: {mesh.weft.dev/console-address: '${address}'}}\nspec: {}\n`;
  const name = 'console.example.com';
  const [behind, origin] = [{ host: name, 'x-forwarded-proto': 'https' }, `https://${name}`];
  expect((await tcp('/session', { headers: behind })).status).toBe(421);
  expect((await weftd.apply(settings(`http://${name}`))).body.findings).toMatchObject([{ message: expect.stringMatching(/no address/) }]);
  expect((await tcp('/session', { headers: behind })).status).toBe(421);
  expect((await weftd.apply(settings(`${origin}:443`))).status).toBe(200);
  const { body: link } = await weftd.ask('/login/links', { body: { role: 'admin' } });
  expect(link.url).toMatch(/^https:\/\/console\.example\.com\/login#ticket=/);
  const login = await tcp('/login', { body: { ticket: new URL(link.url).hash.slice(8) }, headers: { ...behind, origin } });
  expect(String(login.headers['set-cookie'])).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  const { cookie, csrf } = browserOf(login);
  const change = (from: string) =>
    tcp('/delete', { body: { objects: [] }, headers: { ...behind, cookie, 'x-weft-csrf': csrf, origin: from } });
  expect((await change(origin)).status).toBe(200);
  expect((await change(`http://${name}`)).status).toBe(403);
  expect((await change('https://evil.example')).status).toBe(403);
  expect((await tcp('/session', { headers: { host: 'evil.example', 'x-forwarded-host': name } })).status).toBe(421);
  await weftd.ask('/delete', { body: { objects: [{ kind: 'MeshConfig', namespace: '', name: 'default' }] } });
  expect((await tcp('/session', { headers: behind })).status).toBe(421);
});

test('who logs in again in the same browser has left the session before', async () => {
  const { cookie } = await loggedIn('viewer');
  await tcp('/login', { body: { ticket: await ticketFor('viewer') }, headers: { cookie, origin: `http://${host()}` } });
  expect((await tcp('/session', { headers: { cookie } })).status).toBe(401);
  // A cookie that somebody else has put there does not become a session.
  const planted = `weft_session_${port}=${'p'.repeat(43)}`;
  const answer = await tcp('/login', { body: { ticket: await ticketFor('viewer') }, headers: { cookie: planted } });
  expect(browserOf(answer).cookie).not.toBe(planted);
  expect((await tcp('/session', { headers: { cookie: planted } })).status).toBe(401);
});

test('logging out ends the session, also on disk', async () => {
  const { cookie, csrf } = await loggedIn('viewer');
  const headers = { cookie, 'x-weft-csrf': csrf, origin: `http://${host()}` };
  const answer = await tcp('/logout', { headers, method: 'POST' });
  expect(answer.status).toBe(200);
  expect(String(answer.headers['set-cookie'])).toMatch(/=; Max-Age=0/);
  expect((await tcp('/session', { headers })).status).toBe(401);
});

test('a token opens a session; that of Prometheus opens none', async () => {
  const tokenOf = (path: string): string => readFileSync(path, 'utf8').trim();
  const answer = await tcp('/login', { body: { token: tokenOf(weftd.files.viewerToken) } });
  expect(answer).toMatchObject({ status: 200, body: { user: 'viewer-token', role: 'viewer', how: 'token' } });
  expect((await tcp('/proxies', { headers: { cookie: browserOf(answer).cookie } })).status).toBe(200);
  expect((await tcp('/login', { body: { token: tokenOf(weftd.files.scrapeToken) } })).status).toBe(403);
  expect((await tcp('/login', { body: { token: 'wrong' } })).status).toBe(401);
  for (const body of [{}, { ticket: 1 }, { token: 'x', ticket: 'y' }, 'x']) expect((await tcp('/login', { body })).status).toBe(400);
});

test('sessions survive a restart, and the store does not hold what would open one', async () => {
  const { cookie, csrf } = await loggedIn();
  const [secret = ''] = cookie.split('=').slice(1);
  await weftd.stop();
  expect(readFileSync(weftd.files.store).includes(secret)).toBe(false);
  await weftd.start({ api: { host: '127.0.0.1', port } });
  expect((await tcp('/session', { headers: { cookie } })).body).toMatchObject({ role: 'admin', csrf });
});
