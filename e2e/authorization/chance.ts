/** Random policies of small worlds, so that they often meet what is asked (`asked.ts`). */
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
  users: ['*', 'ann', 'b*', '7'],
  payloads: ['*', 'ey*', 'client'],
  schemes: ['http', 'https', '*', 'odd'],
  forwarded: ['*', '203.0.113.*', '2001:db8*', 'nonsense*', '*nonsense'],
  said: ['*', 'said', 's*'],
  certificates: ['*', 'said*', '*said'],
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
  ['request.headers[accept]', 'headers'],
  ['request.headers[authorization]', 'headers'],
  ['request.headers[x-user]', 'users'],
  ['request.headers[x-payload]', 'payloads'],
  ['request.headers[:method]', 'methods'],
  ...(
    [
      ['x-forwarded-proto', 'schemes'],
      ['x-forwarded-for', 'forwarded'],
      ['x-envoy-external-address', 'forwarded'],
      ['x-request-id', 'said'],
      ['x-envoy-internal', 'said'],
      ['x-envoy-max-retries', 'said'],
      ['x-envoy-attempt-count', 'said'],
      ['x-envoy-decorator-operation', 'said'],
      ['x-envoy-original-path', 'said'],
      ['x-forwarded-client-cert', 'certificates'],
    ] as const
  ).map(([name, pool]) => [`request.headers[${name}]`, pool] as const),
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
  readonly namespace: string;
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

/** Who can be asked about requests, and one who cannot [S110]. */
const providers = ['words', 'web', 'nobody'];

/** Of who calls, CUSTOM rules may ask nothing [S101]. */
const customSources = sources.filter((name) => /ipBlocks/i.test(name));
const customKeys = keys.filter(([key]) => !/^source\.[nps]|auth/.test(key));

const customRule = (random: Random, meant: Meant) => ({
  to: several(random, () => ({ operation: operation(random, meant) })),
  ...(random.chance(0.2) && { from: several(random, () => ({ source: fields(random, customSources) })) }),
  ...(random.chance(0.2) && { when: [condition(random, customKeys)] }),
});

const custom = (random: Random, meant: Meant, index: number) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: `p${index}`, namespace: meant.namespace },
  spec: {
    action: 'CUSTOM',
    provider: { name: meant.content === 'http' ? random.pick(providers) : 'nobody' },
    rules: several(random, () => customRule(random, meant)),
  },
});

const policy = (random: Random, meant: Meant, index: number) => {
  if (random.chance(meant.content === 'http' ? 0.2 : 0.08)) return custom(random, meant, index);
  const action = random.pick(['ALLOW', 'ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'] as const);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: {
      name: `p${index}`,
      namespace: random.chance(0.8) ? meant.namespace : 'istio-system',
      ...(action !== 'AUDIT' && random.chance(0.15) && { annotations: { 'istio.io/dry-run': 'true' } }),
    },
    spec: { action, rules: Array.from({ length: 1 + random.below(3) }, () => rule(random, meant)) },
  };
};

export const policiesFor = (random: Random, meant: Meant): readonly object[] =>
  Array.from({ length: 1 + random.below(3) }, (_, index) => policy(random, meant, index));
