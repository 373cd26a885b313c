import { createPublicKey } from 'node:crypto';
import { weaknessOf } from './weak-rsa.ts';

/**
 * Keys that a certificate may carry. Everything else is refused by the look of its bytes, before any arithmetic:
 * checking a signature made with an attacker's key may cost what the attacker likes (SPIRE 1.14.2).
 */
const fixedForms = [
  { prefix: '3059301306072a8648ce3d020106082a8648ce3d03010703420004', length: 91 }, // P-256, uncompressed
  { prefix: '3076301006072a8648ce3d020106052b8104002203620004', length: 120 }, // P-384, uncompressed
  { prefix: '302a300506032b6570032100', length: 44 }, // Ed25519
];
const rsaForm = /^3082....300d06092a864886f70d01010105000382/;
const maxRsaLength = 550; // 4096 bits with exponent 65537

/** @param spki DER of a SubjectPublicKeyInfo. @returns why it is refused, undefined if it is allowed. */
export const keyRefusal = (spki: Uint8Array): string | undefined => {
  const hex = Buffer.from(spki.subarray(0, 32)).toString('hex');
  if (fixedForms.some(({ prefix, length }) => spki.length === length && hex.startsWith(prefix))) return undefined;
  if (!rsaForm.test(hex)) return 'key type is not P-256, P-384, Ed25519 or RSA';
  if (spki.length > maxRsaLength) return 'RSA key is longer than 4096 bits';
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < 2048 || modulusLength > 4096) return `RSA key of ${modulusLength} bits`;
  // Boulder and CA/B baseline 6.1.6: small or huge exponents buy nothing and cost safety or time.
  if (publicExponent !== 65_537n) return `RSA exponent ${publicExponent}`;
  const weakness = weaknessOf(BigInt(`0x${Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`));
  return weakness && `RSA key ${weakness}`;
};
