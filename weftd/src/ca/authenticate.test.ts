import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Authentication, Caller } from './caller.ts';
import { type Fixture, instance, makeCsr, makeFixture } from './fixture.ts';

let fixture: Fixture;
let pem: string;
beforeAll(async () => {
  fixture = await makeFixture();
  pem = await readFile(join(fixture.directory, 'token.pem'), 'utf8');
});
beforeEach(() => {
  fixture.instances.splice(
    0,
    Number.POSITIVE_INFINITY,
    instance('shop', 'web-1'),
    instance('pay', 'ledger-0', { serviceAccount: 'ledger' }),
  );
});
afterAll(() => fixture.close());

const pod = { name: 'web-1', uid: 'uid-shop-web-1' };
const wish = { namespace: 'shop', serviceAccount: 'default', pod };
const withToken = (token: string): Promise<Authentication> => fixture.ca.authenticate({ authorization: `Bearer ${token}` });
const mint = async (request = wish): Promise<string> => {
  const minted = await fixture.ca.mint(request);
  if (!minted.ok) throw new Error(minted.reason);
  return minted.token.token;
};

describe('a minted token', () => {
  test('proves its account and its instance, for an hour', async () => {
    expect(await withToken(await mint())).toEqual({
      ok: true,
      caller: {
        identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' },
        instance: pod,
        workload: 'web',
        by: 'token',
      },
    });
  });

  test('is good up to its last second and not beyond', async () => {
    const start = fixture.clock.time;
    const token = await mint();
    fixture.clock.time = start + 3_598_000;
    expect(await withToken(token)).toMatchObject({ ok: true });
    fixture.clock.time = start + 3_601_000;
    expect(await withToken(token)).toMatchObject({ ok: false });
    fixture.clock.time = start;
  });

  test('dies with its pod, with a pod that takes its name, and with a change of the account', async () => {
    const token = await mint();
    fixture.instances.splice(0, 1);
    expect(await withToken(token)).toMatchObject({ ok: false, reason: expect.stringContaining('gone') });
    fixture.instances.push(instance('shop', 'web-1', { uid: 'another' }));
    expect(await withToken(token)).toMatchObject({ ok: false, reason: expect.stringContaining('gone') });
    fixture.instances.splice(-1, 1, instance('shop', 'web-1', { serviceAccount: 'other' }));
    expect(await withToken(token)).toMatchObject({ ok: false, reason: expect.stringContaining('another service account') });
  });

  test('survives a restart of weftd', async () => {
    const token = await mint();
    const again = await fixture.reopen();
    expect(await again.authenticate({ authorization: `Bearer ${token}` })).toMatchObject({ ok: true });
  });

  test.each([
    ['for a pod that is not there', { ...wish, pod: { name: 'web-2', uid: 'x' } }],
    ['for another uid', { ...wish, pod: { name: 'web-1', uid: 'x' } }],
    ["for another pod's account", { ...wish, serviceAccount: 'ledger' }],
    ['for longer than an hour', { ...wish, ttlSeconds: 3601 }],
    ['for no time', { ...wish, ttlSeconds: 0 }],
    ['for a name with a slash', { namespace: 'shop/sa', serviceAccount: 'default' }],
  ])('is not to be had %s', async (_, request) => {
    expect(await fixture.ca.mint(request)).toMatchObject({ ok: false });
  });
});

const forge = async (
  payload: JWTPayload,
  { header = { alg: 'ES256' }, key }: { header?: JWTHeaderParameters; key?: Parameters<SignJWT['sign']>[0] } = {},
): Promise<string> => {
  const seconds = Math.floor(fixture.clock.time / 1000);
  const claims = {
    iss: 'https://weftd.cluster.local',
    aud: ['istio-ca'],
    sub: 'system:serviceaccount:shop:default',
    iat: seconds,
    nbf: seconds,
    exp: seconds + 600,
    'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'default' }, pod },
    ...payload,
  };
  return new SignJWT(claims).setProtectedHeader(header).sign(key ?? createPrivateKey(pem));
};
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(fixture.clock.time / 1000);

/** Reliability 5.4. The first row shows that the forger's tokens are right but for what each row changes. */
const tokens: Readonly<Record<string, () => Promise<string>>> = {
  'no audience': () => forge({ aud: undefined as never }),
  'another audience': () => forge({ aud: 'vault' }),
  'the right audience among others': () => forge({ aud: ['istio-ca', 'vault'] }),
  'an empty audience': () => forge({ aud: [] }),
  'expired by a second': () => forge({ exp: now() - 1 }),
  'no expiry': () => forge({ exp: undefined as never }),
  'not valid yet': () => forge({ nbf: now() + 5 }),
  'two hours of life': () => forge({ exp: now() + 7200 }),
  'another issuer': () => forge({ iss: 'https://kubernetes.default.svc' }),
  'no issuer': () => forge({ iss: undefined as never }),
  'another subject': () => forge({ sub: 'system:serviceaccount:pay:ledger' }),
  'no claims of Kubernetes': () => forge({ 'kubernetes.io': undefined }),
  'a namespace that is no name': () =>
    forge({ 'kubernetes.io': { namespace: 'a/b', serviceaccount: { name: 'default' } }, sub: 'system:serviceaccount:a/b:default' }),
  'a pod of another account': () =>
    forge({ 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'ledger' }, pod }, sub: 'system:serviceaccount:shop:ledger' }),
  'a pod of another namespace': () =>
    forge({ 'kubernetes.io': { namespace: 'pay', serviceaccount: { name: 'default' }, pod }, sub: 'system:serviceaccount:pay:default' }),
  'a pod without uid': () => forge({ 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'default' }, pod: { name: 'web-1' } } }),
  'a reused name': () =>
    forge({ 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'default' }, pod: { name: 'web-1', uid: 'former' } } }),
  'a critical header': () => forge({}, { header: { alg: 'ES256', crit: ['x'], x: 1 } as never }).catch(() => 'x.y.z'),
  'another key': async () =>
    forge({}, { key: (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])).privateKey }),
  'HS256 with the public key': () =>
    forge({}, { header: { alg: 'HS256' }, key: Buffer.from(createPublicKey(pem).export({ format: 'pem', type: 'spki' }).toString()) }),
  'algorithm none': async () => {
    const [, payload = ''] = (await forge({})).split('.');
    return `${base64({ alg: 'none' })}.${payload}.`;
  },
  'a key id that is a path, and no key of ours': () =>
    forge({}, { header: { alg: 'HS256', kid: '../../../../dev/null' }, key: Buffer.alloc(32) }),
  'its own key beside it': async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
    return forge({}, { header: { alg: 'ES256', jwk: jwk as never }, key: pair.privateKey });
  },
  'a changed payload': async () => {
    const [header, , signature] = (await forge({})).split('.');
    return [header, base64({ sub: 'system:serviceaccount:pay:ledger' }), signature].join('.');
  },
  'a cut signature': async () => (await forge({})).slice(0, -4),
  'ten thousand bytes': async () => `${await forge({ x: 'a'.repeat(10_000) })}`,
  'no dots': async () => 'token',
};

describe('a token is refused with', () => {
  test('nothing wrong: that one is accepted', async () => {
    expect(await withToken(await forge({}))).toMatchObject({ ok: true });
    expect(await withToken(await forge({ aud: 'istio-ca' }))).toMatchObject({ ok: true });
  });
  test.each(Object.entries(tokens))('%s', async (_, make) => {
    expect(await withToken(await make())).toMatchObject({ ok: false, reason: expect.stringMatching(/./) });
  });
  test('another scheme, or nothing at all', async () => {
    const token = await mint();
    for (const authorization of ['', 'Bearer', token, `Basic ${token}`, `Bearer ${token} ${token}`, `Bearer  ${token}\n`]) {
      expect(await fixture.ca.authenticate({ authorization })).toMatchObject({ ok: false });
    }
    expect(await fixture.ca.authenticate({})).toMatchObject({ ok: false });
  });
});

describe('a certificate', () => {
  const caller: Caller = {
    identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' },
    instance: pod,
    by: 'token',
  };
  const certificate = async (from = fixture.ca, who = caller): Promise<Uint8Array> => {
    const answer = await from.issue(await makeCsr(), who);
    if (!answer.ok) throw new Error(answer.reason);
    return new X509Certificate(answer.certificate.chain[0] ?? '').raw;
  };

  test('proves identity, instance and workload', async () => {
    expect(await fixture.ca.authenticate({ certificate: await certificate() })).toEqual({
      ok: true,
      caller: { ...caller, workload: 'web', by: 'certificate' },
    });
  });

  test('without an instance proves the account alone', async () => {
    const bare: Caller = { identity: caller.identity, by: 'token' };
    const answer = await fixture.ca.authenticate({ certificate: await certificate(fixture.ca, bare) });
    expect(answer).toEqual({ ok: true, caller: { identity: caller.identity, by: 'certificate' } });
  });

  test('is judged alone: a good token beside a bad one changes nothing', async () => {
    const bad = await certificate();
    fixture.instances.splice(0, 1);
    const bareToken = await fixture.ca.mint({ namespace: 'shop', serviceAccount: 'default' });
    const authorization = `Bearer ${bareToken.ok ? bareToken.token.token : ''}`;
    expect(await fixture.ca.authenticate({ authorization })).toMatchObject({ ok: true });
    expect(await fixture.ca.authenticate({ certificate: bad, authorization })).toMatchObject({ ok: false });
  });

  test('dies with its pod', async () => {
    const held = await certificate();
    fixture.instances.splice(0, 1, instance('shop', 'web-1', { uid: 'next' }));
    expect(await fixture.ca.authenticate({ certificate: held })).toMatchObject({ ok: false, reason: expect.stringContaining('gone') });
  });

  test('expires', async () => {
    const held = await certificate();
    fixture.clock.time += 86_401_000;
    expect(await fixture.ca.authenticate({ certificate: held })).toMatchObject({ ok: false, reason: expect.stringContaining('expired') });
    fixture.clock.time -= 86_401_000;
  });

  test('of another CA with the same names is refused', async () => {
    const other = await makeFixture();
    other.instances.push(instance('shop', 'web-1'));
    const held = await certificate(other.ca);
    expect(await fixture.ca.authenticate({ certificate: held })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('not issued'),
    });
    await other.close();
  });

  test("of weftd's own server, of an issuer, or of noise is no caller", async () => {
    const blocks = (text: string) => text.split(/(?<=-----END CERTIFICATE-----\n?)/).filter((block) => block.includes('BEGIN'));
    const { certificate: chain, roots } = fixture.ca.serving.current();
    const ders = [...blocks(chain), ...blocks(roots)].map((block) => new X509Certificate(block).raw);
    expect(ders).toHaveLength(3);
    for (const der of [...ders, randomBytes(500), new Uint8Array(0), new Uint8Array(100_000)]) {
      expect(await fixture.ca.authenticate({ certificate: der })).toMatchObject({ ok: false });
    }
  });
});
