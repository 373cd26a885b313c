// @peculiar/x509 registers its parsers by decorators and throws without this import.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

export { x509 };

/**
 * P-256 with SHA-256 for every key of the CA: Envoy's defaults fail with Ed25519 leafs, and with P-384 under TLS 1.2,
 * although `--mode validate` accepts both.
 */
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

export const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

export const keyToPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

export const keyFromPem = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), keyAlgorithm, true, ['sign']) as Promise<webcrypto.CryptoKey>;

/** The blocks of a PEM text with one label, each as PEM of its own. */
export const pemBlocks = (text: string, label: 'CERTIFICATE' | 'PRIVATE KEY'): string[] =>
  text.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];

/** 126 random bits, always positive and of one length (CA/B baseline 7.1 asks for 64; collisions must not matter for the journal). */
export const makeSerial = (random: (size: number) => Uint8Array): string => {
  const bytes = Buffer.from(random(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
};
