/** Tokens at a gateway: who gets in, by which route, and what the server is told [S113-S116, S46]. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { badTokens, type Forge, goodToken } from './bad-tokens.ts';
import { atGateway, atSidecar, type GatewayPlace, type Place, valuesOf } from './scene.ts';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const forge: Forge = {
  rsa: rsa(),
  ec: ec(),
  other: { rsa: rsa(), ec: ec() },
  issuer: 'https://login.example',
  audience: 'shop',
  now: Math.floor(Date.now() / 1000),
};

const jwks = JSON.stringify({
  keys: [
    { ...forge.rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa' },
    { ...forge.ec.publicKey.export({ format: 'jwk' }), kid: 'ec' },
  ],
});

const authentication = {
  apiVersion: 'security.istio.io/v1',
  kind: 'RequestAuthentication',
  metadata: { name: 'tokens', namespace: 'edge' },
  spec: {
    selector: { matchLabels: { istio: 'gw' } },
    jwtRules: [
      {
        issuer: forge.issuer,
        audiences: [forge.audience, 'stock'],
        jwks,
        outputPayloadToHeader: 'x-payload',
        outputClaimToHeaders: [{ header: 'x-user', claim: 'sub' }],
      },
      { issuer: 'https://partner.example', jwks, fromHeaders: [{ name: 'x-partner', prefix: 'T ' }], fromCookies: ['session'] },
    ],
  },
};

const to = [{ destination: { host: 'backend.example' } }];
const byClaim = (name: string, value: object) => ({
  name: 'admin',
  match: [{ headers: { [`@request.auth.claims${name}`]: value } }],
  headers: { request: { set: { 'x-route': 'admin' } } },
  route: to,
});

const routes = [
  byClaim('.role', { exact: 'admin' }),
  byClaim('[realm][roles]', { exact: 'operator' }),
  byClaim('.scope', { exact: 'write' }),
  { route: to },
];

let gateway: GatewayPlace;

beforeAll(async () => {
  gateway = await atGateway([authentication], routes);
}, 60_000);

afterAll(() => gateway?.stop());

const bearer = (claims: object = {}): string => `authorization: Bearer ${goodToken(forge, { ...claims })}`;

test('[S113]: a valid token of any issuer, or none, is no reason to refuse', async () => {
  expect((await gateway.get('/')).status).toBe(200);
  expect((await gateway.get('/', bearer())).status).toBe(200);
  expect((await gateway.get(`/?access_token=${goodToken(forge)}`)).status).toBe(200);
  const partner = goodToken(forge, { iss: 'https://partner.example', aud: 'whoever' });
  expect((await gateway.get('/', `x-partner: T ${partner}`)).status).toBe(200);
  expect((await gateway.get('/', `cookie: session=${partner}`)).status).toBe(200);
  expect((await gateway.get('/', `authorization: Bearer ${partner}`)).status).toBe(401);
});

test('[S113]: of more than 200 bad tokens none is accepted, and the server never hears of one', async () => {
  const all = badTokens(forge);
  expect(all.length).toBeGreaterThanOrEqual(200);
  gateway.backend.arrivals.length = 0;
  const accepted: string[] = [];
  for (const { trick, headers, query = '' } of all) {
    const { status } = await gateway.get(`/${query}`, ...headers);
    // Envoy calls a token for others forbidden [E20].
    if (status !== 401 && status !== 403) accepted.push(`${trick}: ${status}`);
  }
  expect(accepted).toEqual([]);
  expect(gateway.backend.arrivals).toEqual([]);
});

test('what the token says is told to the server, what the client says of it is not', async () => {
  const forged = ['x-user: root', 'X-User: root', 'x-payload: e30'];
  const { seen } = await gateway.get('/', bearer(), ...forged);
  expect(seen && [valuesOf(seen, 'x-user'), valuesOf(seen, 'x-payload').length, valuesOf(seen, 'authorization')]).toEqual([['eve'], 1, []]);
  const { seen: anonymous } = await gateway.get('/', ...forged);
  expect(anonymous && [...valuesOf(anonymous, 'x-user'), ...valuesOf(anonymous, 'x-payload')]).toEqual([]);
});

test('[S46]: claims choose the route: texts, nested lists, lists of words; nobody else’s word does', async () => {
  const route = async (...headers: readonly string[]) => {
    const { seen } = await gateway.get('/', ...headers);
    return seen && (valuesOf(seen, 'x-route')[0] ?? 'rest');
  };
  expect(await route(bearer({ role: 'admin' }))).toBe('admin');
  expect(await route(bearer({ role: ['user', 'admin'] }))).toBe('admin');
  expect(await route(bearer({ realm: { roles: ['viewer', 'operator'] } }))).toBe('admin');
  expect(await route(bearer({ scope: 'read write' }))).toBe('admin');
  expect(await route(bearer({ role: 'administrator', realm: { roles: 'operators' }, scope: 'rewrite' }))).toBe('rest');
  expect(await route(bearer({ realm: 'operator' }))).toBe('rest');
  expect(await route('@request.auth.claims.role: admin')).not.toBe('admin');
  expect(await route()).toBe('rest');
});

test('[S116]: a preflight of CORS is not asked for a token', async () => {
  const preflight = (token: string) =>
    gateway.send(
      `OPTIONS / HTTP/1.1\r\nhost: a.example\r\norigin: https://b.example\r\naccess-control-request-method: GET\r\nx-user: root\r\nX-Payload: e30\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
  const { status, seen } = await preflight('rubbish');
  expect(status).toBe(200);
  expect(seen && [...valuesOf(seen, 'x-user'), ...valuesOf(seen, 'x-payload')]).toEqual([]);
  const plain = await gateway.send('OPTIONS / HTTP/1.1\r\nhost: a.example\r\nauthorization: Bearer rubbish\r\n\r\n');
  expect(plain.status).toBe(401);
});

/** What policies of authorization read of tokens [S114], at a sidecar. */
const rules = {
  '/anyone': { from: [{ source: { requestPrincipals: ['*'] } }] },
  '/eve': { from: [{ source: { requestPrincipals: [`${forge.issuer}/eve`] } }] },
  '/prefix': { from: [{ source: { requestPrincipals: [`${forge.issuer}/*`] } }] },
  '/audience': { when: [{ key: 'request.auth.audiences', values: [forge.audience] }] },
  '/presenter': { when: [{ key: 'request.auth.presenter', values: ['app'] }] },
  '/group': { when: [{ key: 'request.auth.claims[groups]', values: ['staff'] }] },
  '/nested': { when: [{ key: 'request.auth.claims[realm][roles]', values: ['operator'] }] },
  '/words': { when: [{ key: 'request.auth.claims[scope]', values: ['write'] }] },
};

test('[S114]: principals, audiences and claims of a verified token are what policies see', async () => {
  const at = { name: 'tokens', namespace: 'shop' };
  const place: Place = await atSidecar([
    { ...authentication, metadata: at, spec: { jwtRules: authentication.spec.jwtRules } },
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: at,
      spec: {
        rules: [
          ...Object.entries(rules).map(([path, rule]) => ({ ...rule, to: [{ operation: { paths: [path] } }] })),
          { to: [{ operation: { paths: ['/'] } }] },
        ],
      },
    },
  ]);
  try {
    const opened = async (...headers: readonly string[]): Promise<readonly string[]> => {
      const open: string[] = [];
      for (const path of Object.keys(rules)) if ((await place.get(path, ...headers)).status === 200) open.push(path);
      return open;
    };
    expect(await opened()).toEqual([]);
    expect(await opened(bearer())).toEqual(['/anyone', '/eve', '/prefix', '/audience']);
    expect(await opened(bearer({ sub: 'ann' }))).toEqual(['/anyone', '/prefix', '/audience']);
    expect(await opened(bearer({ aud: ['stock', forge.audience] }))).toContain('/audience');
    expect(await opened(bearer({ azp: 'app' }))).toContain('/presenter');
    const claims = { groups: ['night', 'staff'], realm: { roles: ['operator'] }, scope: 'read write' };
    expect(await opened(bearer(claims))).toEqual(expect.arrayContaining(['/group', '/nested', '/words']));
    const near = { groups: ['staffers'], realm: { roles: 'operators' }, scope: 'rewrite', azp: 'apple' };
    expect(await opened(bearer(near))).toEqual(['/anyone', '/eve', '/prefix', '/audience']);
    expect((await place.get('/', 'authorization: Bearer a.b.c')).status).toBe(401);
  } finally {
    await place.stop();
  }
});
