// @peculiar/x509 registers its parsers by decorators and throws without this import.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

export interface KeyRequest {
  /** PKCS 8, PEM; stays on this host. */
  readonly key: string;
  /** Proves that we hold the key; says nothing else, for the CA takes names from the credential alone. */
  readonly csr: string;
}

/** A new key for each certificate, P-256: Envoy's default TLS settings fail with Ed25519 and P-384 leafs. */
export const makeKeyRequest = async (): Promise<KeyRequest> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'O=weft', keys, signingAlgorithm });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), csr: request.toString('pem') };
};
