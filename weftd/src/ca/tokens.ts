/**
 * Tokens in the shape of Kubernetes' bound service account tokens, so that what reads those reads ours:
 * one audience, an hour at most, bound to namespace, service account and, as a rule, one pod by name and uid.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { readKeyFile, writeKeyFile } from './directory.ts';

/** Istio's name for the audience of its CA and xDS. */
export const audience = 'istio-ca';
export const maxTokenSeconds = 3600;
const maxTokenLength = 8192;

export interface TokenSubject {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}

export interface TokenKey {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly now: () => number;
}

export const openTokenKey = async (
  directory: string,
  { trustDomain, now }: { trustDomain: string; now: () => number },
): Promise<TokenKey> => {
  const path = join(directory, 'token.pem');
  const pem = (await readKeyFile(path)) ?? (await makeKeyFile(path));
  const key = privateKeyIn(pem, path);
  return { key, publicKey: createPublicKey(key), issuer: `https://weftd.${trustDomain}`, now };
};

const privateKeyIn = (pem: string, path: string): KeyObject => {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${path} holds no key; remove it, and a new one is made: tokens signed with the old one end with it`, { cause });
  }
};

const makeKeyFile = async (path: string): Promise<string> => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  await writeKeyFile(path, pem);
  return pem;
};

export interface TokenWish extends TokenSubject {
  readonly audience: string;
  readonly seconds: number;
}

export const signToken = async (wish: TokenWish, { key, issuer, now }: TokenKey): Promise<{ token: string; expiresAt: number }> => {
  const issuedAt = Math.floor(now() / 1000);
  const expiresAt = issuedAt + wish.seconds;
  const { namespace, serviceAccount, pod } = wish;
  const token = await new SignJWT({
    'kubernetes.io': { namespace, serviceaccount: { name: serviceAccount }, ...(pod ? { pod: { name: pod.name, uid: pod.uid } } : {}) },
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(`system:serviceaccount:${namespace}:${serviceAccount}`)
    .setAudience([wish.audience])
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key);
  return { token, expiresAt: expiresAt * 1000 };
};

/** @throws with the reason, for the log */
export const readToken = async (token: string, { publicKey, issuer, now }: TokenKey): Promise<TokenSubject> => {
  if (token.length > maxTokenLength) throw new Error(`token of ${token.length} bytes`);
  const { payload } = await jwtVerify(token, publicKey, {
    algorithms: ['ES256'], // never what the header asks for
    issuer,
    audience,
    currentDate: new Date(now()),
    requiredClaims: ['aud', 'exp', 'iat', 'nbf', 'sub'],
  });
  // A token for several audiences could be replayed here by each of the others.
  if (Array.isArray(payload.aud) && payload.aud.length !== 1) throw new Error('token has several audiences');
  if ((payload.exp ?? 0) - (payload.iat ?? 0) > maxTokenSeconds) throw new Error('token lives longer than an hour');
  return subjectOf(payload);
};

const subjectOf = (payload: JWTPayload): TokenSubject => {
  const bound = record(payload['kubernetes.io']);
  const namespace = text(bound['namespace'], 'namespace');
  const serviceAccount = text(record(bound['serviceaccount'])['name'], 'service account');
  if (payload.sub !== `system:serviceaccount:${namespace}:${serviceAccount}`) throw new Error('token subject is not its service account');
  if (bound['pod'] === undefined) return { namespace, serviceAccount };
  const pod = record(bound['pod']);
  return { namespace, serviceAccount, pod: { name: text(pod['name'], 'pod name'), uid: text(pod['uid'], 'pod uid') } };
};

const record = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('token has no kubernetes.io claims');
  return value as Readonly<Record<string, unknown>>;
};

const text = (value: unknown, what: string): string => {
  if (typeof value !== 'string' || value === '') throw new Error(`token has no ${what}`);
  return value;
};
