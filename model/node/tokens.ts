/** Tokens as jose verifies them, whose answers come later: what may be asked is asked beforehand. */
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { parseDocument } from 'yaml';
import type { Claims, TokenReader } from '../src/token.ts';

/** As Envoy, which reads nothing where a name stands twice; JavaScript takes the last. */
const saysTwice = (part: string): boolean => {
  const text = Buffer.from(part, 'base64url').toString('utf8');
  return parseDocument(text, { schema: 'json', uniqueKeys: true }).errors.some(({ code }) => code === 'DUPLICATE_KEY');
};

const claimsOf = (token: string): Claims | undefined => {
  try {
    decodeProtectedHeader(token);
    if (token.split('.').slice(0, 2).some(saysTwice)) return undefined;
    return decodeJwt(token) as Claims;
  } catch {
    return undefined;
  }
};

const keysOf = (text: string): readonly JWK[] => {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: readonly JWK[] };
    return Array.isArray(keys) ? keys : [];
  } catch {
    return [];
  }
};

/** Names that are missing, on either side, fit any. */
const fits = (said: string | undefined, own: string | undefined): boolean => said === undefined || own === undefined || said === own;

const isSignedBy = async (token: string, key: JWK): Promise<boolean> => {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    if (alg === undefined || !fits(kid, key.kid) || !fits(alg, key.alg)) return false;
    await compactVerify(token, await importJWK(key, alg));
    return true;
  } catch {
    return false; // whatever the reason: the key does not vouch for it
  }
};

const isSigned = async (token: string, keys: string): Promise<boolean> => {
  for (const key of keysOf(keys)) if (await isSignedBy(token, key)) return true;
  return false;
};

/** @returns what knows these tokens and key sets, and takes no other for signed */
export const tokenReader = async (tokens: readonly string[], keySets: readonly string[]): Promise<TokenReader> => {
  const signed = new Map<string, Set<string>>();
  for (const token of tokens) {
    const by = new Set<string>();
    for (const keys of keySets) if (await isSigned(token, keys)) by.add(keys);
    signed.set(token, by);
  }
  return { claimsOf, isSigned: (token, keys) => signed.get(token)?.has(keys) ?? false };
};
