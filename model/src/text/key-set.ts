/** A JSON Web Key Set (RFC 7517) as it is written or fetched: which of its keys verify tokens, and the set without anything secret. */
import { isObject, type JsonObject } from '../object.ts';
import type { Json } from '../yaml/json.ts';

export interface KeySet {
  /** JSON with the public halves of the keys that Envoy reads, in the order written. */
  readonly text: string;
  /** Keys in it. */
  readonly count: number;
  /** Indexes of keys that Envoy cannot read, or that are not for signatures: they are left out. */
  readonly leftOut: readonly number[];
  /** Indexes of keys that hold a private half, which is left out. */
  readonly private: readonly number[];
  /** Indexes of symmetric keys: who may read them may sign. */
  readonly symmetric: readonly number[];
}

/** Of one set, written or fetched: all of them go to every proxy whose requests bear its tokens. */
export const maxKeys = 100;
export const maxKeySetBytes = 128 * 1024;

/** Members that a verifier needs, by kind of key (RFC 7518, section 6; RFC 8037). */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
};

const ofEveryKey = ['kty', 'kid', 'alg', 'use'];
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** What Envoy verifies with each kind. */
const algorithms: Readonly<Record<string, RegExp>> = {
  RSA: /^[RP]S(?:256|384|512)$/,
  EC: /^ES(?:256|384|512)$/,
  OKP: /^EdDSA$/,
  oct: /^HS(?:256|384|512)$/,
};

const curves: Readonly<Record<string, readonly string[]>> = { EC: ['P-256', 'P-384', 'P-521'], OKP: ['Ed25519'] };

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value !== '';

/** Letters of base64url, as every number of a key is written. */
const isNumber = (value: Json | undefined): boolean => isText(value) && /^[A-Za-z0-9_-]+$/.test(value);

const isOptionalText = (value: Json | undefined): boolean => value === undefined || isText(value);

const isReadable = (key: JsonObject): boolean => {
  const { kty, alg, use, kid, crv } = key;
  if (!isText(kty) || !Object.hasOwn(publicMembers, kty)) return false;
  if (!isOptionalText(alg) || !isOptionalText(kid) || (use !== undefined && use !== 'sig')) return false;
  if (isText(alg) && !algorithms[kty]?.test(alg)) return false;
  const known = curves[kty];
  if (known && !(isText(crv) && known.includes(crv))) return false;
  return (publicMembers[kty] ?? []).every((member) => member === 'crv' || isNumber(key[member]));
};

const publicPart = (key: JsonObject): JsonObject => {
  const kept = [...ofEveryKey, ...(publicMembers[String(key['kty'])] ?? [])];
  return Object.fromEntries(kept.flatMap((member) => (key[member] === undefined ? [] : [[member, key[member] as Json]])));
};

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

/** @returns what is wrong, where it is no set of keys */
export const readKeySet = (text: string): KeySet | string => {
  const value = parsed(text);
  if (value === undefined) return 'it is no JSON';
  const keys = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) return 'it has no list `keys`';
  const readable: JsonObject[] = [];
  const leftOut: number[] = [];
  const withPrivate: number[] = [];
  const symmetric: number[] = [];
  for (const [index, key] of keys.entries()) {
    if (!isObject(key) || !isReadable(key)) {
      leftOut.push(index);
      continue;
    }
    if (key['kty'] === 'oct') symmetric.push(index);
    else if (privateMembers.some((member) => Object.hasOwn(key, member))) withPrivate.push(index);
    readable.push(publicPart(key));
  }
  return { text: JSON.stringify({ keys: readable }), count: readable.length, leftOut, private: withPrivate, symmetric };
};
