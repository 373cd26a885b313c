/** A source's keys as proxies may have them. */
import type { KeySource } from '@weft/compile';
import { maxKeySetBytes, maxKeys, readKeySet } from '@weft/model';
import { fetchText } from '../outbound/document.ts';
import type { Reach } from '../outbound/guard.ts';

/** OpenID Connect Discovery 1.0, section 4: the document stands below the issuer, whose last slash does not count. */
const discoveryAddress = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

const addressIn = (document: string): string => {
  const value: unknown = JSON.parse(document);
  const found = typeof value === 'object' && value !== null && 'jwks_uri' in value ? value.jwks_uri : undefined;
  if (typeof found !== 'string') throw new Error('the issuer does not say where its keys are (`jwks_uri`)');
  return found;
};

/** Symmetric keys that anyone can fetch are nobody's: they are left out like private halves. */
const checked = (text: string): string => {
  const set = readKeySet(text);
  if (typeof set === 'string') throw new Error(`this is no key set: ${set}`);
  const { keys } = JSON.parse(set.text) as { readonly keys: readonly { readonly kty: string }[] };
  const open = keys.filter(({ kty }) => kty !== 'oct');
  if (open.length === 0) throw new Error('no key of the set can verify a token');
  if (open.length > maxKeys) throw new Error(`the set has more than ${maxKeys} keys`);
  return JSON.stringify({ keys: open });
};

/** @param fetch one document, within the source's time */
export const fetchKeys = async ({ kind, address }: KeySource, fetch: (address: string) => Promise<string>): Promise<string> =>
  checked(await fetch(kind === 'keys' ? address : addressIn(await fetch(discoveryAddress(address)))));

export const fetchKeysFrom = (source: KeySource, reach: Reach): Promise<string> =>
  fetchKeys(source, (address) => fetchText(address, { timeout: source.timeout, maxBytes: maxKeySetBytes }, reach));
