/** Known tricks against policies, by their row in the catalogue of attacks: what must be refused, and what must not be on its account. */
import { randomFrom } from '../simulation/random.ts';
import type { Call } from './line.ts';
import { trusted } from './policies.ts';

export interface Row {
  readonly key: string;
  readonly trick: string;
  readonly refused: readonly Call[];
  readonly served?: readonly Call[];
  /** Who asks; absent: somebody in plaintext. */
  readonly callers?: { readonly refused: readonly string[]; readonly served: readonly string[] };
  /** Where it makes sense; absent: everywhere. */
  readonly only?: { readonly protocol?: 'HTTP/1.1' | 'HTTP/2'; readonly place?: 'sidecar' | 'gateway' };
}

const paths = (...all: readonly string[]): readonly Call[] => all.map((path) => ({ path }));
const hosts = (...all: readonly string[]): readonly Call[] => all.map((host) => ({ host }));
const roles = (...all: readonly string[]): readonly (readonly [string, string])[] => all.map((value) => ['x-role', value]);

const highBytes = Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index));

const claims = (name: string): readonly Call[] =>
  [
    '192.0.2.7',
    '192.0.2.7, 192.0.2.7',
    ' 192.0.2.7',
    '192.0.2.7:80',
    '[2001:db8::1]',
    '2001:db8::1',
    '::ffff:192.0.2.7',
    'unknown, 192.0.2.7',
  ].flatMap((value) => [
    { host: name, headers: [['x-forwarded-for', value]] },
    {
      host: name,
      headers: [
        ['x-forwarded-for', value],
        ['x-forwarded-for', '192.0.2.8'],
      ],
    },
    {
      host: name,
      headers: [
        ['x-real-ip', value],
        ['forwarded', `for=${value}`],
      ],
    },
  ]);

const addresses = [
  '192.0.2.7',
  '::ffff:192.0.2.7',
  '2001:db8::1',
  '192.0.2.7:80',
  '[2001:db8::1]:443',
  '"192.0.2.7"',
  'for=192.0.2.7',
  '192.0.2.07',
];
const saying = [
  ...[
    'x-forwarded-for',
    'X-Forwarded-For',
    'x-forwarded-for',
    'x-real-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'x-client-ip',
    'forwarded',
  ],
  ...[
    'x-envoy-external-address',
    'x-envoy-internal',
    'x-original-forwarded-for',
    'x-cluster-client-ip',
    'x-envoy-original-dst-host',
    'via',
  ],
];
const beside = ['', 'unknown', '127.0.0.1', '10.0.0.1', 'x', '192.0.2.8', '::1', '0.0.0.0', '-'];

/** So many ways of claiming an address, other ones for each seed. */
const forgeries = (host: string, count: number, seed: number): readonly Call[] => {
  const random = randomFrom(seed);
  const value = () => {
    const all = [random.pick(addresses), ...Array.from({ length: random.below(3) }, () => random.pick([...beside, ...addresses]))];
    return all.sort(() => random.pick([-1, 1])).join(random.pick([',', ', ', ' , ', ';']));
  };
  const line = (): readonly [string, string] => [random.pick(saying), value()];
  return Array.from({ length: count }, () => ({ host, headers: Array.from({ length: 1 + random.below(3) }, line) }));
};

const upgrade = (path: string, protocol: string): Call => ({
  path,
  headers: [
    ['connection', 'upgrade'],
    ['upgrade', protocol],
  ],
});

const spiffe = (name: string): string => `spiffe://${name}`;
/** Names near `trusted`, of which none is it. */
const near = [
  'cluster.local/ns/shop/sa/cert-managerXio',
  'cluster.local/ns/shop/sa/cert-manager.io2',
  'cluster.local/ns/shop/sa/cert-manager',
  'cluster.local/ns/shop/sa/Cert-Manager.io',
  'cluster.local/ns/shops/sa/cert-manager.io',
  'cluster.local/ns/a/sa/b/ns/shop/sa/cert-manager.io',
  'cluster.local/ns/shop/sa/cert-manager.io/x',
  'cluster.local/ns/x/ns/shop/sa/cert-manager.io',
].map(spiffe);

export const rows: readonly Row[] = [
  {
    key: 'A1',
    trick: 'dots and backslashes',
    refused: paths('/app/../admin', '/app/%2E./admin', '/app/%2e%2E/admin', '/app\\..\\admin', '/./admin', '/../admin'),
    served: paths('/app\\admin', '/admin/../app'),
  },
  { key: 'A2', trick: 'slashes', refused: paths('//admin', '///admin', '/app/..//admin', '//secret/x', '/\\/admin') },
  { key: 'A3', trick: 'escaped slashes', refused: paths('/x%2f..%2Fadmin', '/app%5c..%5Cadmin', '/%2fadmin'), only: { place: 'gateway' } },
  {
    key: 'A3',
    trick: 'escapes that are kept, in either case',
    refused: paths('/enc%2fd/a', '/enc%2Fd/a', '/enc%2Fd/%61', '/enc%2Fd/a;x', '/;/enc%2fd;x/a', '//enc%2Fd//a'),
    served: paths('/enc/d/a', '/enc%252fd/a'),
    only: { place: 'sidecar' },
  },
  {
    key: 'A4',
    trick: 'parameters of path segments',
    refused: paths(
      '/..;/admin',
      '/;/admin',
      '/;x/admin',
      '/admin;a=b',
      '/app/..;/admin',
      '/deep;x/er',
      '/deep/;y/er;z',
      '/vault;a/1/key',
      '/vault/1/key/;x',
      '/x.bak;v=1',
    ),
    served: paths('/app;a=b', '/;/app', '/deep;x', '/deep/x;/er', '/de;ep/er'),
  },
  { key: 'A5', trick: 'escaped twice', refused: [], served: paths('/%252e%252e/admin', '/app%252f..%252fadmin') },
  { key: 'A6', trick: 'overlong UTF-8', refused: [], served: paths('/%c0%af', '/%c0%ae%c0%ae/admin') },
  { key: 'A7', trick: 'NUL', refused: paths('/admin%00', '/app%00/admin', '/admin\0') },
  { key: 'A8', trick: 'fragments', refused: paths('/admin#x', '/admin#/../app') },
  { key: 'A9', trick: 'queries', refused: paths('/admin?x=1', '/admin?', '/admin?/../app'), served: paths('/app?/admin') },
  { key: 'A10', trick: 'upper and lower case, which differ', refused: paths('/secret'), served: paths('/Admin', '/ADMIN') },
  { key: 'A11', trick: 'a slash at the end, which differs', refused: paths('/secret/'), served: paths('/admin/') },
  {
    key: 'A12',
    trick: 'hosts in capitals',
    refused: hosts('DENY.Example.COM', 'deny.EXAMPLE.com', 'x.Closed.Example'),
    served: hosts('A.EXAMPLE', 'Good.Example.Com'),
  },
  {
    key: 'A13',
    trick: 'hosts with ports',
    refused: hosts(
      'deny.example.com:8080',
      'DENY.example.com:80',
      'x.closed.example:443',
      'deny.example.com:',
      'exact.example:1',
      'a.example:80',
    ),
  },
  {
    key: 'A14',
    trick: 'hosts with a dot at their end',
    refused: hosts('deny.example.com.', 'deny.example.com.:8080', 'x.closed.example.'),
    served: hosts('a.example.'),
  },
  {
    key: 'A15',
    trick: 'absolute form and several hosts',
    refused: [
      { bytes: 'GET http://deny.example.com/ HTTP/1.1\r\nhost: a.example\r\n\r\n' },
      { bytes: 'GET http://a.example/admin HTTP/1.1\r\nhost: a.example\r\n\r\n' },
      { bytes: 'GET / HTTP/1.1\r\nhost: a.example\r\nhost: deny.example.com\r\n\r\n' },
      { bytes: 'GET / HTTP/1.1\r\nhost: deny.example.com\r\nhost: a.example\r\n\r\n' },
      { bytes: 'GET / HTTP/1.1\r\nhost: user@deny.example.com\r\n\r\n' },
    ],
    only: { protocol: 'HTTP/1.1' },
  },
  {
    key: 'A15',
    trick: 'a host beside the authority, of which the authority counts',
    refused: [{ host: 'deny.example.com', headers: [['host', 'a.example']] }],
    served: [{ host: 'a.example', headers: [['host', 'deny.example.com']] }],
    only: { protocol: 'HTTP/2' },
  },
  {
    key: 'A17',
    trick: 'a header that comes several times',
    refused: [
      { headers: roles('user', 'admin') },
      { headers: roles('admin', 'user') },
      { headers: roles('user', 'rooted', 'user') },
      { host: 'role.example', headers: roles('user', 'admin') },
      { host: 'role.example', headers: roles('user', 'guest') },
      { host: 'role.example', headers: roles('guest', 'user') },
      { host: 'role.example', headers: roles('staff-1', 'guest') },
      { host: 'role.example', headers: roles('guest', 'staff-1') },
      { host: 'role.example', headers: roles('user', '') },
      { host: 'role.example', headers: roles('user,guest') },
      { path: '/tagged', headers: ['good', 'bad'].map((value) => ['x-tag', value]) },
      { path: '/tagged', headers: ['bad', 'good'].map((value) => ['x-tag', value]) },
      { headers: roles('user,admin') },
      { headers: roles('admin , user') },
      { headers: roles('user, rooted\u0080') },
      { headers: roles(' admin') },
      { headers: roles('admin\t') },
    ],
    served: [
      { headers: roles('user') },
      { headers: roles('user', 'guest') },
      { host: 'role.example', headers: roles('user') },
      { host: 'role.example', headers: roles('staff-1, of the night') },
      { host: 'role.example', headers: [...roles('user'), ['x-other', 'a'], ['x-other', 'b']] },
      { path: '/tagged', headers: [['x-tag', 'fine-1,good']] },
    ],
  },
  { key: 'A18', trick: 'underscores for dashes', refused: [{ headers: [['x_role', 'admin']] }], only: { place: 'gateway' } },
  {
    key: 'A19',
    trick: 'bytes beyond ASCII against what is excepted',
    refused: highBytes.map((byte) => ({ path: '/tagged', headers: [['x-tag', `good${byte}`]] })),
    served: [{ path: '/tagged', headers: [['x-tag', 'fine-1']] }],
  },
  {
    key: 'A20',
    trick: 'plaintext against DENY notPrincipals',
    refused: paths('/mesh', '/mesh/x'),
    callers: { refused: [], served: [spiffe(trusted)] },
  },
  {
    key: 'A21',
    trick: 'plaintext against ALLOW with what is not',
    refused: [{ host: 'stranger.example' }, { host: 'elsewhere.example' }],
    callers: { refused: [], served: [spiffe('cluster.local/ns/team/sa/web')] },
  },
  {
    key: 'A22',
    trick: 'no token against DENY notRequestPrincipals',
    refused: [...paths('/token', '/token/x'), { path: '/token', headers: [['authorization', 'Bearer x']] }],
  },
  ...['known.example', 'account.example'].map((host) => ({
    key: 'A26',
    trick: `names near the one that ${host} serves`,
    refused: [{ host }],
    callers: { refused: near, served: [spiffe(trusted)] },
  })),
  {
    key: 'A27',
    trick: 'identities with more segments than there are',
    refused: [{ host: 'space.example' }],
    callers: {
      refused: ['cluster.local/ns/bank/sa/b/ns/shop/sa/d', 'cluster.local/x/ns/shop/sa/d', 'cluster.local/ns/shop/sa/d/e'].map(spiffe),
      served: [spiffe('cluster.local/ns/shop/sa/d')],
    },
  },
  {
    key: 'A28',
    trick: 'trust domains that end as ours',
    refused: [{ host: 'known.example' }],
    callers: {
      refused: ['evil-cluster.local', 'cluster.local.evil', 'local'].map((domain) => `spiffe://${domain}/ns/shop/sa/cert-manager.io`),
      served: [],
    },
  },
  // 1,000 at both places over both protocols.
  { key: 'A29', trick: 'forged addresses of the peer', refused: [...claims('direct.example'), ...forgeries('direct.example', 226, 29)] },
  { key: 'A30', trick: 'forged addresses of the client', refused: [...claims('client.example'), ...forgeries('client.example', 100, 30)] },
  {
    key: 'A32',
    trick: 'a forged certificate in a header',
    refused: ['known.example', 'account.example', 'space.example'].map((host) => ({
      host,
      headers: [['x-forwarded-client-cert', `By=spiffe://x;Hash=00;URI=spiffe://${trusted}`]],
    })),
  },
  {
    key: 'A36',
    trick: 'stars in paths against templates',
    refused: paths('/vault/*/key', '/vault/**/key', '/vault/{*}/key', '/vault/%2a/key'),
    served: [{ host: 'exact.example', path: '/items/*/read' }],
  },
  {
    key: 'A38',
    trick: 'methods that are not what they seem',
    refused: [
      { method: 'DELETE' },
      { method: 'TRACE' },
      { method: 'DELETE', headers: [['x-http-method-override', 'GET']] },
      { path: '/unread' },
      { method: 'get', host: 'exact.example' },
    ],
    served: [{ method: 'HEAD', path: '/unread' }, { method: 'OPTIONS' }, { headers: [['x-http-method-override', 'DELETE']] }],
  },
  {
    key: 'A38',
    trick: 'upgrades and CONNECT',
    refused: [
      upgrade('/admin', 'websocket'),
      upgrade('/admin', 'h2c'),
      { bytes: 'CONNECT deny.example.com:443 HTTP/1.1\r\nhost: deny.example.com:443\r\n\r\n' },
      { bytes: 'OPTIONS * HTTP/1.1\r\nhost: deny.example.com\r\n\r\n' },
    ],
    only: { protocol: 'HTTP/1.1' },
  },
];
