/** Two hundred tokens that must not be believed: each wrong in one way, for each kind of caller, and each accepted without it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fixture, instance, makeFixture } from './fixture.ts';

let fixture: Fixture;
let key: KeyObject;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(
    instance('shop', 'web-1'),
    instance('shop', 'gate-1', { serviceAccount: 'gate', proxy: 'gateway' }),
    instance('pay', 'ledger-0', { serviceAccount: 'ledger' }),
  );
  key = createPrivateKey(await readFile(join(fixture.directory, 'token.pem'), 'utf8'));
});
afterAll(() => fixture.close());

interface Holder {
  readonly namespace: string;
  readonly account: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}

const holders: readonly Holder[] = [
  { namespace: 'shop', account: 'default', pod: { name: 'web-1', uid: 'uid-shop-web-1' } },
  { namespace: 'shop', account: 'gate', pod: { name: 'gate-1', uid: 'uid-shop-gate-1' } },
  { namespace: 'shop', account: 'default' },
];

type Claims = JWTPayload & { 'kubernetes.io'?: unknown };

const now = (): number => Math.floor(fixture.clock.time / 1000);
const bindings = ({ namespace, account, pod }: Holder) => ({ namespace, serviceaccount: { name: account }, ...(pod && { pod }) });

const honest = (holder: Holder): Claims => ({
  iss: 'https://weftd.cluster.local',
  aud: ['istio-ca'],
  sub: `system:serviceaccount:${holder.namespace}:${holder.account}`,
  iat: now(),
  nbf: now(),
  exp: now() + 600,
  'kubernetes.io': bindings(holder),
});

const signed = (
  claims: Claims,
  header: JWTHeaderParameters = { alg: 'ES256' },
  by: Parameters<SignJWT['sign']>[0] = key,
): Promise<string> => new SignJWT(claims).setProtectedHeader(header).sign(by);

const base64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** What is wrong with what the token says. */
const lies: Readonly<Record<string, (holder: Holder) => Claims>> = {
  'no audience': () => ({ aud: undefined as never }),
  'another audience': () => ({ aud: 'vault' }),
  'the right audience and another': () => ({ aud: ['istio-ca', 'vault'] }),
  'another and the right audience': () => ({ aud: ['vault', 'istio-ca'] }),
  'no audience in the list': () => ({ aud: [] }),
  'an audience that begins like ours': () => ({ aud: 'istio-ca-2' }),
  'an audience in upper case': () => ({ aud: 'ISTIO-CA' }),
  'the right audience twice': () => ({ aud: ['istio-ca', 'istio-ca'] }),
  'an audience that is an object': () => ({ aud: { 0: 'istio-ca' } as never }),
  'expired by a second': () => ({ exp: now() - 1 }),
  'expired just now': () => ({ exp: now() }),
  'expired long ago': () => ({ iat: 1, nbf: 1, exp: 600 }),
  'no expiry': () => ({ exp: undefined as never }),
  'an expiry that is a text': () => ({ exp: `${now() + 600}` as never }),
  'an expiry in milliseconds': () => ({ exp: (now() + 600) * 1000 }),
  'not valid yet': () => ({ nbf: now() + 5 }),
  'no beginning': () => ({ nbf: undefined as never }),
  'no time of issue': () => ({ iat: undefined as never }),
  'an hour and a second of life': () => ({ exp: now() + 3601 }),
  'a day of life': () => ({ exp: now() + 86_400 }),
  'another issuer': () => ({ iss: 'https://kubernetes.default.svc' }),
  'an issuer that begins like ours': () => ({ iss: 'https://weftd.cluster.local.evil' }),
  'an issuer with a slash': () => ({ iss: 'https://weftd.cluster.local/' }),
  'no issuer': () => ({ iss: undefined as never }),
  'a list of issuers': () => ({ iss: ['https://weftd.cluster.local'] as never }),
  'no subject': () => ({ sub: undefined as never }),
  "the victim's subject": () => ({ sub: 'system:serviceaccount:pay:ledger' }),
  "the victim's bindings": () => ({ 'kubernetes.io': bindings({ namespace: 'pay', account: 'ledger' }) }),
  'a subject of another kind': ({ namespace, account }) => ({ sub: `system:node:${namespace}:${account}` }),
  'a subject with more': ({ namespace, account }) => ({ sub: `system:serviceaccount:${namespace}:${account}:x` }),
  'no bindings': () => ({ 'kubernetes.io': undefined }),
  'bindings that are a list': (holder) => ({ 'kubernetes.io': [bindings(holder)] }),
  'bindings that are a text': (holder) => ({ 'kubernetes.io': JSON.stringify(bindings(holder)) }),
  'no namespace': (holder) => ({ 'kubernetes.io': { ...bindings(holder), namespace: undefined } }),
  'an empty namespace': ({ account }) => ({
    'kubernetes.io': { namespace: '', serviceaccount: { name: account } },
    sub: `system:serviceaccount::${account}`,
  }),
  'a namespace with a slash': ({ account }) => ({
    'kubernetes.io': { namespace: 'pay/sa/ledger', serviceaccount: { name: account } },
    sub: `system:serviceaccount:pay/sa/ledger:${account}`,
  }),
  'an account with dots that leave it': ({ namespace }) => ({
    'kubernetes.io': { namespace, serviceaccount: { name: '..' } },
    sub: `system:serviceaccount:${namespace}:..`,
  }),
  'an account with a colon': () => ({
    'kubernetes.io': { namespace: 'pay', serviceaccount: { name: 'led:ger' } },
    sub: 'system:serviceaccount:pay:led:ger',
  }),
  'an account that is a list': (holder) => ({ 'kubernetes.io': { ...bindings(holder), serviceaccount: [{ name: holder.account }] } }),
  'a NUL in the namespace': ({ account }) => ({
    'kubernetes.io': { namespace: 'pay\0', serviceaccount: { name: account } },
    sub: `system:serviceaccount:pay\0:${account}`,
  }),
  'a pod without uid': (holder) => ({ 'kubernetes.io': { ...bindings(holder), pod: { name: 'web-1' } } }),
  'a pod that is nothing': (holder) => ({ 'kubernetes.io': { ...bindings(holder), pod: null } }),
  'a pod that is gone': (holder) => ({ 'kubernetes.io': { ...bindings(holder), pod: { name: 'web-7', uid: 'uid-shop-web-7' } } }),
  'a reused name': (holder) => ({ 'kubernetes.io': { ...bindings(holder), pod: { name: 'web-1', uid: 'former' } } }),
  "another pod's uid": (holder) => ({ 'kubernetes.io': { ...bindings(holder), pod: { name: 'web-1', uid: 'uid-pay-ledger-0' } } }),
  "a pod of another's account": (holder) => ({
    'kubernetes.io': {
      ...bindings(holder),
      pod: holder.account === 'gate' ? { name: 'web-1', uid: 'uid-shop-web-1' } : { name: 'gate-1', uid: 'uid-shop-gate-1' },
    },
  }),
};

/** What is wrong with how it is signed, or written. */
const forgeries: Readonly<Record<string, (claims: Claims) => Promise<string>>> = {
  'algorithm none': async (claims) => `${base64({ alg: 'none' })}.${base64(claims)}.`,
  'algorithm NONE': async (claims) => `${base64({ alg: 'NONE' })}.${base64(claims)}.AA`,
  'no algorithm': async (claims) => `${base64({})}.${base64(claims)}.AA`,
  'HS256 with the public key': (claims) =>
    signed(claims, { alg: 'HS256' }, Buffer.from(createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString())),
  'HS256 with the bytes of the public key': (claims) =>
    signed(claims, { alg: 'HS256' }, createPublicKey(key).export({ format: 'der', type: 'spki' })),
  'a key id that is a path': (claims) => signed(claims, { alg: 'HS256', kid: '../../../../dev/null' }, Buffer.alloc(32)),
  'a key by address': (claims) => signed(claims, { alg: 'ES256', jku: 'https://evil.example/keys' }, otherKey()),
  'its own key beside it': (claims) => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return signed(claims, { alg: 'ES256', jwk: pair.publicKey.export({ format: 'jwk' }) as never }, pair.privateKey);
  },
  'another key': (claims) => signed(claims, { alg: 'ES256' }, otherKey()),
  'another curve': (claims) => signed(claims, { alg: 'ES384' }, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
  'an RSA key': (claims) => signed(claims, { alg: 'RS256' }, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
  'a signature of zeros': async (claims) => `${base64({ alg: 'ES256' })}.${base64(claims)}.${Buffer.alloc(64).toString('base64url')}`,
  'no signature': async (claims) => `${base64({ alg: 'ES256' })}.${base64(claims)}.`,
  'a cut signature': async (claims) => (await signed(claims)).slice(0, -4),
  'a longer signature': async (claims) => `${await signed(claims)}AAAA`,
  'the signature of another': async (claims) => {
    const [header, payload] = (await signed(claims)).split('.');
    return [header, payload, (await signed({ ...claims, jti: 'x' })).split('.')[2]].join('.');
  },
  'another payload': async (claims) => {
    const [header, , signature] = (await signed(claims)).split('.');
    return [header, base64({ ...claims, sub: 'system:serviceaccount:pay:ledger' }), signature].join('.');
  },
  'four parts': async (claims) => `${await signed(claims)}.AA`,
  'two tokens': async (claims) => `${await signed(claims)},${await signed(claims)}`,
  'a critical header': async (claims) => {
    const header = base64({ alg: 'ES256', crit: ['x'], x: 1 });
    return [header, ...(await signed(claims)).split('.').slice(1)].join('.');
  },
  'nine thousand bytes': (claims) => signed({ ...claims, x: 'a'.repeat(9000) }),
};

const otherKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const believed = async (token: string): Promise<boolean> => (await fixture.ca.authenticate({ authorization: `Bearer ${token}` })).ok;

test('two hundred bad tokens are refused, and each holder is believed without what is wrong', async () => {
  const wrong: string[] = [];
  let tried = 0;
  for (const [index, holder] of holders.entries()) {
    expect(await believed(await signed(honest(holder)))).toBe(true);
    const claims = honest(holder);
    const lying = Object.entries(lies).map(([name, lie]) => [name, () => signed({ ...claims, ...lie(holder) })] as const);
    const forged = Object.entries(forgeries).map(([name, forge]) => [name, () => forge(claims)] as const);
    for (const [name, make] of [...lying, ...forged]) {
      tried += 1;
      if (await believed(await make())) wrong.push(`${index}: ${name}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(200);
});
