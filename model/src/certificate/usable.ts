/** Whether Envoy takes a certificate: what it would refuse is told here, by what is wrong and never by what is written. */
import { blocksOf, isWhole } from './pem.ts';
import { type Certificate, type PublicKey, readCertificate, readPrivateKey } from './x509.ts';

/** What is wrong with which part. */
export interface Flaw {
  readonly part: 'certificate' | 'key';
  readonly message: string;
  readonly help: string;
}

const flaw = (part: Flaw['part'], message: string, help: string): Flaw => ({ part, message, help });

/** All certificates of a text, the first one its owner's; or what is wrong with it. */
export const readCertificates = (pem: string): readonly Certificate[] | string => {
  const blocks = blocksOf(pem);
  if (blocks.length === 0 || !isWhole(pem, blocks)) return 'it is no PEM';
  if (blocks.some(({ label }) => label !== 'CERTIFICATE')) return 'it holds something other than certificates';
  const certificates = blocks.map(({ der }) => der && readCertificate(der));
  const whole = certificates.filter((certificate) => certificate !== undefined);
  return whole.length === certificates.length ? whole : 'a certificate in it cannot be read';
};

const certificateHelp = 'Write the certificate and its intermediates in PEM, the own one first.';
const keyHelp = 'Write one private key in PEM, RSA of at least 2048 bits or P-256, P-384 or P-521, without a password.';

/** BoringSSL's kinds and sizes, as Envoy demands them of a server's certificate. */
const unusable = (key: PublicKey): string | undefined => {
  if (key.kind === 'other') return 'it is neither RSA nor on the curve P-256, P-384 or P-521';
  return key.kind === 'rsa' && key.bits < 2048 ? `an RSA key of ${key.bits} bits is too short` : undefined;
};

const readKey = (pem: string): PublicKey | string => {
  const blocks = blocksOf(pem).filter(({ label }) => label !== 'EC PARAMETERS');
  const [block, ...others] = blocks;
  if (!block || !isWhole(pem, blocksOf(pem))) return 'it is no PEM';
  if (others.length > 0) return 'it holds more than one key';
  if (block.label === 'ENCRYPTED PRIVATE KEY' || /Proc-Type: 4,ENCRYPTED/.test(pem)) return 'the key needs a password';
  return (block.der && readPrivateKey(block.label, block.der)) ?? 'it is no private key';
};

const fits = (own: PublicKey, key: PublicKey): boolean => {
  if (own.kind === 'rsa' && key.kind === 'rsa') return own.modulus === key.modulus;
  return own.kind === 'ec' && key.kind === 'ec' && own.curve === key.curve && own.point === key.point;
};

/** A server's certificate and its key. */
export const flawOfPair = (certificate: string, key: string): Flaw | undefined => {
  const chain = readCertificates(certificate);
  if (typeof chain === 'string') return flaw('certificate', chain, certificateHelp);
  const own = chain[0]?.key ?? { kind: 'other' };
  const weak = unusable(own);
  if (weak !== undefined) return flaw('certificate', weak, keyHelp);
  const secret = readKey(key);
  if (typeof secret === 'string') return flaw('key', secret, keyHelp);
  if (secret.kind === 'ec' && secret.point === '')
    return flaw('key', 'the key does not say its public half', 'Write it anew: `openssl pkey -in KEY -out KEY`.');
  return fits(own, secret) ? undefined : flaw('key', 'the key belongs to another certificate', 'Write the key of the first certificate.');
};

/** Certificates that others are checked against. */
export const flawOfAuthority = (pem: string): Flaw | undefined => {
  const certificates = readCertificates(pem);
  return typeof certificates === 'string' ? flaw('certificate', certificates, 'Write one or more certificates of CAs in PEM.') : undefined;
};

/** Lists of revoked certificates: their form only. */
export const isRevocationList = (pem: string): boolean => {
  const blocks = blocksOf(pem);
  return blocks.length > 0 && isWhole(pem, blocks) && blocks.every(({ label, der }) => label === 'X509 CRL' && der !== undefined);
};
