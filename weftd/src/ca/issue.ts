/**
 * From a checked key to a certificate in four steps (Boulder's issuance cycle): profile -> prepare -> journal -> sign.
 * Only `prepare` can make what `sign` takes, so nothing is signed that was not built here from the caller's credential.
 */
import type { webcrypto } from 'node:crypto';
import type { Authority, Issuer } from './authority.ts';
import { makeSerial, signingAlgorithm, x509 } from './x509.ts';

/** What a certificate says. The names come from the caller's credential and Weft's registry, never from the CSR. */
export type Subject =
  | { readonly kind: 'workload'; readonly uri: string; readonly dns?: string; readonly uid?: string; readonly trustDomain: string }
  | { readonly kind: 'server'; readonly dns: readonly string[]; readonly ip: readonly string[]; readonly trustDomain: string };

export interface Profile {
  readonly subject: Subject;
  readonly publicKey: x509.PublicKey | webcrypto.CryptoKey;
  readonly seconds: number;
}

export interface Prepared {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly profile: Profile;
  readonly issuer: Issuer;
}

export interface Signed {
  readonly serial: string;
  readonly notAfter: number;
  /** Leaf, then intermediate; PEM each. */
  readonly chain: readonly string[];
}

/** Peers whose clocks are behind accept it too (Istio's figure). */
const backdate = 120_000;

const prepared = new WeakSet<Prepared>();

export interface Powers {
  readonly authority: Authority;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
}

export const prepare = (profile: Profile, { authority, now, random }: Powers): Prepared => {
  const issuer = authority.current();
  const { notBefore, notAfter } = issuer.certificate;
  const result: Prepared = {
    serial: makeSerial(random),
    notBefore: new Date(Math.max(now() - backdate, notBefore.getTime())),
    notAfter: new Date(Math.min(now() + profile.seconds * 1000, notAfter.getTime())), // a leaf never outlives its issuer
    profile,
    issuer,
  };
  prepared.add(result);
  return result;
};

/** Each prepared certificate is signed once: its serial is taken. */
export const sign = async (request: Prepared): Promise<Signed> => {
  if (!prepared.delete(request)) throw new Error('only what was prepared may be signed, once');
  const { serial, notBefore, notAfter, profile, issuer } = request;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: new x509.Name(subjectName(profile.subject)),
    issuer: issuer.certificate.subjectName,
    notBefore,
    notAfter,
    publicKey: profile.publicKey,
    signingKey: issuer.key,
    signingAlgorithm,
    extensions: await extensions(profile, issuer),
  });
  return { serial, notAfter: notAfter.getTime(), chain: [certificate.toString('pem'), issuer.pem] };
};

/**
 * Never empty, so that the SAN need not be critical (RFC 5280 4.2.1.6). The pod's uid binds the certificate to one
 * instance: renewal asks whether that instance still lives.
 */
const subjectName = (subject: Subject): x509.JsonName => [
  { O: [subject.trustDomain] },
  ...(subject.kind === 'workload' && subject.uid ? [{ '2.5.4.5': [subject.uid] }] : []),
];

const extensions = async ({ subject, publicKey }: Profile, issuer: Issuer): Promise<x509.Extension[]> => {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const rsa = 'algorithm' in publicKey && publicKey.algorithm.name.startsWith('RSA');
  const usages = x509.KeyUsageFlags.digitalSignature | (rsa ? x509.KeyUsageFlags.keyEncipherment : 0);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usages, true),
    new x509.ExtendedKeyUsageExtension(subject.kind === 'workload' ? [serverAuth, clientAuth] : [serverAuth]),
    new x509.SubjectAlternativeNameExtension(alternativeNames(subject)),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
  ];
};

const alternativeNames = (subject: Subject): x509.JsonGeneralNames =>
  subject.kind === 'server'
    ? [...subject.dns.map((value) => ({ type: 'dns' as const, value })), ...subject.ip.map((value) => ({ type: 'ip' as const, value }))]
    : [{ type: 'url', value: subject.uri }, ...(subject.dns ? [{ type: 'dns' as const, value: subject.dns }] : [])];
