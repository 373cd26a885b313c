/** Certificates of a play: a mesh, an authority for gateways' clients, and somebody whom nobody knows. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const lifeMs = 6 * 3_600_000;

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

export interface Keys {
  /** What every proxy of the mesh has, and whom it trusts. */
  readonly mesh: Pair & { readonly root: string };
  /** Of clients that gateways' servers know. */
  readonly known: Pair & { readonly root: string };
  readonly unknown: Pair;
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const validity = () => {
  const now = Date.now();
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + lifeMs) };
};

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const authority = async (name: string): Promise<Authority> => {
  const keys = await newKeys();
  const extensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
  const said = { name: `CN=${name}`, keys, signingAlgorithm: algorithm, ...validity(), extensions };
  return { keys, certificate: await x509.X509CertificateGenerator.createSelfSigned(said) };
};

/** The form of a name says what kind it is. */
const nameOf = (value: string): x509.JsonGeneralName => {
  if (value.includes('://')) return { type: 'url', value };
  if (value.includes('@')) return { type: 'email', value };
  return { type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value };
};

const pairOf = async ({ certificate: issuer, keys: signing }: Authority, names: readonly string[]): Promise<Pair> => {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: 'CN=simulation', issuer: issuer.subject, publicKey: keys.publicKey },
    ...{ signingKey: signing.privateKey, signingAlgorithm: algorithm, ...validity() },
    extensions: [new x509.SubjectAlternativeNameExtension(names.map(nameOf))],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key };
};

/** @param names that servers ask their clients for */
export const makeKeys = async (names: readonly string[]): Promise<Keys> => {
  const [mesh, clients, stranger] = await Promise.all(['mesh', 'clients', 'stranger'].map(authority));
  if (!mesh || !clients || !stranger) throw new Error('no authorities');
  const all = ['spiffe://cluster.local/ns/simulation/sa/simulation', ...names];
  return {
    mesh: { ...(await pairOf(mesh, all)), root: mesh.certificate.toString('pem') },
    known: { ...(await pairOf(clients, all)), root: clients.certificate.toString('pem') },
    unknown: await pairOf(stranger, all),
  };
};
