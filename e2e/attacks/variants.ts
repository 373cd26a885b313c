/** Requests that mean something forbidden, written in ways that somebody might read as something else; a seed repeats them. */
import type { Random } from '../simulation/random.ts';
import type { Call, Protocol } from './line.ts';

const places = [
  '/admin',
  '/secret',
  '/secret/x',
  '/a.bak',
  '/vault/1/key',
  '/deep/er',
  '/enc%2fd/a',
  '/enc%2Fd/a',
  '/tagged',
  '/unread',
  '/token',
  '/mesh/x',
  '/public',
];
const hosts = [
  ...['a.example', 'x.example.com', 'deny.example.com', 'x.closed.example', 'role.example', 'stranger.example', 'elsewhere.example'],
  ...['known.example', 'account.example', 'space.example', 'direct.example', 'client.example', 'exact.example', 'other.example'],
];
const methods = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'get', 'CONNECT', 'PATCH', 'DELETE '];

type Change = (text: string, random: Random) => string;

const at = (text: string, index: number, piece: string): string => text.slice(0, index) + piece + text.slice(index);
const hex = (code: number, upper: boolean): string => {
  const digits = code.toString(16).padStart(2, '0');
  return `%${upper ? digits.toUpperCase() : digits}`;
};

/** One character of it as an escape. */
const escapeOne: Change = (text, random) => {
  const index = 1 + random.below(Math.max(1, text.length - 1));
  return `${text.slice(0, index)}${hex(text.charCodeAt(index) || 47, random.chance(0.5))}${text.slice(index + 1)}`;
};

/** In front of one of its slashes, or at its end. */
const beforeSlash = (text: string, piece: string, random: Random): string => {
  const slashes = [...text].flatMap((character, index) => (character === '/' ? [index] : []));
  return at(text, random.pick([...slashes, text.length]), piece);
};

const inserted = [
  ...['/.', '/..', '//', '/', '/x/..', '/x/../', '\\', '/\\', '\\..\\', '/%2e', '/%2e%2e', '/.%2e', '/%2E.', '%2f', '%2F', '%5c', '%5C'],
  ...[';', ';a=b', '/;', '/;x', '/..;', '/..;/x', '/.;', ';/..', '/x;/..', '%3b', '%3Ba=b', '/%2e%2e;', '/%2e%2e%3b'],
  ...['%00', '\0', '%20', ' ', '\t', '%09', '%0a', '%0d%0a', '#', '#x', '%23', '?', '?x=1', '%3f', '?/../', '&', '+', '*', ':', '@', '|'],
  ...['%252e%252e', '%252f', '%25%32%65', '%c0%af', '%c0%ae', '%e0%80%af', '%ef%bc%8f', '%u002f', '%u2215', '%%32%66', '%', '%2', '%zz'],
  ...['\u00e9', '\u00ff', '\u0080', '%ff', '%80', '...', '/...', '/. ', '/.%20', '.', '~', "'", '"', '<', '^', '`', '{', '}'],
];

const pathChanges: readonly Change[] = [
  escapeOne,
  (text, random) => beforeSlash(text, random.pick(inserted), random),
  (text, random) => beforeSlash(text, random.pick(inserted), random),
  (text, random) => at(text, random.below(text.length + 1), random.pick(inserted)),
  (text, random) => (random.chance(0.5) ? text.toUpperCase() : text.replace(/[a-z]/, (letter) => letter.toUpperCase())),
  (text) => `/x/..${text}`,
  (text) => `/public/..;${text}`,
  (text) => `/${text}`,
  (text) => text.slice(1),
  (text) => `${text}/`,
  (text) => text.replaceAll('/', '\\'),
  (text, random) => `http://${random.pick(hosts)}${text}`,
  (text, random) => `https://user@${random.pick(hosts)}:80${text}`,
  (text, random) => `//${random.pick(hosts)}${text}`,
  (text) => [...text].map((character) => (character === '/' ? '/' : hex(character.charCodeAt(0), true))).join(''),
];

const hostChanges: readonly Change[] = [
  (text) => text.toUpperCase(),
  (text) => `${text}.`,
  (text) => `${text}..`,
  (text, random) => `${text}:${random.pick(['80', '8080', '', '0', '99999', 'x', '080', '443'])}`,
  (text, random) => `${text}.:${random.below(9999)}`,
  (text, random) => `${random.pick(['.', 'user@', 'a.example@', 'http://', '[', ' '])}${text}`,
  (text, random) =>
    `${text}${random.pick([',a.example', ' ', '\t', '%00', '%2e', '/', '/admin', '?', '#', '\\', ';x', '\u00e9', '_', ']', '..example'])}`,
  (text) => text.replace('.', '%2e'),
  (text) => text.replace('.', '..'),
  (text) => text.replace('e', '\u0435'.codePointAt(0) ? '%D0%B5' : 'e'),
  () => '',
  () => '[::1]',
  () => '127.0.0.1',
];

/** HTTP/2 carries blanks around values, HTTP/1.1 does not; Istio compares with them. */
const padded = [' admin', 'admin ', 'user\t'];

type Headers = readonly (readonly [string, string])[];

const values = [
  'user',
  'admin',
  'rooted',
  'Admin',
  'good',
  'fine-1',
  'bad',
  'user,admin',
  'admin,user',
  'user, user',
  '',
  '\u00e9',
  'good\u0080',
  'us\ter',
];
const names = ['x-role', 'X-Role', 'X-ROLE', 'x_role', 'x-role ', 'x-tag', 'X-Tag', 'x_tag', 'x-role:', ' x-role', 'x-r\u00f6le'];
const spoofs: Headers = [
  ...['x-forwarded-for', 'x-real-ip', 'true-client-ip', 'x-client-ip', 'x-envoy-external-address'].map(
    (name) => [name, '192.0.2.7'] as const,
  ),
  ...['x-forwarded-host', 'x-original-host', 'x-host', 'x-http-host-override'].map((name) => [name, 'a.example'] as const),
  ...['x-original-url', 'x-rewrite-url', 'x-envoy-original-path', 'x-forwarded-uri', 'x-forwarded-prefix'].map(
    (name) => [name, '/public'] as const,
  ),
  ...['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) => [name, 'GET'] as const),
  ['x-forwarded-client-cert', 'By=spiffe://x;Hash=1;URI=spiffe://cluster.local/ns/shop/sa/cert-manager.io'],
  ['forwarded', 'for=192.0.2.7;host=a.example'],
  ['x-envoy-peer-metadata', 'x'],
  ['x-envoy-decorator-operation', 'x'],
  ['authorization', 'Bearer e30.e30.'],
  ['x-envoy-original-dst-host', '127.0.0.1:1'],
];
const ofHttp1: Headers = [
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['connection', 'upgrade'],
  ['connection', 'x-role'],
  ['connection', 'close, x-role, host'],
  ['te', 'trailers'],
  ['expect', '100-continue'],
  ['content-length', '0'],
  ['transfer-encoding', 'identity'],
  ['host', 'a.example'],
  ['host', 'deny.example.com'],
  [':authority', 'deny.example.com'],
  [':path', '/admin'],
];
/** Of HTTP/2, `host` beside `:authority`, and what its clients must not send. */
const ofHttp2: Headers = [
  ['host', 'a.example'],
  ['host', 'deny.example.com'],
  ['te', 'trailers'],
  ['content-length', '5'],
  ['x-role', 'user\u0001'],
];

export interface Style {
  readonly protocol: Protocol;
  readonly likeIstio: boolean;
}

/** Node frames no name that has a blank, a colon or a letter beyond ASCII. */
const framable = names.filter((name) => /^[\w-]+$/.test(name));

const header = ({ protocol, likeIstio }: Style, random: Random): readonly [string, string] => {
  const said = likeIstio && protocol === 'HTTP/2' ? values : [...values, ...padded];
  if (random.chance(0.5)) return [random.pick(protocol === 'HTTP/2' ? framable : names), random.pick(said)];
  return random.pick(random.chance(0.6) ? spoofs : protocol === 'HTTP/2' ? ofHttp2 : ofHttp1);
};

const changed = (text: string, changes: readonly Change[], random: Random): string => {
  let result = text;
  for (let times = random.below(2); times >= 0; times -= 1) result = random.pick(changes)(result, random);
  return result;
};

/** A second request in the first one's body, for whoever disagrees on where that ends; obsolete folds; odd ends of lines. */
const smuggled = (path: string, host: string, random: Random): Call => {
  const hidden = `GET ${random.pick(places)} HTTP/1.1\r\nhost: deny.example.com\r\nx-role: admin\r\n\r\n`;
  const body = random.pick([
    hidden,
    `0\r\n\r\n${hidden}`,
    `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    `1;x=\n\r\n0\r\n\r\n${hidden}`,
  ]);
  const lengths = [
    'content-length: 0',
    `content-length: ${body.length}`,
    'content-length: +0',
    'content-length: 0, 5',
    'content-length : 5',
    'content-length: 0x5',
  ];
  const encodings = [
    ...['transfer-encoding: chunked', 'transfer-encoding: xchunked', 'transfer-encoding : chunked', 'transfer-encoding: chunked, identity'],
    ...[
      'Transfer-Encoding:\tchunked',
      'transfer-encoding: identity, chunked',
      'transfer-encoding:\r\n chunked',
      'transfer-encoding: \x0bchunked',
    ],
  ];
  const folded = [
    'x-role: user\r\n admin',
    'x-role: user\r\n\tx-role: admin',
    'x-role: user\rx-role: admin',
    'x-role: user\nx-role: admin',
    'x-a: b\r\n\r',
    'x-role: us\0er',
    ' x-role: admin',
  ];
  const lines = [random.pick(lengths), random.pick(encodings), random.pick(folded), random.pick(lengths)].filter(() => random.chance(0.55));
  const end = random.chance(0.1) ? '\n' : '\r\n';
  const version = random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP/1.1 HTTP/1.1', 'http/1.1']);
  return { bytes: [`${random.pick(['GET', 'POST'])} ${path} ${version}`, `host: ${host}`, ...lines, '', body].join(end) };
};

export const variant = (style: Style, random: Random): Call => {
  const place = random.pick(places);
  const path = random.chance(0.6) ? changed(place, pathChanges, random) : place;
  const own = random.pick(random.chance(0.5) ? hosts.slice(0, 4) : hosts);
  const host = random.chance(0.25) ? changed(own, hostChanges, random) : own;
  if (style.protocol === 'HTTP/1.1' && random.chance(0.12)) return smuggled(path, host, random);
  const headers = Array.from({ length: random.pick([0, 0, 1, 1, 2, 3]) }, () => header(style, random));
  return { method: random.chance(0.7) ? 'GET' : random.pick(methods), path, host, headers };
};
