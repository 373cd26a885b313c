/** AuthorizationPolicies on a real Envoy: what each field lets through, and what no name, however odd, gets past. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pair } from './callers.ts';
import { type Gate, policy, type Question, startGate } from './gate.ts';

let gate: Gate;

beforeAll(async () => {
  gate = await startGate();
}, 120_000);

afterAll(async () => {
  expect(gate.refusals).toEqual([]);
  await gate.stop();
});

const status = async (question: Question): Promise<number> => (await gate.ask(question)).status;

type Row = readonly [name: string, rule: object, served: readonly Question[], refused: readonly Question[]];

const operation = (fields: object) => ({ to: [{ operation: fields }] });
const source = (fields: object) => ({ from: [{ source: fields }] });

const rows: readonly Row[] = [
  ['an exact path', operation({ paths: ['/a'] }), [{ path: '/a' }, { path: '/a?b=1' }], [{ path: '/a/' }, { path: '/A' }, { path: '/ab' }]],
  ['a prefix of paths', operation({ paths: ['/a*'] }), [{ path: '/a' }, { path: '/ab/c' }], [{ path: '/b' }]],
  ['a suffix of paths', operation({ paths: ['*.html'] }), [{ path: '/x/a.html' }], [{ path: '/a.htm' }]],
  ['any path', operation({ paths: ['*'] }), [{ path: '/' }], []],
  [
    'one segment',
    operation({ paths: ['/items/{*}'] }),
    [{ path: '/items/7' }, { path: '/items/*' }],
    [{ path: '/items' }, { path: '/items/7/8' }],
  ],
  ['the rest', operation({ paths: ['/t/{*}/x/{**}'] }), [{ path: '/t/1/x/2/3' }], [{ path: '/t/1/y/2' }, { path: '/t/1/2/x/3' }]],
  ['no path of', operation({ notPaths: ['/a*'] }), [{ path: '/b' }], [{ path: '/a' }]],
  ['no path of, in whatever spelling', operation({ notPaths: ['/a'] }), [{ path: '/b' }], [{ path: '/a' }, { path: '/a;b=1' }]],
  [
    'no host of, in whatever spelling',
    operation({ notHosts: ['*.web.example'] }),
    [{}],
    [{ host: 'a.web.example' }, { host: 'a.WEB.example:8080' }],
  ],
  [
    'methods',
    operation({ methods: ['GET', 'P*'] }),
    [{}, { method: 'POST' }, { method: 'PUT' }],
    [{ method: 'DELETE' }, { method: 'HEAD' }],
  ],
  [
    'hosts',
    operation({ hosts: ['web.example', '*.shop'] }),
    [{ host: 'WEB.Example' }, { host: 'a.SHOP' }],
    [{ host: 'web.example.org' }, { host: 'shop' }],
  ],
  ['no method of', operation({ notMethods: ['GET'] }), [{ method: 'POST' }], [{}]],
  [
    'a header',
    { when: [{ key: 'request.headers[X-Role]', values: ['admin', 'ops-*'] }] },
    [{ headers: { 'x-role': 'admin' } }, { headers: { 'x-role': 'ops-1' } }],
    [{}, { headers: { 'x-role': 'Admin' } }],
  ],
  ['a header that is there', { when: [{ key: 'request.headers[x-role]', values: ['*'] }] }, [{ headers: { 'x-role': 'a' } }], [{}]],
  [
    'no header of',
    { when: [{ key: 'request.headers[x-role]', notValues: ['guest'] }] },
    [{}, { headers: { 'x-role': 'a' } }],
    [{ headers: { 'x-role': 'guest' } }],
  ],
  ['addresses', source({ ipBlocks: ['127.0.0.0/8'] }), [{}, { headers: { 'x-forwarded-for': '10.9.9.9' } }], []],
  ['addresses of others', source({ ipBlocks: ['10.9.0.0/16'] }), [], [{}, { headers: { 'x-forwarded-for': '10.9.9.9' } }]],
  ['mapped addresses', source({ ipBlocks: ['::ffff:127.0.0.1'] }), [{}], []],
  ['clients behind proxies', source({ remoteIpBlocks: ['10.9.0.0/16'] }), [], [{}, { headers: { 'x-forwarded-for': '10.9.9.9' } }]],
  ['a key with an address', { when: [{ key: 'source.ip', values: ['127.0.0.1'], notValues: ['127.0.0.2'] }] }, [{}], []],
  ['the server’s address', { when: [{ key: 'destination.ip', values: ['127.0.0.1'] }] }, [{}], []],
  ['another address of the server', { when: [{ key: 'destination.ip', values: ['127.0.0.2'] }] }, [], [{}]],
  ['another port', operation({ ports: ['1'] }), [], [{}]],
  ['no SNI in plaintext', { when: [{ key: 'connection.sni', values: ['*'] }] }, [], [{}]],
  [
    'entries are alternatives',
    { to: [{ operation: { paths: ['/a'] } }, { operation: { paths: ['/b'], methods: ['POST'] } }] },
    [{ path: '/a' }, { path: '/b', method: 'POST' }],
    [{ path: '/b' }],
  ],
  [
    'from, to and when all hold',
    { ...source({ ipBlocks: ['127.0.0.1'] }), ...operation({ paths: ['/a'] }), when: [{ key: 'request.headers[x]', values: ['1'] }] },
    [{ path: '/a', headers: { x: '1' } }],
    [{ path: '/a' }, { headers: { x: '1' } }],
  ],
  ['plaintext has no principal', source({ principals: ['*'] }), [], [{}]],
  ['nobody is not a stranger [G20]', source({ notNamespaces: ['shop'] }), [], [{}, { caller: 'nobody' }]],
  ['nobody’s token', source({ requestPrincipals: ['*'] }), [], [{}]],
];

describe('ALLOW [S102-S105, S108, S109]', () => {
  test.each(rows)('%s', { timeout: 30_000 }, async (_, rule, served, refused) => {
    await gate.policies(policy('p', { rules: [rule] }));
    for (const question of served) expect([question, await status(question)]).toEqual([question, 200]);
    for (const question of refused) expect([question, await status(question)]).toEqual([question, 403]);
  });

  test('without rules nobody is served, with an empty one everybody', async () => {
    await gate.policies(policy('p', {}));
    expect(await status({})).toBe(403);
    await gate.policies(policy('p', { rules: [{}] }));
    expect(await status({})).toBe(200);
  });

  test('the port by its number', async () => {
    await gate.policies(policy('p', { rules: [operation({ ports: [`${gate.ports.http}`] })] }));
    expect([await status({}), await status({ caller: 'nobody' })]).toEqual([200, 403]);
  });
});

describe('DENY comes first, and names its rule nowhere but in the log', () => {
  test('DENY beats ALLOW; what neither matches is refused by default', async () => {
    await gate.policies(
      policy('allow', { rules: [operation({ paths: ['/a*'] })] }),
      policy('deny', { action: 'DENY', rules: [operation({ paths: ['/a/secret'] })] }),
    );
    expect([await status({ path: '/a' }), await status({ path: '/a/secret' }), await status({ path: '/b' })]).toEqual([200, 403, 403]);
    expect((await gate.ask({ path: '/a/secret' })).text).toBe('RBAC: access denied');
  });

  test('plaintext callers are none of the principals [S108]', async () => {
    await gate.policies(policy('deny', { action: 'DENY', rules: [source({ notPrincipals: ['*'] })] }));
    expect(await status({})).toBe(403);
    expect(await status({ caller: await gate.issuer.issue('spiffe://cluster.local/ns/shop/sa/web') })).toBe(200);
  });

  test('what DENY names it means in every spelling [G20]', async () => {
    await gate.policies(
      policy('paths', { action: 'DENY', rules: [operation({ paths: ['/a', '/b/*', '*.php'] })] }),
      policy('hosts', { action: 'DENY', rules: [operation({ hosts: ['*.secret.example'] })] }),
    );
    for (const path of ['/a;x=1', '/b;x=1/c', '/b/c', '/c.php;x=1']) expect([path, await status({ path })]).toEqual([path, 403]);
    for (const path of ['/ab', '/b', '/c.phps']) expect([path, await status({ path })]).toEqual([path, 200]);
    expect([await status({ host: 'a.secret.example:8080' }), await status({ host: 'secret.example:8080' })]).toEqual([403, 200]);
  });

  test('one of several headers of a name is enough', async () => {
    const rule = { when: [{ key: 'request.headers[x-role]', values: ['admin'] }] };
    await gate.policies(policy('deny', { action: 'DENY', rules: [rule] }));
    for (const roles of [
      ['user', 'admin'],
      ['admin', 'user'],
    ])
      expect([roles, await status({ headers: { 'x-role': roles } })]).toEqual([roles, 403]);
  });

  test('gRPC callers hear status 7 [S112]', async () => {
    await gate.policies(policy('deny', { action: 'DENY', rules: [{}] }));
    const { status: code, headers } = await gate.ask({ method: 'POST', headers: { 'content-type': 'application/grpc', te: 'trailers' } });
    expect([code, headers['grpc-status']]).toEqual([200, '7']);
  });

  test('AUDIT refuses nobody, and counts what it matches', async () => {
    await gate.policies(policy('audit', { action: 'AUDIT', rules: [operation({ paths: ['/a'] })] }));
    const name = `http.outbound_127.0.0.1_${gate.ports.http};.rbac.istio_audit_.shadow_allowed`;
    const before = (await gate.counter(name)) || 0;
    expect([await status({ path: '/a' }), await status({ path: '/b' })]).toEqual([200, 200]);
    expect(await gate.counter(name)).toBe(before + 1);
  });

  test('a dry run refuses nobody, and a lone one of ALLOW neither; what it would do is counted [S111]', async () => {
    const dry = { annotations: { 'istio.io/dry-run': 'true' } };
    await gate.policies(
      policy('allow', { rules: [operation({ paths: ['/a'] })] }, dry),
      policy('deny', { action: 'DENY', rules: [operation({ paths: ['/a'] })] }, dry),
    );
    expect([await status({ path: '/a' }), await status({ path: '/b' })]).toEqual([200, 200]);
    const name = `http.outbound_127.0.0.1_${gate.ports.http};.rbac.istio_dry_run_`;
    expect(await gate.counter(`${name}deny_.shadow_denied`)).toBeGreaterThan(0);
    expect(await gate.counter(`${name}allow_.shadow_denied`)).toBeGreaterThan(0);
  });
});

const own = 'spiffe://cluster.local/ns/shop/sa/cert-manager.io';

/** Names that come near `own`, of which none is in namespace `shop` with account `cert-manager.io`. */
const nearMisses = [
  'spiffe://cluster.local/ns/shop/sa/cert-managerXio',
  'spiffe://cluster.local/ns/shop/sa/cert-manager.io2',
  'spiffe://cluster.local/ns/shop/sa/cert-manager.io/x',
  'spiffe://cluster.local/ns/shop2/sa/cert-manager.io',
  'spiffe://cluster.local/ns/xshop/sa/cert-manager.io',
  'spiffe://cluster.local/ns/a/sa/b/ns/shop/sa/cert-manager.io',
  'spiffe://cluster.local/ns/shop/x/sa/cert-manager.io',
  'spiffe://cluster.local/ns/shop/sa/',
  'spiffe://evil/x/ns/shop/sa/cert-manager.io',
  'https://cluster.local/ns/shop/sa/cert-manager.io',
  'spiffe://cluster.local/ns/SHOP/sa/cert-manager.io',
  'spiffe://cluster.local/NS/shop/sa/cert-manager.io',
];

const callers = new Map<string, Pair>();

const by = async (...uris: readonly string[]): Promise<number> => {
  const key = uris.join();
  const caller = callers.get(key) ?? (await gate.issuer.issue(...uris));
  callers.set(key, caller);
  return status({ caller });
};

describe('identities [S98, S108]', () => {
  test.each([
    ['principals', ['cluster.local/ns/shop/sa/cert-manager.io']],
    ['principals', ['cluster.local/ns/shop/sa/cert-manager.io', 'nobody']],
    ['serviceAccounts', ['shop/cert-manager.io']],
  ])('%s %s: its own and no near miss', { timeout: 30_000 }, async (field, values) => {
    await gate.policies(policy('p', { rules: [source({ [field]: values })] }));
    expect(await by(own)).toBe(200);
    for (const name of nearMisses) expect([name, await by(name)]).toEqual([name, 403]);
    expect(await status({ caller: 'nobody' })).toBe(403);
    expect(await status({})).toBe(403);
  });

  test('namespaces, with stars and without', { timeout: 30_000 }, async () => {
    const inShop = 'spiffe://other.domain/ns/shop/sa/any';
    await gate.policies(policy('p', { rules: [source({ namespaces: ['shop', 'team-*-x'] })] }));
    for (const name of [own, inShop, 'spiffe://cluster.local/ns/team-a-x/sa/b']) expect([name, await by(name)]).toEqual([name, 200]);
    for (const name of [
      'spiffe://cluster.local/ns/team-a/sa/x',
      'spiffe://cluster.local/ns/team-a/b-x/sa/c',
      'spiffe://cluster.local/ns/xshop/sa/shop',
    ])
      expect([name, await by(name)]).toEqual([name, 403]);
  });

  test('principals by prefix, suffix and any; trust domains', { timeout: 30_000 }, async () => {
    await gate.policies(policy('p', { rules: [source({ principals: ['cluster.local/ns/sh*', '*/sa/robot'] })] }));
    expect([
      await by(own),
      await by('spiffe://x.y/ns/a/sa/robot'),
      await by('https://x.y/ns/a/sa/robot'),
      await by('spiffe://x.y/ns/a/sa/b'),
    ]).toEqual([200, 200, 403, 403]);
    await gate.policies(policy('p', { rules: [source({ trustDomains: ['cluster.local', 'east-*'] })] }));
    expect([await by(own), await by('spiffe://east-1/ns/a/sa/b'), await by('spiffe://evil-cluster.local/ns/a/sa/b')]).toEqual([
      200, 200, 403,
    ]);
    await gate.policies(policy('p', { rules: [source({ principals: ['*'] })] }));
    expect([await by(own), await status({ caller: 'nobody' })]).toEqual([200, 403]);
  });
});
