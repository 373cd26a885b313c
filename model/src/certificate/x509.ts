/** Certificates and private keys, as far as their fitting together goes (RFC 5280, RFC 5208, RFC 5915, RFC 8017). */
import { context, type Element, elements, hex, sequence, tags } from './der.ts';

/** A public key by what tells it from others. */
export type PublicKey =
  | { readonly kind: 'rsa'; readonly modulus: string; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly point: string }
  | { readonly kind: 'other' };

export interface Certificate {
  readonly key: PublicKey;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Object identifiers as they are encoded. */
const rsa = '2a864886f70d010101';
const ec = '2a8648ce3d0201';
const curves: Readonly<Record<string, string>> = { '2a8648ce3d030107': 'P-256', '2b81040022': 'P-384', '2b81040023': 'P-521' };

const other: PublicKey = { kind: 'other' };

const integer = (element: Element | undefined): string | undefined =>
  element?.tag === tags.integer ? hex(element.content).replace(/^(00)+/, '') : undefined;

const rsaKey = (modulus: string | undefined): PublicKey | undefined =>
  modulus === undefined
    ? undefined
    : { kind: 'rsa', modulus, bits: modulus.length * 4 - Math.clz32(Number.parseInt(modulus[0] ?? '0', 16)) + 28 };

const objectId = (element: Element | undefined): string => (element?.tag === tags.objectId ? hex(element.content) : '');

/** Bit strings of keys are whole bytes: the first one says so. */
const bits = (element: Element | undefined): Uint8Array | undefined =>
  element?.tag === tags.bits && element.content[0] === 0 ? element.content.subarray(1) : undefined;

const publicKey = (info: Element | undefined): PublicKey | undefined => {
  const [algorithm, content] = (info && elements(info.content)) ?? [];
  const [kind, parameters] = (algorithm && elements(algorithm.content)) ?? [];
  const key = bits(content);
  if (!key) return undefined;
  if (objectId(kind) === rsa) return rsaKey(integer(sequence(key)?.[0]));
  const curve = objectId(kind) === ec ? curves[objectId(parameters)] : undefined;
  return curve === undefined ? other : { kind: 'ec', curve, point: hex(key) };
};

/** `250102030405Z` (until 2049) and `20500102030405Z`. */
const timeOf = (element: Element | undefined): number | undefined => {
  if (element?.tag !== tags.utcTime && element?.tag !== tags.time) return undefined;
  const text = String.fromCharCode(...element.content);
  const year = element.tag === tags.time ? text.slice(0, 4) : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text.slice(0, 2)}`;
  const [month, day, hour, minute, second] = text.slice(element.tag === tags.time ? 4 : 2).match(/\d\d/g) ?? [];
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return Number.isNaN(time) ? undefined : time;
};

export const readCertificate = (der: Uint8Array): Certificate | undefined => {
  const [signed, ...signature] = sequence(der) ?? [];
  if (!signed || signature.length !== 2) return undefined;
  const fields = (elements(signed.content) ?? []).filter(({ tag }) => tag !== context(0));
  const [, , , validity, , info] = fields;
  const [notBefore, notAfter] = ((validity && elements(validity.content)) ?? []).map(timeOf);
  const key = publicKey(info);
  return key && notBefore !== undefined && notAfter !== undefined ? { key, notBefore, notAfter } : undefined;
};

/** The public half of an elliptic key stands beside it, by the choice of whoever wrote it; without it nothing can be compared here. */
const ecKey = (der: Uint8Array, curve: string | undefined): PublicKey | undefined => {
  const [, secret, ...rest] = sequence(der) ?? [];
  if (secret?.tag !== tags.octets) return undefined;
  const optional = (number: number) => elements(rest.find(({ tag }) => tag === context(number))?.content ?? new Uint8Array())?.[0];
  const own = curve ?? curves[objectId(optional(0))];
  const point = bits(optional(1));
  if (own === undefined) return other;
  return { kind: 'ec', curve: own, point: point ? hex(point) : '' };
};

const rsaPrivateKey = (der: Uint8Array): PublicKey | undefined => rsaKey(integer(sequence(der)?.[1]));

const wrapped = (der: Uint8Array): PublicKey | undefined => {
  const [, algorithm, content] = sequence(der) ?? [];
  const [kind, parameters] = (algorithm && elements(algorithm.content)) ?? [];
  if (content?.tag !== tags.octets) return undefined;
  if (objectId(kind) === rsa) return rsaPrivateKey(content.content);
  return objectId(kind) === ec ? ecKey(content.content, curves[objectId(parameters)]) : other;
};

/** The public half of a private key, by the label of its PEM block. */
export const readPrivateKey = (label: string, der: Uint8Array): PublicKey | undefined => {
  switch (label) {
    case 'PRIVATE KEY':
      return wrapped(der);
    case 'RSA PRIVATE KEY':
      return rsaPrivateKey(der);
    case 'EC PRIVATE KEY':
      return ecKey(der, undefined);
    default:
      return undefined;
  }
};
