import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fixture, instance, makeCsr, makeFixture, webCaller } from './fixture.ts';
import { keyRefusal } from './key-policy.ts';
import { makeKeys, x509 } from './x509.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(instance('shop', 'web-1'), instance('pay', 'ledger-0', { serviceAccount: 'ledger' }));
});
afterAll(() => fixture.close());

const webKeys = (algorithm: object) =>
  crypto.subtle.generateKey(algorithm as never, true, ['sign', 'verify']) as unknown as ReturnType<typeof makeKeys>;

test.each([
  ['P-256', { name: 'ECDSA', namedCurve: 'P-256' }],
  ['P-384', { name: 'ECDSA', namedCurve: 'P-384' }],
  ['Ed25519', { name: 'Ed25519' }],
  ['RSA with 2048 bits', { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }],
])('a certificate is issued for a key of %s', async (_, algorithm) => {
  const keys = await webKeys(algorithm);
  const signingAlgorithm = { hash: 'SHA-256', ...keys.privateKey.algorithm } as never;
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=x', keys, signingAlgorithm });
  const answer = await fixture.ca.issue(csr.toString('pem'), webCaller);
  if (!answer.ok) throw new Error(answer.reason);
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
  expect(new X509Certificate(answer.certificate.chain[0] ?? '').publicKey.export({ type: 'spki', format: 'der' })).toEqual(spki);
});

describe('a CSR is refused', () => {
  const reason = async (csr: string): Promise<string> => {
    const answer = await fixture.ca.issue(csr, webCaller);
    return answer.ok ? 'issued' : answer.reason;
  };
  const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const pemOf = (der: Uint8Array): string => x509.PemConverter.encode(der, 'CERTIFICATE REQUEST');

  test('with the key of somebody else', async () => {
    const [mine, theirs] = [await makeKeys(), await makeKeys()];
    expect(await reason(await makeCsr({ keys: { publicKey: theirs.publicKey, privateKey: mine.privateKey } }))).toContain(
      'not signed with its own key',
    );
  });
  test('with one byte of its signature changed', async () => {
    const der = derOf(await makeCsr());
    der[der.length - 10] = (der[der.length - 10] ?? 0) ^ 1;
    expect(await reason(pemOf(der))).toContain('not signed');
  });

  test.each([
    ['P-521', () => webKeys({ name: 'ECDSA', namedCurve: 'P-521' }), 'key type'],
    [
      'RSA with 1024 bits',
      () => webKeys({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }),
      'key type',
    ],
    [
      'RSA with exponent 3',
      () => webKeys({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([3]), hash: 'SHA-256' }),
      'exponent',
    ],
    [
      'SHA-1',
      () => webKeys({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }),
      'signature algorithm',
    ],
  ])('with %s', async (_, keys, why) => {
    const pair = await keys();
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=x',
      keys: pair,
      signingAlgorithm: { hash: 'SHA-256', ...pair.privateKey.algorithm } as never,
    });
    expect(await reason(csr.toString('pem'))).toContain(why);
  });
  test('with an RSA key above 4096 bits, before any arithmetic', () => {
    const key = Buffer.concat([Buffer.from('3082091a300d06092a864886f70d010101050003820000', 'hex'), Buffer.alloc(2300, 0xff)]);
    expect(keyRefusal(key)).toContain('longer than 4096');
  });

  test.each(['', 'x', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----', 'A'.repeat(20_000)])(
    'that is none: %.40s',
    async (text) => {
      expect(await reason(text)).not.toBe('issued');
    },
  );
  test('when its bytes are altered anywhere, or else it is the same request', async () => {
    const keys = await makeKeys();
    const wish = new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://cluster.local/ns/pay/sa/ledger' }]);
    const original = derOf(await makeCsr({ keys, extensions: [wish] }));
    const mutation = fc.record({
      at: fc.nat(original.length - 1),
      value: fc.nat(255),
      cut: fc.nat(original.length),
      kind: fc.constantFrom('flip', 'cut', 'insert'),
    });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, value, cut, kind }) => {
        const der = Buffer.from(original);
        if (kind === 'flip') der[at] = value;
        const inserted = Buffer.concat([der.subarray(0, at), Buffer.from([value]), der.subarray(at)]);
        const bytes = kind === 'cut' ? der.subarray(0, cut) : kind === 'insert' ? inserted : der;
        const answer = await fixture.ca.issue(pemOf(bytes), webCaller);
        if (!answer.ok) return;
        // Encodings of one request may differ in bytes that nothing reads; the certificate may not.
        const leaf = new X509Certificate(answer.certificate.chain[0] ?? '');
        expect(leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/default, DNS:web.web.v1_d2.east.meta.mesh');
        expect(leaf.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
          Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)),
        );
      }),
      { numRuns: 400 },
    );
  });
});
