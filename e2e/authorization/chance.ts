/** Random policies and requests of small worlds, so that they often meet. */
import type { Request } from '@weft/model';
import type { Random } from '../simulation/random.ts';

export const identities = [
  'cluster.local/ns/shop/sa/till',
  'cluster.local/ns/shop/sa/web',
  'cluster.local/ns/bank/sa/clerk',
  'cluster.local/ns/team-one/sa/batch',
  'cluster.local/ns/shop/sa/x/ns/bank/sa/clerk',
];

const pools = {
  principals: [
    '*',
    'cluster.local/ns/shop/sa/till',
    'cluster.local/ns/bank/*',
    '*/sa/clerk',
    '*/ns/shop/sa/web',
    'cluster.local/*',
    'other/*',
  ],
  namespaces: ['shop', 'bank', 'team-*', '*', '*an*', 't*m-*e', '*-one'],
  serviceAccounts: ['till', 'bank/clerk', 'team-one/batch', 'shop/nobody'],
  trustDomains: ['cluster.local', '*', 'clu*cal', 'other'],
  requestPrincipals: ['*', 'https://a.example/ann', 'https://a.example/*', '*/bob', 'https://b*'],
  ipBlocks: ['127.0.0.0/8', '127.0.0.16/28', '127.0.0.17', '::1', '::/0', '0.0.0.0/0', '10.0.0.0/8', '::ffff:127.0.0.3'],
  remoteIpBlocks: ['203.0.113.0/24', '2001:db8::/32', '2001:db8:0:1::/64', '127.0.0.0/8', '::1', '203.0.113.7', '::ffff:203.0.113.0/121'],
  hosts: ['a.example', '*.example', 'b.*', 'A.Example', '*', 'a.example:8080', 'a.example:*'],
  methods: ['GET', 'POST', '*', 'P*', '*T', 'DELETE'],
  paths: [
    '/',
    '/a',
    '/a/*',
    '/a*',
    '*.html',
    '*',
    '/a/{*}',
    '/a/{*}/c',
    '/{**}',
    '/a/{**}',
    '/{*}/b/{**}',
    '/a/b/',
    '/A',
    '/a%2Fb',
    '/a%2fb',
  ],
  headers: ['v', 'v*', '*v', '*', 'a,b', 'Bearer *'],
  sni: ['*', 'web.example', '*.example', 'outbound_*'],
  claims: ['admin', 'adm*', '*in', '*', 'a b', 'write'],
} as const;

type Pool = keyof typeof pools;

/** A rule's values, and their opposite now and then. */
const someOf = (random: Random, pool: Pool): readonly string[] => [
  ...new Set(Array.from({ length: 1 + random.below(2) }, () => random.pick(pools[pool]))),
];

const fields = (random: Random, names: readonly Pool[]): Record<string, readonly string[]> => {
  const count = 1 + random.below(random.chance(0.3) ? 3 : 1);
  return Object.fromEntries(
    Array.from({ length: count }, () => {
      const name = random.pick(names);
      return [random.chance(0.3) ? `not${name[0]?.toUpperCase()}${name.slice(1)}` : name, someOf(random, name)];
    }),
  );
};

const keys: readonly (readonly [string, Pool])[] = [
  ['request.headers[x-v]', 'headers'],
  ['request.headers[X-V]', 'headers'],
  ['request.headers[authorization]', 'headers'],
  ['request.headers[:method]', 'methods'],
  ['request.headers[host]', 'hosts'],
  ['source.ip', 'ipBlocks'],
  ['remote.ip', 'remoteIpBlocks'],
  ['destination.ip', 'ipBlocks'],
  ['connection.sni', 'sni'],
  ['source.namespace', 'namespaces'],
  ['source.principal', 'principals'],
  ['source.serviceAccount', 'serviceAccounts'],
  ['request.auth.principal', 'requestPrincipals'],
  ['request.auth.audiences', 'claims'],
  ['request.auth.presenter', 'claims'],
  ['request.auth.claims[groups]', 'claims'],
  ['request.auth.claims[scope]', 'claims'],
  ['request.auth.claims[realm][roles]', 'claims'],
  ['experimental.envoy.filters.a.b[key]', 'claims'],
];

const condition = (random: Random, among = keys) => {
  const [key, pool] = random.pick(among);
  return { key, [random.chance(0.3) ? 'notValues' : 'values']: someOf(random, pool) };
};

const sources: readonly Pool[] = [
  'principals',
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'requestPrincipals',
  'ipBlocks',
  'remoteIpBlocks',
];
const operations: readonly Pool[] = ['hosts', 'methods', 'paths'];

/** serviceAccounts stand alone: Istio takes them neither with principals nor with namespaces. */
const source = (random: Random, among = sources) => {
  const chosen = fields(random, among);
  const names = Object.keys(chosen);
  if (!names.some((name) => /serviceaccounts/i.test(name))) return chosen;
  return Object.fromEntries(Object.entries(chosen).filter(([name]) => !/principals$|namespaces/i.test(name) || /request/i.test(name)));
};

/** Now and then something that connections have not. */
const connectionKeys = keys.filter(([key]) => /^(source|destination|remote|connection)/.test(key));
const connectionSources = sources.filter((name) => name !== 'requestPrincipals');

type Content = 'http' | 'bytes';

/** What rules are made for. */
interface Meant {
  readonly port: number;
  readonly content: Content;
}

const ports = (random: Random, port: number) => ({
  [random.chance(0.5) ? 'ports' : 'notPorts']: [`${random.chance(0.5) ? port : 1}`],
});

const operation = (random: Random, { port, content }: Meant) => {
  if (content === 'bytes' && random.chance(0.8)) return ports(random, port);
  return { ...fields(random, operations), ...(random.chance(0.1) && ports(random, port)) };
};

const several = <T>(random: Random, make: () => T): readonly T[] => Array.from({ length: 1 + random.below(2) }, make);

const rule = (random: Random, meant: Meant) => {
  const usual = meant.content === 'bytes' && random.chance(0.9);
  return {
    ...(random.chance(0.6) && { from: several(random, () => ({ source: source(random, usual ? connectionSources : sources) })) }),
    ...(random.chance(0.6) && { to: several(random, () => ({ operation: operation(random, meant) })) }),
    ...(random.chance(0.4) && { when: several(random, () => condition(random, usual ? connectionKeys : keys)) }),
  };
};

/** Nobody can be asked [S110]; of who calls, CUSTOM rules may ask nothing [S101]. */
const undecided = (random: Random, meant: Meant, index: number) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: `p${index}`, namespace: 'shop' },
  spec: {
    action: 'CUSTOM',
    provider: { name: 'nobody' },
    rules: [{ to: several(random, () => ({ operation: operation(random, meant) })) }],
  },
});

const policy = (random: Random, meant: Meant, index: number) => {
  if (random.chance(0.08)) return undecided(random, meant, index);
  const action = random.pick(['ALLOW', 'ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'] as const);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: {
      name: `p${index}`,
      namespace: random.chance(0.8) ? 'shop' : 'istio-system',
      ...(action !== 'AUDIT' && random.chance(0.15) && { annotations: { 'istio.io/dry-run': 'true' } }),
    },
    spec: { action, rules: Array.from({ length: 1 + random.below(3) }, () => rule(random, meant)) },
  };
};

export const policiesFor = (random: Random, meant: Meant): readonly object[] =>
  Array.from({ length: 1 + random.below(3) }, (_, index) => policy(random, meant, index));

export interface Asked {
  /** Index of an identity; absent: plaintext. */
  readonly identity?: number;
  /** The address that is called, and who calls. */
  readonly at: string;
  readonly source: string;
  readonly serverName: string;
  readonly request: Request;
  readonly token?: object;
  /** By a key that is not the issuer's. */
  readonly forged?: boolean;
}

const paths = [
  '/',
  '/a',
  '/a/b',
  '/a/b/c',
  '/a/b/',
  '/a/x.html',
  '/A',
  '/b',
  '/a/x=y',
  "/a/x'y",
  '/a/x*y',
  '/a/[x]',
  '/a/x^y',
  '/a/x;y=1',
  '/a/x$y',
  '/a/b;x',
  '/a//b',
  '/a/../a',
  '/a%2fb',
  '/a/%62?q=1',
  '/a/b/c/d?x=/a',
];
const addresses = [
  '203.0.113.7',
  '203.0.113.200',
  '2001:db8::1',
  '2001:db8:0:1::9',
  '10.0.0.1',
  'nonsense',
  '::ffff:203.0.113.7',
  '203.0.113.7, 10.1.1.1',
];

const now = Math.floor(Date.now() / 1000);

const token = (random: Random) => ({
  ...(random.chance(0.3) && { exp: random.pick([1, now - 3600, now + 3600]) }),
  ...(random.chance(0.2) && { nbf: random.pick([1, now - 3600, now + 3600]) }),
  iss: random.pick(['https://a.example', 'https://b.example', 'https://a.example', 'https://unknown.example']),
  sub: random.pick(['ann', 'bob', 'carol/d']),
  aud: random.pick([['admin'], 'write', ['x', 'admin']] as const),
  azp: random.pick(['admin', 'nobody']),
  groups: random.pick([['admin', 'x'], 'admin', ['a b'], [1], 7, {}] as const),
  scope: random.pick(['write admin', 'read', 'a b']),
  realm: random.pick([{ roles: ['admin'] }, { roles: 'write' }, 'flat', {}] as const),
});

export const askedOf = (random: Random, port: number): Asked => {
  const v6 = random.chance(0.25);
  const isPlain = random.chance(0.3);
  const host = random.pick(['a.example', 'b.example', 'A.EXAMPLE', 'web', 'a.example.']);
  return {
    ...(!isPlain && { identity: random.below(identities.length) }),
    at: v6 ? '::1' : '127.0.0.2',
    source: v6 ? '::1' : random.pick(['127.0.0.1', '127.0.0.3', '127.0.0.17', '127.0.0.18']),
    serverName: random.pick(['web.example', 'outbound_.80_._.web.shop.svc.cluster.local', '']),
    request: {
      host,
      port,
      authority: random.chance(0.2) ? `${host}:8080` : host,
      path: random.pick(paths),
      method: random.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']),
      headers: {
        ...(random.chance(0.5) && { 'x-v': random.pick(['v', 'vw', 'wv', 'w', '', 'a,b']) }),
        ...(random.chance(0.5) && { 'x-forwarded-for': random.pick(addresses) }),
        ...(random.chance(0.1) && { x_v: 'v' }),
      },
    },
    ...(random.chance(0.6) && { token: token(random), forged: random.chance(0.1) }),
  };
};
