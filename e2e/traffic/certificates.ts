/** Certificates for tests: a CA, and what it signs. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ed25519 = { name: 'Ed25519' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };

export interface Leaf {
  readonly certificate: string;
  readonly key: string;
}

export interface LeafOptions {
  readonly kind?: 'ecdsa' | 'rsa' | 'ed25519';
  /** Of an elliptic key. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521';
  /** What stands beside the host, such as an identity; none where it is empty. */
  readonly uris?: readonly string[];
  /** Common name; absent: the host. */
  readonly name?: string;
  /** Of an RSA key. */
  readonly bits?: number;
  /** Days from now, negative for the past. */
  readonly days?: number;
}

export interface Root {
  readonly certificate: string;
  /** Its list of revoked certificates, an empty one. */
  readonly revoked: string;
  issue(host: string, options?: LeafOptions): Promise<Leaf>;
}

const pem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

const day = 86_400_000;

export const makeRoot = async (name: string): Promise<Root> => {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ecdsa,
    notBefore: new Date(Date.now() - 100 * day),
    notAfter: new Date(Date.now() + 100 * day),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign)],
  });
  const revoked = await x509.X509CrlGenerator.create({ issuer: root.subject, signingKey: keys.privateKey, signingAlgorithm: ecdsa });
  return {
    certificate: root.toString('pem'),
    revoked: x509.PemConverter.encode(revoked.rawData, 'X509 CRL'),
    issue: async (host, { kind = 'ecdsa', curve = 'P-256', name: subject = host, uris = [], bits = 2048, days = 1 } = {}) => {
      const algorithm = { ecdsa: { ...ecdsa, namedCurve: curve }, rsa: { ...rsa, modulusLength: bits }, ed25519 }[kind];
      const own = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
      const names = [{ type: 'dns' as const, value: host }, ...uris.map((value) => ({ type: 'url' as const, value }))];
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ecdsa,
        notBefore: new Date(Date.now() - 50 * day),
        notAfter: new Date(Date.now() + days * day),
        extensions: [new x509.SubjectAlternativeNameExtension(names), new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature)],
      });
      return { certificate: leaf.toString('pem'), key: await pem(own.privateKey) };
    },
  };
};
