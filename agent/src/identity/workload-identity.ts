import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TrustBundles } from '@weft/model';

/** One workload's certificate with its key, and whom it trusts. */
export interface WorkloadIdentity {
  readonly key: string;
  /** Leaf, then intermediates; PEM. */
  readonly chain: string;
  readonly spiffeId: string;
  readonly serial: string;
  /** When it was received: half life counts from here, since `notBefore` is dated back. */
  readonly issuedAt: number;
  readonly notAfter: number;
  readonly bundles: TrustBundles;
}

export interface IdentityParts {
  readonly key: string;
  readonly chain: string;
  readonly issuedAt: number;
  readonly bundles: TrustBundles;
}

export const certificatesIn = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/**
 * Checked before it is used or believed from disk: the key fits, the name is the expected one, the chain leads to our
 * bundle. @throws with what is wrong
 */
export const checkedIdentity = (parts: IdentityParts, expected: { spiffeId: string; now: number }): WorkloadIdentity => {
  const [leaf, ...issuers] = certificatesIn(parts.chain).map((pem) => new X509Certificate(pem));
  if (!leaf) throw new Error('no certificate in the answer');
  if (!leaf.checkPrivateKey(createPrivateKey(parts.key))) throw new Error('the certificate is for another key');
  const uris = (leaf.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  if (uris.length !== 1 || uris[0] !== `URI:${expected.spiffeId}`)
    throw new Error(`the certificate is for ${uris.join(', ') || 'nobody'}, not ${expected.spiffeId}`);
  const roots = certificatesIn(parts.bundles.pem).map((pem) => new X509Certificate(pem));
  if (!leadsTo(leaf, { issuers, roots })) throw new Error('the certificate does not lead to the trust bundle');
  if (leaf.validToDate.getTime() <= expected.now) throw new Error(`the certificate expired on ${leaf.validTo}`);
  return { ...parts, spiffeId: expected.spiffeId, serial: leaf.serialNumber.toLowerCase(), notAfter: leaf.validToDate.getTime() };
};

const leadsTo = (leaf: X509Certificate, { issuers, roots }: { issuers: X509Certificate[]; roots: X509Certificate[] }): boolean => {
  const signedBy = (certificate: X509Certificate) => (parent: X509Certificate) =>
    certificate.checkIssued(parent) && certificate.verify(parent.publicKey);
  let current = leaf;
  for (let depth = 0; depth < 4; depth += 1) {
    if (roots.some(signedBy(current))) return true;
    const next = issuers.find((candidate) => candidate !== current && signedBy(current)(candidate));
    if (!next) return false;
    current = next;
  }
  return false;
};
