/** Login at a real provider (oidc-provider), and at one that says what it must not. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
// @ts-expect-error: it comes without types
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, askAt, createHarness, type Harness } from '../app.fixture.ts';

const client = { id: 'weft', secret: 'a secret of this client' };

let weftd: Harness;
let port: number;
const servers: Server[] = [];

beforeAll(async () => {
  weftd = createHarness();
  port = Number(new URL((await weftd.start()).addresses.api).port);
});

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await weftd.remove();
});

const listening = async (server: Server): Promise<string> => {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const callback = (): string => `http://127.0.0.1:${port}/api/v1/login/oidc/callback`;

const trust = async (issuer: string, roles = 'admin=mesh-admins,operator=oncall', networks = '127.0.0.0/8'): Promise<void> => {
  const text = `apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata:
  name: default
  annotations:
    mesh.weft.dev/console-oidc: ${issuer}
    mesh.weft.dev/console-oidc-secret: oidc
    mesh.weft.dev/console-oidc-roles: ${roles}
    mesh.weft.dev/console-oidc-networks: ${networks}
spec: {}
---
apiVersion: v1
kind: Secret
metadata: {name: oidc, namespace: istio-system}
stringData: {client-id: ${client.id}, client-secret: ${client.secret}}
`;
  expect((await weftd.apply(text)).status).toBe(200);
};

/** A browser, as far as logins need one: it keeps cookies and follows where it is led. */
const browser = () => {
  const jars = new Map<string, Map<string, string>>();
  const visit = async (url: string, form?: Record<string, string>, accept = '*/*'): Promise<Response> => {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie, accept, 'sec-fetch-mode': 'navigate' },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  return { visit, cookies: (): string => [...(jars.get(`127.0.0.1:${port}`) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ') };
};

const errorOf = async (response: Response): Promise<string> => ((await response.json()) as { error: string }).error;

const whereTo = (response: Response, from: string): string => new URL(response.headers.get('location') ?? '', from).href;

const begin = (visit: ReturnType<typeof browser>['visit'], next = '/'): Promise<Response> =>
  visit(`http://127.0.0.1:${port}/api/v1/login/oidc?next=${encodeURIComponent(next)}`);

const sessionOf = (cookie: string): Promise<Answer> => askAt({ port }, '/session', { headers: { host: `127.0.0.1:${port}`, cookie } });

const realProvider = async (groups: Readonly<Record<string, readonly string[]>>): Promise<string> => {
  const server = createServer();
  const issuer = await listening(server);
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [callback()] }],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: [...(groups[id] ?? [])] }),
    }),
    pkce: { required: () => true },
    cookies: { keys: ['a key for cookies'] },
  });
  server.on('request', provider.callback());
  return issuer;
};

/** Fills in what the provider asks, until it leads back here. @returns the address that it leads to */
const logIn = async (visit: ReturnType<typeof browser>['visit'], user: string): Promise<string> => {
  const first = await begin(visit, '/services?since=1h');
  expect(first.status).toBe(303);
  let at = whereTo(first, callback());
  for (let step = 0; step < 12 && !at.startsWith(callback()); step += 1) {
    let answer = await visit(at);
    if (answer.status === 200) {
      const page = await answer.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
      answer = await visit(new URL(action, at).href, prompt === 'login' ? { prompt, login: user, password: 'x' } : { prompt });
    }
    at = whereTo(answer, at);
  }
  return at;
};

test('who is in a group that has a role is logged in with it, and led where he wanted', async () => {
  await trust(await realProvider({ ann: ['oncall', 'mesh-admins'], bob: ['oncall'], eve: ['sales'] }));
  expect((await sessionOf('')).body.methods.at(-1)).toMatchObject({ kind: 'oidc', start: '/api/v1/login/oidc' });
  for (const [user, role] of [
    ['ann', 'admin'],
    ['bob', 'operator'],
  ] as const) {
    const { visit, cookies } = browser();
    const back = await logIn(visit, user);
    const answer = await visit(back);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/services?since=1h']);
    expect((await sessionOf(cookies())).body).toMatchObject({ user, role, how: 'oidc' });
    // A code and a state are good once.
    expect((await visit(back)).status).toBe(401);
  }
  const { visit, cookies } = browser();
  const refused = await visit(await logIn(visit, 'eve'));
  expect(refused.status).toBe(401);
  expect(await errorOf(refused)).toBe('eve is in no group that has a role here (claim groups)');
  expect((await sessionOf(cookies())).status).toBe(401);
  expect((await weftd.ask('/audit?action=login&limit=1')).body.items).toMatchObject([{ result: 'refused', reason: /eve is in no group/ }]);
  // A person reads it where he can begin again; it stands in no address.
  const person = browser();
  const led = await person.visit(await logIn(person.visit, 'eve'), undefined, 'text/html,*/*');
  expect([led.status, led.headers.get('location')]).toEqual([303, '/login?next=%2F']);
  expect((await sessionOf(person.cookies())).body).toMatchObject({ refused: 'eve is in no group that has a role here (claim groups)' });
  expect((await weftd.ask('/audit?action=login&limit=2')).body.items).toMatchObject([{ result: 'refused' }, { result: 'refused' }]);
}, 30_000);

test('a login that another browser began is refused, and one whose state is not ours', async () => {
  const mine = browser();
  const theirs = browser();
  const back = await logIn(theirs.visit, 'ann');
  expect(await (await mine.visit(back)).json()).toMatchObject({ error: expect.stringContaining('was not begun in this browser') });
  const url = new URL(await logIn(mine.visit, 'ann'));
  url.searchParams.set('state', 'x'.repeat(43));
  expect((await mine.visit(url.href)).status).toBe(401);
}, 30_000);

interface Said {
  readonly claims?: (nonce: string, issuer: string) => Record<string, unknown>;
  readonly key?: 'another';
}

/** Answers every code with an ID token that says what the test wants. */
const liar = async (said: () => Said): Promise<string> => {
  const [own, another] = await Promise.all([generateKeyPair('RS256', { extractable: true }), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  let issuer = '';
  let nonce = '';
  const tokens = async (): Promise<object> => {
    const { claims = () => ({}), key } = said();
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: issuer, aud: client.id, sub: 'ann', nonce, iat: now, exp: now + 60, groups: ['mesh-admins'] };
    const token = await new SignJWT({ ...usual, ...claims(nonce, issuer) })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(key ? another.privateKey : own.privateKey);
    return { access_token: 'x', token_type: 'Bearer', id_token: token };
  };
  const answers: Readonly<Record<string, () => object | Promise<object>>> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/token': tokens,
    '/keys': () => ({ keys: [jwk] }),
  };
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, issuer);
    if (pathname === '/authorize') {
      nonce = searchParams.get('nonce') ?? '';
      const to = `${searchParams.get('redirect_uri')}?code=1&state=${searchParams.get('state')}`;
      return void response.writeHead(302, { location: to }).end();
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify((await answers[pathname]?.()) ?? {}));
  });
  issuer = await listening(server);
  return issuer;
};

test('what a token must not say is refused with words: another issuer, audience or nonce, expired, signed by somebody else', async () => {
  let said: Said = {};
  await trust(await liar(() => said));
  const outcome = async (): Promise<{ status: number; error: string }> => {
    const { visit } = browser();
    const authorize = whereTo(await begin(visit), callback());
    const answer = await visit(whereTo(await visit(authorize), authorize));
    return { status: answer.status, error: answer.status === 303 ? '' : await errorOf(answer) };
  };
  expect(await outcome()).toEqual({ status: 303, error: '' });
  const bad: readonly (readonly [Said, RegExp])[] = [
    [{ claims: () => ({ iss: 'http://127.0.0.1:1' }) }, /"iss"/],
    [{ claims: () => ({ aud: 'somebody else' }) }, /"aud"/],
    [{ claims: () => ({ nonce: 'replayed' }) }, /"nonce"/],
    [{ claims: () => ({ exp: 1 }) }, /"exp"/],
    [{ key: 'another' }, /signature/],
  ];
  for (const [one, words] of bad) {
    said = one;
    const { status, error } = await outcome();
    expect([status, error]).toEqual([401, expect.stringMatching(words)]);
    expect(error).toMatch(/^http:\/\/127\.0\.0\.1:\d+ does not vouch for this login: /);
  }
}, 30_000);

test('a provider at an address inside is asked only where the settings allow it, and one that is away is told', async () => {
  const issuer = await liar(() => ({}));
  await trust(issuer, 'viewer=*', '10.0.0.0/8');
  const { visit } = browser();
  expect(await (await begin(visit)).json()).toMatchObject({ error: expect.stringMatching(/cannot be asked.*127\.0\.0\.1/) });
  await trust('http://127.0.0.1:1', 'viewer=*');
  expect((await begin(visit)).status).toBe(502);
});

test('only places of the console are led to', async () => {
  const issuer = await liar(() => ({}));
  await trust(issuer, 'viewer=*');
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/a\r\nset-cookie: x']) {
    const { visit } = browser();
    const authorize = whereTo(await begin(visit, next), callback());
    const answer = await visit(whereTo(await visit(authorize), authorize));
    expect([next, answer.status, answer.headers.get('location')]).toEqual([next, 303, '/']);
  }
});

test('without settings, or without what its Secret must hold, nobody else is asked', async () => {
  await weftd.ask('/delete', { body: { objects: [{ kind: 'Secret', namespace: 'istio-system', name: 'oidc' }] } });
  const { visit } = browser();
  const answer = await begin(visit);
  expect([answer.status, await errorOf(answer)]).toEqual([502, expect.stringContaining('the Secret oidc')]);
  expect((await sessionOf('')).body.methods.at(-1)).toEqual({
    ...{ kind: 'oidc', title: expect.stringMatching(/^Log in at 127/), fault: expect.stringContaining('is not set up') },
  });
  await weftd.ask('/delete', { body: { objects: [{ kind: 'MeshConfig', namespace: '', name: 'default' }] } });
  expect((await begin(visit)).status).toBe(404);
});
