import { keyRefusal } from './key-policy.ts';
import { x509 } from './x509.ts';

/** An RSA-4096 request with a dozen names has 2 KB. */
const maxLength = 16_384;
const form = /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;
const parseLimits = { berOptions: { maxDepth: 24, maxNodes: 2_000, maxContentLength: maxLength } };
const hashes = new Set(['SHA-256', 'SHA-384', 'SHA-512']);

export type CheckedCsr = { readonly ok: true; readonly publicKey: x509.PublicKey } | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): CheckedCsr => ({ ok: false, reason });

/**
 * The key of a certificate signing request whose sender holds it. Nothing else of the request is read:
 * subject, names and extensions are the caller's wishes, and its identity is not one of them.
 */
export const checkCsr = async (pem: string): Promise<CheckedCsr> => {
  if (pem.length > maxLength) return refuse(`CSR of ${pem.length} bytes`);
  const base64 = form.exec(pem)?.[1];
  if (base64 === undefined) return refuse('CSR is not one PEM block');
  try {
    const csr = new x509.Pkcs10CertificateRequest(Buffer.from(base64, 'base64'), parseLimits);
    const refusal = keyRefusal(new Uint8Array(csr.publicKey.rawData));
    if (refusal) return refuse(refusal);
    // The library types this with the browser's Algorithm, which this program has not.
    const { name, hash } = csr.signatureAlgorithm as { name: string; hash?: { name: string } };
    if (name !== 'Ed25519' && !hashes.has(hash?.name ?? '')) return refuse(`signature algorithm ${name} with ${hash?.name}`);
    return (await csr.verify()) ? { ok: true, publicKey: csr.publicKey } : refuse('the CSR is not signed with its own key');
  } catch (error) {
    return refuse(`malformed CSR: ${error instanceof Error ? error.message : String(error)}`);
  }
};
