/** A server's certificate that nobody trusts, unless told to. */
import { webcrypto } from 'node:crypto';
import { makeKeys, signingAlgorithm, x509 } from '../ca/x509.ts';

/** @param host that it is for */
export const selfSigned = async (host?: string): Promise<{ readonly cert: string; readonly key: string }> => {
  const keys = await makeKeys();
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) };
  const extensions = host === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=keys',
    keys,
    signingAlgorithm,
    extensions,
    ...dates,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
};
