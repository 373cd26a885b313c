/** Whether Envoy takes a certificate: what it would refuse is told here, by what is wrong and never by what is written. */
import { type Block, blocksOf, isWhole } from './pem.ts';
import type { Certificate, CertificateReader, PublicKey } from './reader.ts';

/** What is wrong with which part. */
export interface Flaw {
  readonly part: 'certificate' | 'key';
  readonly message: string;
  readonly help: string;
}

const flaw = (part: Flaw['part'], message: string, help: string): Flaw => ({ part, message, help });

/** With the block that it was read from. */
type Read = Certificate & { readonly pem: string };

/** All certificates of a text, the first one its owner's; or what is wrong with it. What else is in it nobody minds. */
export const readCertificates = (text: string, reader: CertificateReader): readonly Read[] | string => {
  const all = blocksOf(text);
  if (all.length === 0 || !isWhole(text, all)) return 'it is no PEM';
  const blocks = all.filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) return 'it holds no certificate';
  const certificates = blocks.flatMap(({ pem }) => {
    const certificate = reader.certificate(pem);
    return certificate ? [{ ...certificate, pem }] : [];
  });
  return certificates.length === blocks.length ? certificates : 'a certificate in it cannot be read';
};

const certificateHelp = 'Write the certificate and its intermediates in PEM, the own one first.';
const keyHelp = 'Write a private key in PEM, RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519, without a password.';

/** OpenSSL's names of P-256, P-384 and P-521. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/** BoringSSL's kinds and sizes, as Envoy demands them of a server's certificate. */
const unusable = (key: PublicKey): string | undefined => {
  if (key.kind === 'other' || (key.kind === 'ec' && !curves.includes(key.curve)))
    return 'its key is neither RSA nor Ed25519, nor on the curve P-256, P-384 or P-521';
  return key.kind === 'rsa' && key.bits < 2048 ? `an RSA key of ${key.bits} bits is too short` : undefined;
};

/** The first key counts. @returns its block, or what is wrong with it */
const readKey = (text: string, reader: CertificateReader): Block | string => {
  const blocks = blocksOf(text);
  if (blocks.length === 0 || !isWhole(text, blocks)) return 'it is no PEM';
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (!block) return 'it holds no private key';
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.pem.includes('Proc-Type: 4,ENCRYPTED')) return 'the key needs a password';
  return reader.isPrivateKey(block.pem) ? block : 'the key cannot be read';
};

/** A server's certificate and its key. */
export const flawOfPair = (certificate: string, key: string, reader: CertificateReader): Flaw | undefined => {
  const chain = readCertificates(certificate, reader);
  if (typeof chain === 'string') return flaw('certificate', chain, certificateHelp);
  const [own] = chain;
  const weak = own && unusable(own.key);
  if (weak !== undefined) return flaw('certificate', weak, keyHelp);
  const secret = readKey(key, reader);
  if (typeof secret === 'string') return flaw('key', secret, keyHelp);
  if (own && reader.belongs(secret.pem, own.pem)) return undefined;
  return flaw('key', 'the key belongs to another certificate', 'Write the key of the first certificate.');
};

/** Certificates that others are checked against. */
export const flawOfAuthority = (text: string, reader: CertificateReader): Flaw | undefined => {
  const certificates = readCertificates(text, reader);
  return typeof certificates === 'string' ? flaw('certificate', certificates, 'Write one or more certificates of CAs in PEM.') : undefined;
};

export const isRevocationList = (text: string, reader: CertificateReader): boolean => {
  const blocks = blocksOf(text);
  return (
    blocks.length > 0 && isWhole(text, blocks) && blocks.every(({ label, pem }) => label === 'X509 CRL' && reader.isRevocationList(pem))
  );
};
