import { X509Certificate } from 'node:crypto';
import { type Identity, parseAttestedName, parseSpiffeId } from '@weft/model';
import type { Instance, Registry } from '../registry.ts';
import type { Authority } from './authority.ts';
import type { Authenticate, Authentication, Caller } from './caller.ts';
import { readToken, type TokenKey } from './tokens.ts';

export interface Ground {
  readonly authority: Authority;
  readonly tokens: TokenKey;
  readonly registry: Registry;
  readonly trustDomain: string;
  readonly now: () => number;
}

const maxCertificateLength = 16_384;
const clientAuth = '1.3.6.1.5.5.7.3.2';

/** A certificate, if there is one, decides alone: a bad one is not made good by a token beside it. */
export const authenticator =
  (ground: Ground): Authenticate =>
  async ({ certificate, authorization }): Promise<Authentication> => {
    try {
      if (certificate) return { ok: true, caller: byCertificate(certificate, ground) };
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
      if (!token) return { ok: false, reason: 'no credential' };
      return { ok: true, caller: await byToken(token, ground) };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  };

const byCertificate = (der: Uint8Array, { authority, registry, trustDomain, now }: Ground): Caller => {
  if (der.length > maxCertificateLength) throw new Error(`certificate of ${der.length} bytes`);
  const leaf = new X509Certificate(der);
  // Asked again although TLS did: a resumed session or an old stream was checked against the bundle of its day (SPIRE #6715).
  checkChain(leaf, { issuers: authority.issuers(), now: now() });
  const { uris, names } = alternativeNames(leaf);
  const identity = uris.length === 1 ? parseSpiffeId(uris[0] ?? '') : undefined;
  if (!identity) throw new Error(`certificate is not one identity: ${leaf.subjectAltName}`);
  if (identity.trustDomain !== trustDomain) throw new Error(`certificate is of trust domain ${identity.trustDomain}`);
  const uid = /^serialNumber=(\S+)$/m.exec(leaf.subject)?.[1];
  if (uid === undefined) return { identity, by: 'certificate' };
  const instance = alive(
    identity,
    registry.list().find(({ pod }) => pod.uid === uid && pod.namespace === identity.namespace),
  );
  const workload = parseAttestedName(names[0] ?? '')?.workload;
  return { identity, instance: { name: instance.pod.name, uid }, ...(workload ? { workload } : {}), by: 'certificate' };
};

const checkChain = (leaf: X509Certificate, { issuers, now }: { issuers: readonly X509Certificate[]; now: number }): void => {
  const issuer = issuers.find((candidate) => leaf.checkIssued(candidate) && leaf.verify(candidate.publicKey));
  if (!issuer) throw new Error(`certificate is not issued by this CA (issuer ${leaf.issuer.replaceAll('\n', ', ')})`);
  for (const certificate of [leaf, issuer]) {
    if (certificate.validToDate.getTime() <= now) throw new Error(`certificate expired on ${certificate.validTo}`);
    if (certificate.validFromDate.getTime() > now) throw new Error(`certificate is valid from ${certificate.validFrom}`);
  }
  if (leaf.ca || !leaf.keyUsage?.includes(clientAuth)) throw new Error('certificate is not for clients');
};

/** Node quotes values with commas or quotes; none of ours has any, so a quote is a name that we never wrote. */
const alternativeNames = (leaf: X509Certificate): { uris: string[]; names: string[] } => {
  const text = leaf.subjectAltName ?? '';
  const entries = text.includes('"') ? [] : text.split(', ');
  const of = (kind: string): string[] => entries.filter((entry) => entry.startsWith(kind)).map((entry) => entry.slice(kind.length));
  return { uris: of('URI:'), names: of('DNS:') };
};

const byToken = async (token: string, { tokens, registry, trustDomain }: Ground): Promise<Caller> => {
  const { namespace, serviceAccount, pod } = await readToken(token, tokens);
  const identity = parseSpiffeId(`spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`);
  if (!identity) throw new Error('token names no valid identity');
  if (!pod) return { identity, by: 'token' };
  const instance = registry.find(namespace, pod.name);
  const live = alive(identity, instance?.pod.uid === pod.uid ? instance : undefined);
  return { identity, instance: pod, workload: live.pod.workload.name, by: 'token' };
};

/** A credential bound to an instance dies with it, and with a change of its service account. */
const alive = (identity: Identity, instance: Instance | undefined): Instance => {
  if (!instance)
    throw new Error(`the instance that the credential of ${identity.namespace}/${identity.serviceAccount} is bound to is gone`);
  if (instance.pod.serviceAccount !== identity.serviceAccount) throw new Error('the instance runs under another service account');
  return instance;
};
