/** Reading certificates and keys is the platform's: whoever parses manifests brings a reader (`@weft/model/node`). */

/** A public key by what Envoy asks of it. */
export type PublicKey =
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'other' };

export interface Certificate {
  readonly key: PublicKey;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Each text is one block of PEM. */
export interface CertificateReader {
  /** Undefined: it cannot be read. */
  readonly certificate: (pem: string) => Certificate | undefined;
  readonly isPrivateKey: (pem: string) => boolean;
  /** Both can be read; whether the key is the certificate's. */
  readonly belongs: (key: string, certificate: string) => boolean;
  readonly isRevocationList: (pem: string) => boolean;
}

/** Of who has none: no certificate passes unseen. */
export const readsNothing: CertificateReader = {
  certificate: () => undefined,
  isPrivateKey: () => false,
  belongs: () => false,
  isRevocationList: () => false,
};
