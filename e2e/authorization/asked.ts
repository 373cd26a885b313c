/** Random requests of the worlds that the policies of `chance.ts` are about. */
import type { Request } from '@weft/model';
import type { Random } from '../simulation/random.ts';
import { numberHeader } from './authorizers.ts';
import { identities } from './chance.ts';

/** What a request bears. */
export interface Token {
  readonly claims: object;
  /** By a key that is not the issuer's. */
  readonly forged: boolean;
  readonly place: 'authorization' | 'header' | 'param' | 'cookie';
}

export interface Asked {
  /** Index of an identity; absent: plaintext. */
  readonly identity?: number;
  /** The address that is called, and who calls. */
  readonly at: string;
  readonly source: string;
  /** For whom `source` speaks with a PROXY header; absent: for itself. */
  readonly client?: string;
  readonly serverName: string;
  readonly request: Request;
  readonly http2: boolean;
  readonly tokens: readonly Token[];
}

/** Where and how it is asked. */
export interface Door {
  readonly port: number;
  /** Absent: both are served. */
  readonly identified?: boolean;
  /** Connections begin with a PROXY header. */
  readonly proxied: boolean;
}

export const paths = [
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
  '/a%2Fb',
  '/a/%62?q=1',
  '/a/b/c/d?x=/a',
  '/a%00',
];
/** Of no use in HTTP/2, whose library escapes them. */
const oddPaths = ['/a/é', '/?q=é'];
export const hosts = ['a.example', 'b.example', 'A.EXAMPLE', 'web', 'a.example.'];
export const addresses = [
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

export const claims = (random: Random) => ({
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

const token = (random: Random): Token => ({
  claims: claims(random),
  forged: random.chance(0.1),
  place: random.pick(['authorization', 'authorization', 'authorization', 'header', 'param', 'cookie'] as const),
});

const tokensOf = (random: Random): readonly Token[] => {
  if (random.chance(0.4)) return [];
  return random.chance(0.2) ? [token(random), token(random)] : [token(random)];
};

/** What clients should not say. */
const ofProxies = [
  'x-request-id',
  'x-envoy-internal',
  'x-envoy-max-retries',
  'x-envoy-attempt-count',
  'x-envoy-decorator-operation',
  'x-envoy-original-path',
  'x-forwarded-client-cert',
];

/** HTTP/2 has no answer to what HTTP/1.1 refuses: its connections end (`e2e/attacks`). */
const headers = (random: Random, http2: boolean): Record<string, string | string[]> => ({
  ...(random.chance(0.5) && { 'x-v': random.pick(['v', 'vw', 'wv', 'w', '', 'a,b', 'w, v', ['v', 'w'], ['w', 'v'], ['v', 'v']]) }),
  ...(random.chance(0.2) && { accept: random.pick(['v', 'w,v', ['v', 'w'], ['v', 'v']]) }),
  ...(random.chance(0.5) && { 'x-forwarded-for': random.pick(addresses) }),
  ...(!http2 && random.chance(0.1) && { x_v: 'v' }),
  ...(random.chance(0.2) && { 'x-user': 'ann' }),
  ...(random.chance(0.2) && { 'x-payload': 'client' }),
  ...(random.chance(0.2) && { 'x-forwarded-proto': random.pick(['http', 'https', 'odd']) }),
  ...(random.chance(0.2) && { [random.pick(ofProxies)]: 'said' }),
  // What the authorizers are to say of it.
  'x-words': random.chance(0.7) ? 'yes' : 'no',
  'x-web': random.chance(0.7) ? 'yes' : 'no',
});

/** @param number tells it from all others */
export const askedOf = (random: Random, { port, identified, proxied }: Door, number: string): Asked => {
  const v6 = random.chance(0.25);
  const isPlain = identified === undefined ? random.chance(0.3) : !identified;
  const http2 = random.chance(0.4);
  const host = random.pick(hosts);
  const clients = v6 ? ['2001:db8::1', '2001:db8:0:1::9'] : ['203.0.113.7', '203.0.113.200', '10.0.0.1', '127.0.0.17'];
  return {
    ...(!isPlain && { identity: random.below(identities.length) }),
    at: v6 ? '::1' : '127.0.0.2',
    source: v6 ? '::1' : random.pick(['127.0.0.1', '127.0.0.3', '127.0.0.17', '127.0.0.18']),
    ...(proxied && { client: random.pick(clients) }),
    serverName: random.pick(['web.example', 'outbound_.80_._.web.shop.svc.cluster.local', '']),
    request: {
      host,
      port,
      authority: random.chance(0.2) ? `${host}:8080` : host,
      path: random.pick(http2 ? paths : [...paths, ...oddPaths]),
      method: random.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']),
      headers: { ...headers(random, http2), [numberHeader]: number },
    },
    http2,
    tokens: tokensOf(random),
  };
};

export type Sign = (token: Token) => Promise<string>;

const withToken = ({ path = '/', headers: said = {}, ...rest }: Request, place: Token['place'], text: string): Request => {
  switch (place) {
    case 'authorization':
      return { ...rest, path, headers: { ...said, authorization: `Bearer ${text}` } };
    case 'header':
      return { ...rest, path, headers: { ...said, 'x-token': `Token ${text}` } };
    case 'param':
      return { ...rest, path: `${path}${path.includes('?') ? '&' : '?'}access_token=${text}`, headers: said };
    case 'cookie':
      return { ...rest, path, headers: { ...said, cookie: `a=b; session=${text}` } };
  }
};

/** The request with its tokens, in bytes. */
export const signed = async (asked: Asked, sign: Sign): Promise<Asked> => {
  let { request } = asked;
  for (const one of asked.tokens) request = withToken(request, one.place, await sign(one));
  return { ...asked, request };
};
