/** Certificates and keys as Node's OpenSSL reads them: what libraries cannot ask, and programs bring to `parse`. */
import type { KeyObject } from 'node:crypto';
import type { CertificateReader, PublicKey } from '../src/certificate/reader.ts';

/** Loaded when there is something to read: together they take as long as half of a command. */
const crypto = () => process.getBuiltinModule('node:crypto');
const tls = () => process.getBuiltinModule('node:tls');

/** OpenSSL throws at what it cannot read, and its reason says no more than that. */
const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const keyOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): PublicKey => {
  if (asymmetricKeyType === 'rsa') return { kind: 'rsa', bits: asymmetricKeyDetails?.modulusLength ?? 0 };
  if (asymmetricKeyType === 'ec') return { kind: 'ec', curve: asymmetricKeyDetails?.namedCurve ?? '' };
  return { kind: asymmetricKeyType === 'ed25519' ? 'ed25519' : 'other' };
};

export const certificateReader: CertificateReader = {
  certificate: (pem) =>
    attempt(() => {
      const certificate = new (crypto().X509Certificate)(pem);
      const key = attempt(() => certificate.publicKey);
      const [notBefore, notAfter] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
      return { key: key ? keyOf(key) : { kind: 'other' as const }, notBefore, notAfter };
    }),
  isPrivateKey: (pem) => attempt(() => crypto().createPrivateKey(pem)) !== undefined,
  belongs: (key, certificate) =>
    attempt(() => new (crypto().X509Certificate)(certificate).checkPrivateKey(crypto().createPrivateKey(key))) ?? false,
  isRevocationList: (pem) => attempt(() => tls().createSecureContext({ crl: pem })) !== undefined,
};
