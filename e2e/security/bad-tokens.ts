/** Tokens that nobody may accept, each made from a good one by one trick. */
import { createHmac, createSign, type KeyObject, sign as signBytes } from 'node:crypto';

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Forge {
  /** The issuer's own, which an attacker has not: what is signed with them is wrong in another way. */
  readonly rsa: Keys;
  readonly ec: Keys;
  /** The attacker's. */
  readonly other: { readonly rsa: Keys; readonly ec: Keys };
  readonly issuer: string;
  readonly audience: string;
  /** Unix seconds. */
  readonly now: number;
}

export interface BadToken {
  readonly trick: string;
  /** Header lines, and the query. */
  readonly headers: readonly string[];
  readonly query?: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Signed by RS256 or ES256, whatever the header says. */
const signed = (header: Claims | string, claims: Claims | string, key: KeyObject): string => {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature =
    key.asymmetricKeyType === 'ec'
      ? signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
      : createSign('sha256').update(text).sign(key);
  return `${text}.${signature.toString('base64url')}`;
};

const hmac = (header: Claims, claims: Claims, secret: string | Buffer): string => {
  const text = `${encode(header)}.${encode(claims)}`;
  const hash = String(header['alg']).replace('HS', 'sha');
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
};

const rs256 = { alg: 'RS256', kid: 'rsa', typ: 'JWT' };
const es256 = { alg: 'ES256', kid: 'ec', typ: 'JWT' };

export const goodClaims = ({ issuer, audience, now }: Forge): Claims => ({ iss: issuer, sub: 'eve', aud: audience, exp: now + 3600 });

export const goodToken = (forge: Forge, claims: Claims = {}): string =>
  signed(rs256, { ...goodClaims(forge), ...claims }, forge.rsa.privateKey);

const bearer = (token: string): readonly string[] => [`authorization: Bearer ${token}`];
const named = (trick: string, tokens: readonly string[]): readonly BadToken[] =>
  tokens.map((token, index) => ({ trick: `${trick} ${index}`, headers: bearer(token) }));

const malformed = (good: string): readonly string[] => {
  const [head = '', body = '', signature = ''] = good.split('.');
  return [
    ...[
      'a',
      'a.b',
      'a.b.c',
      'a.b.c.d',
      '..',
      '.',
      '...',
      '{}',
      'null',
      'undefined',
      '%00',
      encode('{}'),
      `${encode('{}')}.${encode('{}')}.`,
    ],
    ...[`${head}.${body}`, `${head}.${body}.`, `${head}..${signature}`, `.${body}.${signature}`, `${good}.${signature}`, `${good}.a.b`],
    ...[`${head}=.${body}.${signature}`, `${head}.${body}.${signature}!`, `${head}.${body}!.${signature}`, `${head} .${body}.${signature}`],
    ...[
      `${encode('[]')}.${body}.${signature}`,
      `${encode('"RS256"')}.${body}.${signature}`,
      `${encode('{"alg":"RS256"')}.${body}.${signature}`,
    ],
    ...[
      `${head}.${encode('[]')}.${signature}`,
      `${head}.${encode('')}.${signature}`,
      'A'.repeat(6000),
      `${'A'.repeat(2000)}.${body}.${signature}`,
    ],
  ];
};

const algorithms = (forge: Forge): readonly string[] => {
  const claims = goodClaims(forge);
  const good = goodToken(forge);
  const [, , signature = ''] = good.split('.');
  const without = [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'null',
    'RS0',
    'HS0',
    'RS1',
    'ES256K',
    'RS257',
    'rs256',
    'RS256 ',
    'RSA',
    'A256GCM',
    'dir',
  ];
  const strange = [null, 0, true, [], ['RS256'], { a: 'RS256' }];
  const publicForms = [
    forge.rsa.publicKey.export({ type: 'spki', format: 'pem' }),
    forge.rsa.publicKey.export({ type: 'spki', format: 'der' }),
    forge.rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
    forge.ec.publicKey.export({ type: 'spki', format: 'pem' }),
    String(forge.rsa.publicKey.export({ format: 'jwk' }).n),
    Buffer.from(String(forge.rsa.publicKey.export({ format: 'jwk' }).n), 'base64url'),
    JSON.stringify(forge.rsa.publicKey.export({ format: 'jwk' })),
    '',
  ];
  return [
    ...without.map((alg) => `${encode({ ...rs256, alg })}.${encode(claims)}.`),
    ...without.map((alg) => `${encode({ ...rs256, alg })}.${encode(claims)}.${signature}`),
    ...strange.map((alg) => signed({ ...rs256, alg }, claims, forge.rsa.privateKey)),
    ...publicForms.flatMap((secret) => ['HS256', 'HS384', 'HS512'].map((alg) => hmac({ alg, kid: 'rsa' }, claims, secret))),
    signed({ ...rs256, alg: 'PS256' }, claims, forge.rsa.privateKey),
    signed({ ...rs256, alg: 'RS512' }, claims, forge.rsa.privateKey),
    signed({ ...es256, alg: 'ES384' }, claims, forge.ec.privateKey),
    signed({ kid: 'rsa' }, claims, forge.rsa.privateKey),
    // Signatures of zeros, which careless verifiers of ECDSA take (CVE-2022-21449).
    ...[64, 0, 70, 72].map((size) => `${encode(es256)}.${encode(claims)}.${Buffer.alloc(size).toString('base64url')}`),
  ];
};

const keyNames = (forge: Forge): readonly string[] => {
  const claims = goodClaims(forge);
  const { rsa, ec } = forge.other;
  const own = rsa.publicKey.export({ format: 'jwk' });
  const names: readonly unknown[] = ['rsa', 'other', '', '../../dev/null', '/dev/null', "' OR 1=1 --", '*', 0, null, [], ['rsa'], {}];
  return [
    ...names.map((kid) => signed({ alg: 'RS256', kid }, claims, rsa.privateKey)),
    ...['ec', 'rsa', '', 'x'].map((kid) => signed({ alg: 'ES256', kid }, claims, ec.privateKey)),
    ...['/dev/null', '../../../../dev/null', 'rsa'].map((kid) => hmac({ alg: 'HS256', kid }, claims, '')),
    signed({ alg: 'RS256' }, claims, rsa.privateKey),
    signed({ ...rs256, jwk: { ...own, kid: 'rsa' } }, claims, rsa.privateKey),
    signed({ ...rs256, jku: 'http://127.0.0.1:1/keys' }, claims, rsa.privateKey),
    signed({ ...rs256, x5u: 'http://127.0.0.1:1/chain' }, claims, rsa.privateKey),
    signed({ ...rs256, x5c: [rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }, claims, rsa.privateKey),
    signed({ alg: 'RS256', kid: 'ec' }, claims, rsa.privateKey),
    signed({ ...es256, kid: 'rsa' }, claims, forge.ec.privateKey),
    signed(`{"alg":"none","alg":"RS256","kid":"rsa"}`, claims, rsa.privateKey),
  ];
};

const claimsOf = (forge: Forge): readonly string[] => {
  const { issuer, audience, now } = forge;
  const issuers: readonly unknown[] = [
    ...[
      '',
      'https://evil.example',
      `${issuer}/`,
      `${issuer} `,
      ` ${issuer}`,
      issuer.toUpperCase(),
      `${issuer}.evil.example`,
      issuer.slice(0, -1),
    ],
    ...[null, 0, true, [issuer], { a: issuer }, `${issuer}\u0000`, 'https://LOGIN.example', issuer.replace('https', 'http')],
  ];
  const audiences: readonly unknown[] = [
    ...[
      '',
      'other',
      `${audience}s`,
      audience.slice(0, -1),
      audience.toUpperCase(),
      ` ${audience}`,
      `${audience} other`,
      `${audience},other`,
    ],
    ...[null, 0, true, [], ['other'], [[audience]], { a: audience }, `https://${audience}.evil`],
  ];
  // A minute's difference of clocks is Envoy's to forgive.
  const ends: readonly unknown[] = [
    now - 120,
    now - 3600,
    now - 86_400 * 365,
    1,
    -1,
    'tomorrow',
    String(now + 3600),
    [now + 3600],
    {},
    true,
  ];
  const starts: readonly unknown[] = [now + 120, now + 3600, now + 86_400 * 365, 4_000_000_000, 'now', [0], {}];
  const make = (claims: Claims): string => goodToken(forge, claims);
  const { iss: _iss, ...nobodys } = goodClaims(forge);
  const { aud: _aud, ...forNobody } = goodClaims(forge);
  return [
    ...issuers.map((iss) => make({ iss })),
    ...audiences.map((aud) => make({ aud })),
    ...ends.map((exp) => make({ exp })),
    ...starts.map((nbf) => make({ nbf })),
    signed(rs256, nobodys, forge.rsa.privateKey),
    signed(rs256, forNobody, forge.rsa.privateKey),
  ];
};

/** Each part with one letter changed in several places. */
const altered = (good: string): readonly string[] => {
  const parts = good.split('.');
  return parts.flatMap((part, which) =>
    [0.05, 0.2, 0.4, 0.6, 0.8, 0.9].map((share) => {
      const at = Math.floor(part.length * share);
      const letter = part[at] === 'A' ? 'B' : 'A';
      const changed = part.slice(0, at) + letter + part.slice(at + 1);
      return parts.map((other, index) => (index === which ? changed : other)).join('.');
    }),
  );
};

const swapped = (forge: Forge): readonly string[] => {
  const [head = '', body = '', signature = ''] = goodToken(forge).split('.');
  const admin = encode({ ...goodClaims(forge), sub: 'admin' });
  const [, , ofOther = ''] = goodToken(forge, { sub: 'other' }).split('.');
  return [
    `${head}.${admin}.${signature}`,
    `${head}.${body}.${ofOther}`,
    `${encode(es256)}.${body}.${signature}`,
    `${head}.${body}.${signature}${signature}`,
  ];
};

/** A good token does not make up for a bad one. */
const severalTokens = (forge: Forge): readonly BadToken[] => {
  const good = goodToken(forge);
  const bad = goodToken(forge, { exp: forge.now - 600 });
  return [
    { trick: 'two headers, the second bad', headers: [...bearer(good), ...bearer(bad)] },
    { trick: 'two headers, the first bad', headers: [...bearer(bad), ...bearer(good)] },
    { trick: 'a list in one header', headers: bearer(`${good}, Bearer ${bad}`) },
    { trick: 'a list in one header, the first bad', headers: bearer(`${bad}, Bearer ${good}`) },
    { trick: 'bad in the query', headers: [], query: `?access_token=${bad}` },
    { trick: 'good in the header, bad in the query', headers: bearer(good), query: `?access_token=${bad}` },
    { trick: 'bad in the header, good in the query', headers: bearer(bad), query: `?access_token=${good}` },
    { trick: 'bad in the query, escaped', headers: [], query: `?access_token=${bad.replaceAll('.', '%2E')}` },
  ];
};

export const badTokens = (forge: Forge): readonly BadToken[] => [
  ...named('malformed', malformed(goodToken(forge))),
  ...named('algorithm', algorithms(forge)),
  ...named('key', keyNames(forge)),
  ...named('claims', claimsOf(forge)),
  ...named('altered', altered(goodToken(forge))),
  ...named('swapped', swapped(forge)),
  ...severalTokens(forge),
];
