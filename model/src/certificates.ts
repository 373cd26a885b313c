/** Certificates of the mesh's identities, as the API tells them. Times are Unix milliseconds. */

export interface IssuedCertificate {
  readonly serial: string;
  /** Serial number of the certificate that signed it. */
  readonly issuer: string;
  readonly at: number;
  readonly notAfter: number;
}

export interface PodCertificate extends IssuedCertificate {
  readonly namespace: string;
  readonly pod: string;
  readonly workload: string;
  readonly identity: string;
  /** Those before it, the newest first. */
  readonly earlier: readonly IssuedCertificate[];
}

export interface AuthorityCertificate {
  readonly kind: 'root' | 'intermediate';
  readonly serial: string;
  readonly subject: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** It signs now; those before it are believed until they end. */
  readonly signs: boolean;
}

export interface Certificates {
  readonly authority: readonly AuthorityCertificate[];
  /** What ends first stands first. */
  readonly items: readonly PodCertificate[];
}
