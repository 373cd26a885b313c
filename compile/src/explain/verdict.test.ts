/** What is said of a request that policies allow or refuse; that Envoy does the same is for `e2e/authorization/verdicts.test.ts`. */
import { meshSettings, parse, type Request, type Verdict } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { assumedPods } from './assumed.ts';
import { journey } from './journey.ts';

const deployment = (name: string, namespace: string, more = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}${more}}, spec: {serviceAccountName: ${name}, containers: [{name: a, command: [a]}]}}}`;

const service = (name: string, port: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{${port}}]}`;

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: old}',
  deployment('web', 'shop'),
  deployment('bank', 'shop'),
  deployment('edge', 'shop', ', annotations: {inject.istio.io/templates: gateway}'),
  deployment('legacy', 'old'),
  service('bank', 'name: http, port: 8080'),
  service('edge', 'name: http, port: 80, targetPort: 8080'),
  deployment('ledger', 'shop'),
  service('ledger', 'name: tcp, port: 5432'),
  `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {selector: {app: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}`,
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: shop}
spec: {hosts: ["*"], gateways: [edge], http: [{route: [{destination: {host: bank, port: {number: 8080}}}]}]}`,
];

const policy = (name: string, app: string, spec: string, more = '') =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop${more}}\nspec: {selector: {matchLabels: {app: ${app}}}, ${spec}}`;

const ask = (from: string | undefined, request: Partial<Request>, ...policies: readonly string[]) => {
  const { resources, findings } = parse({ text: [...objects, ...policies].join('\n---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const pods = assumedPods(resources);
  const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
  const caller = pods.find(({ pod }) => pod.workload.name === from);
  return journey({ mesh, resources, pods, tokens }, { host: 'bank', port: 8080, ...request }, caller);
};

/** Ann's is `a.b.c`. */
const tokens = {
  claimsOf: (token: string) => (token === 'a.b.c' ? { iss: 'https://a.example', sub: 'ann', role: 'admin' } : undefined),
  isSigned: () => true,
  now: () => 0,
};

/** Of the last proxy that was asked. */
const verdictOf = ({ hops }: ReturnType<typeof ask>): Partial<Verdict> => hops.at(-1)?.verdict ?? {};

const reading = policy(
  'reading',
  'bank',
  'rules: [{from: [{source: {namespaces: [shop]}}], to: [{operation: {methods: [GET], paths: [/items/*]}}]}]',
);
const admins = policy('admins', 'bank', 'rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/root]}}]}]');

describe('the verdict at the server [S101-S108]', () => {
  test('names the rule that allows, with its first condition and its place', () => {
    const found = verdictOf(ask('web', { path: '/items/1' }, reading));
    expect(found).toMatchObject({
      allowed: true,
      by: { policy: 'reading', namespace: 'shop', rule: 0, condition: 'spec.rules[0].from[0].source.namespaces', file: 'mesh.yaml' },
      caller: { identity: 'spiffe://cluster.local/ns/shop/sa/web' },
    });
  });

  test('where nothing allows it, names the nearest rule and the smallest change', () => {
    const journey = ask('web', { path: '/items/1', method: 'POST' }, admins, reading);
    expect(verdictOf(journey)).toMatchObject({
      allowed: false,
      status: 403,
      nearest: { policy: 'reading', condition: 'spec.rules[0].to[0].operation.methods' },
      change: 'the method is POST, and has to be one of [GET]',
    });
    expect(verdictOf(journey)).not.toHaveProperty('by');
    expect(journey.outcome).toMatchObject({ kind: 'refused', status: 403 });
  });

  test('who comes in plaintext has no identity, and is told so', () => {
    const found = verdictOf(ask('legacy', {}, admins));
    expect(found.caller).not.toHaveProperty('identity');
    expect(found.change).toContain('the caller is nobody (no verified certificate)');
  });

  test('DENY comes before ALLOW, and dry runs are told and decide nothing [S111]', () => {
    const denied = verdictOf(ask('web', { path: '/items/1' }, reading, policy('block', 'bank', 'action: DENY, rules: [{}]')));
    expect(denied).toMatchObject({ allowed: false, by: { policy: 'block', rule: 0, condition: '' } });
    const tried = ', annotations: {istio.io/dry-run: "true"}';
    const allowed = verdictOf(ask('web', { path: '/items/1' }, reading, policy('block', 'bank', 'action: DENY, rules: [{}]', tried)));
    expect(allowed).toMatchObject({ allowed: true, asides: [{ kind: 'dry run of DENY', policy: 'block' }] });
  });

  test('why is told with what decided', () => {
    const block = policy('block', 'bank', 'action: DENY, rules: [{to: [{operation: {paths: [/items/1, /items/2]}}]}]');
    expect(verdictOf(ask('web', { path: '/items/1' }, block)).why).toBe(
      'DENY shop/block matches: the path is /items/1, one of [/items/1, /items/2]',
    );
    const foreign = policy('foreign', 'bank', 'action: DENY, rules: [{from: [{source: {notNamespaces: [bank]}}]}]');
    expect(verdictOf(ask('web', {}, foreign)).why).toContain('whose namespace is none of [bank]');
    expect(verdictOf(ask('web', {}, policy('all', 'bank', 'action: DENY, rules: [{}]'))).why).toBe('DENY shop/all matches whatever comes');
  });

  test('of several things that have to change each is told with all that is asked of it', () => {
    const one = policy('one', 'bank', 'rules: [{to: [{operation: {methods: ["P*"], notMethods: [PUT], paths: [/a]}}]}]');
    expect(verdictOf(ask('web', { path: '/b' }, one)).change).toBe(
      'the method is GET, and has to be one of [P*], and has to be none of [PUT]; the path is /b, and has to be one of [/a]',
    );
  });

  test('a rule that a DENY keeps from letting anybody in is not the nearest', () => {
    const reads = policy(
      'reads',
      'bank',
      'rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {methods: [PUT], paths: [/a]}}]}]',
    );
    const block = policy('block', 'bank', 'action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]');
    expect(verdictOf(ask('web', { path: '/b', method: 'POST' }, reads, block)).nearest).toMatchObject({ policy: 'reads', rule: 1 });
    const alone = policy('alone', 'bank', 'rules: [{to: [{operation: {methods: [GET]}}]}]');
    expect(verdictOf(ask('web', { method: 'POST' }, alone, block)).change).toContain('even so nobody is let in');
  });

  test('whose answer decides is told, at the server and in the end [S101]', () => {
    const settings = `apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata: {name: mesh}
spec: {extensionProviders: [{name: judge, envoyExtAuthzGrpc: {service: ledger.shop.svc.cluster.local, port: 5432}}]}`;
    const asking = policy('ask', 'bank', 'action: CUSTOM, provider: {name: judge}, rules: [{to: [{operation: {paths: [/a]}}]}]');
    const found = ask('web', { path: '/a' }, settings, asking);
    expect(verdictOf(found)).toMatchObject({
      allowed: true,
      asks: [{ provider: 'judge', policy: 'ask', outcomes: ['allowed', 'refused'] }],
    });
    expect(found.outcome).toEqual({ kind: 'forward', why: '100 % to shop/bank, if judge agrees' });
    expect(ask('web', { path: '/b' }, settings, asking).outcome.why).toBe('100 % to shop/bank');
  });

  test('an escape that stays is compared as it is written, as Envoy leaves it', () => {
    const escaped = policy('escaped', 'bank', 'rules: [{to: [{operation: {paths: [/a%2Fb]}}]}]');
    const said = (path: string) => verdictOf(ask('web', { path }, escaped)).allowed;
    expect([said('/a%2Fb'), said('/a%2fb')]).toEqual([true, false]);
  });

  test('a header that comes twice lets nobody in by how one of its values begins', () => {
    const beginning = policy('beginning', 'bank', "rules: [{when: [{key: 'request.headers[x-v]', values: ['v*']}]}]");
    const said = (value: string | string[]) => verdictOf(ask('legacy', { headers: { 'x-v': value } }, beginning)).allowed;
    expect([said('v'), said(['v', 'v']), said(['v', 'w'])]).toEqual([true, false, false]);
  });

  test('a policy without rules lets nobody in [S103]', () => {
    const found = verdictOf(ask('web', {}, policy('none', 'bank', '')));
    expect(found).toMatchObject({ allowed: false, status: 403 });
    expect(found).not.toHaveProperty('nearest');
  });
});

describe('who never comes so far [S91]', () => {
  const strict =
    'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: strict, namespace: shop}\nspec: {mtls: {mode: STRICT}}';

  test.each([
    [{}, 'without mTLS'],
    [{ scheme: 'https' as const }, 'the handshake fails'],
  ])('%j is told what the server sees: %s', (request, why) => {
    const { outcome, hops } = ask('legacy', request, strict, admins);
    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
    expect(outcome).not.toHaveProperty('status');
    expect(hops[0]).not.toHaveProperty('verdict');
  });
});

describe('the verdict at a gateway', () => {
  const near = policy('near', 'edge', 'rules: [{from: [{source: {remoteIpBlocks: [203.0.113.0/24]}}]}]');

  test('goes by the client’s address, which the server is told too [S109]', () => {
    const inside = policy('inside', 'bank', 'rules: [{from: [{source: {remoteIpBlocks: [203.0.113.7]}}]}]');
    const request = { host: 'a.example', port: 80, clientAddress: '203.0.113.7' };
    const found = ask(undefined, request, near, inside);
    expect(found.hops.map(({ verdict }) => verdict?.allowed)).toEqual([true, true]);
    expect(ask(undefined, { ...request, clientAddress: '203.0.114.7' }, near).outcome).toMatchObject({ kind: 'refused', status: 403 });
  });

  test('an address that nobody knows is in no block', () => {
    const { change } = verdictOf(ask(undefined, { host: 'a.example', port: 80 }, near));
    expect(change).toBe('the client’s address is unknown, and has to be one of [203.0.113.0/24]');
  });
});

describe('what Envoy itself says of a request', () => {
  const demanding = (header: string, value: string) =>
    policy('demanding', 'bank', `rules: [{when: [{key: 'request.headers[${header}]', values: ['${value}']}]}]`);

  test.each([
    ['x-request-id', '*'],
    ['x-forwarded-proto', 'http'],
    ['x-envoy-attempt-count', '1'],
    ['x-forwarded-client-cert', '*URI=spiffe://cluster.local/ns/shop/sa/web'],
  ])('%s is there for policies of the server: %s', (header, value) =>
    expect(verdictOf(ask('web', {}, demanding(header, value))).allowed).toBe(true),
  );

  test.each(['x-envoy-max-retries', 'x-envoy-internal', 'connection'])('%s is taken out of what comes', (name) =>
    expect(verdictOf(ask('web', { headers: { [name]: 'x' } }, demanding(name, '*'))).allowed).toBe(false),
  );

  test('whoever comes by a gateway bears what that has said, and not what it said itself', () => {
    const request = { host: 'a.example', port: 80, clientAddress: '203.0.113.7', headers: { 'x-request-id': 'mine' } };
    const allowed = (header: string, value: string) => verdictOf(ask(undefined, request, demanding(header, value))).allowed;
    expect(allowed('x-forwarded-for', '203.0.113.7')).toBe(true);
    expect(allowed('x-envoy-external-address', '203.0.113.7')).toBe(true);
    expect(allowed('x-request-id', 'mine')).toBe(false);
  });

  test('a path that HTTP has not is answered 400 before policies are asked', () => {
    const { hops, outcome } = ask('legacy', { path: '/é' }, admins);
    expect(outcome).toMatchObject({ kind: 'refused', status: 400, why: expect.stringContaining('%C3%A9') });
    expect(hops[0]).not.toHaveProperty('verdict');
  });
});

describe('tokens at a gateway', () => {
  const authentication = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: edge, namespace: shop}
spec: {selector: {matchLabels: {app: edge}}, jwtRules: [{issuer: https://a.example, jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}', outputClaimToHeaders: [{header: x-user, claim: sub}]}]}`;
  const byRole = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: by-role, namespace: shop}
spec:
  hosts: [roles.example]
  gateways: [edge]
  http:
    - match: [{headers: {"@request.auth.claims.role": {exact: admin}}}]
      route: [{destination: {host: bank, port: {number: 8080}}}]
    - directResponse: {status: 418}`;
  const request = { host: 'roles.example', port: 80 };
  const bearing = { ...request, headers: { authorization: 'Bearer a.b.c', 'x-user': 'root' } };

  test('claims choose the route [S46]', () => {
    expect(ask(undefined, bearing, authentication, byRole).outcome).toMatchObject({ kind: 'forward' });
    expect(ask(undefined, request, authentication, byRole).outcome).toMatchObject({ kind: 'direct', status: 418 });
  });

  test('without a token the route is that of the header which the client claims itself, and the server has it not', () => {
    const byUser = byRole.replace('"@request.auth.claims.role": {exact: admin}', 'x-user: {exact: root}');
    expect(ask(undefined, { ...request, headers: { 'x-user': 'root' } }, authentication, byUser).outcome).toMatchObject({
      kind: 'forward',
    });
    expect(ask(undefined, bearing, authentication, byUser).outcome).toMatchObject({ kind: 'direct', status: 418 });
    const told = policy('told', 'bank', "rules: [{when: [{key: 'request.headers[x-user]', values: ['*']}]}]");
    expect(verdictOf(ask(undefined, { ...request, headers: { 'x-user': 'root' } }, authentication, byUser, told)).allowed).toBe(false);
  });

  test('the server is told the claim, and has not the token', () => {
    const told = policy('told', 'bank', "rules: [{when: [{key: 'request.headers[x-user]', values: [ann]}]}]");
    expect(verdictOf(ask(undefined, bearing, authentication, byRole, told)).allowed).toBe(true);
    const bare = policy('bare', 'bank', "rules: [{when: [{key: 'request.headers[authorization]', values: ['*']}]}]");
    expect(verdictOf(ask(undefined, bearing, authentication, byRole, bare)).allowed).toBe(false);
  });
});

describe('limits of policies about connections [G9]', () => {
  const connection: Partial<Request> = { protocol: 'tcp', host: 'ledger', port: 5432 };
  const list = (count: number, make: (index: number) => string) =>
    `[${Array.from({ length: count }, (_, index) => make(index)).join(', ')}]`;

  test('more identities than an expression holds let nobody pass', () => {
    const all = (count: number) =>
      policy(
        'many',
        'ledger',
        `rules: [{from: [{source: {principals: ${list(count, (index) => `cluster.local/ns/shop/sa/web-${index}`)}}}]}]`,
      );
    expect(verdictOf(ask('web', connection, all(3000))).why).toContain('more of connections than Envoy reads');
    expect(verdictOf(ask('web', connection, all(100))).why).toContain('default deny');
  });

  test('more networks than there can be chains let nobody pass', () => {
    const one = (index: number) => `{from: [{source: {ipBlocks: [10.${index >> 8}.${index & 255}.0/24]}}]}`;
    const found = verdictOf(ask('web', connection, policy('many', 'ledger', `rules: ${list(510, one)}`)));
    expect(found).toMatchObject({ allowed: false, why: expect.stringContaining('tell more addresses of connections apart') });
    expect(found).not.toHaveProperty('status');
  });
});
