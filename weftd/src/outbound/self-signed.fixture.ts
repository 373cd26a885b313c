/** A server's certificate that nobody trusts. */
import { webcrypto } from 'node:crypto';
import { makeKeys, signingAlgorithm, x509 } from '../ca/x509.ts';

export const selfSigned = async (): Promise<{ readonly cert: string; readonly key: string }> => {
  const keys = await makeKeys();
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=keys', keys, signingAlgorithm, ...dates });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
};
