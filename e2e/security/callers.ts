/** Certificates with identities for tests, good and hostile ones: a CA that signs whatever it is asked for. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hour = 3_600_000;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Issuer {
  readonly certificate: string;
  /** With these URI names; without any, one that proves nothing but its issuer. */
  issue(...uris: readonly string[]): Promise<Pair>;
}

export const makeIssuer = async (): Promise<Issuer> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const dates = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + hour) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=callers',
    keys,
    signingAlgorithm: algorithm,
    ...dates,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign)],
  });
  return {
    certificate: root.toString('pem'),
    issue: async (...uris) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create({
        subject: 'CN=caller',
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...dates,
        extensions:
          uris.length > 0 ? [new x509.SubjectAlternativeNameExtension(uris.map((value) => ({ type: 'url' as const, value })))] : [],
      });
      return {
        cert: leaf.toString('pem'),
        key: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY'),
      };
    },
  };
};
