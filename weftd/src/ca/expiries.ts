/** When certificates end that somebody still holds: of each instance the last one, also of those that a weftd before this one issued. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { AuthorityCertificate, Certificates, IssuedCertificate, PodCertificate } from '@weft/model';
import { spiffeId } from '@weft/model';
import type { Registry } from '../registry.ts';
import type { Authority } from './authority.ts';
import { journalFiles } from './journal.ts';
import { x509 } from './x509.ts';

export interface Expiry {
  /** Empty: the mesh's own. */
  readonly namespace: string;
  readonly name: string;
  /** Unix milliseconds. */
  readonly notAfter: number;
}

/** By the instance's uid, which no other ever has; the newest last. */
export type IssuedTo = Map<string, readonly IssuedCertificate[]>;

/** Of each instance. */
const mostKept = 6;

export const keepIssued = (issued: IssuedTo, uid: string, certificate: IssuedCertificate): void => {
  issued.set(uid, [...(issued.get(uid) ?? []), certificate].slice(-mostKept));
};

interface JournalLine {
  readonly at?: string;
  readonly serial?: string;
  readonly issuer?: string;
  readonly notAfter?: string;
  readonly subject?: { readonly uid?: string };
}

const issuedIn = (line: string): readonly [uid: string, certificate: IssuedCertificate] | undefined => {
  try {
    const { notAfter = '', subject, at = '', serial = '', issuer = '' } = JSON.parse(line) as JournalLine;
    const end = Date.parse(notAfter);
    return subject?.uid === undefined || Number.isNaN(end)
      ? undefined
      : [subject.uid, { serial, issuer, at: Date.parse(at), notAfter: end }];
  } catch {
    // Cut off by a kill: its certificate was never signed.
    return undefined;
  }
};

/** What the journal at this path says, line by line: it may have some ten thousand. */
export const issuedWritten = async (journal: string): Promise<IssuedTo> => {
  const issued: IssuedTo = new Map();
  for (const path of journalFiles(journal)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      const found = issuedIn(line);
      if (found) keepIssued(issued, ...found);
    }
  }
  return issued;
};

/** Of each pod that there still is, and of the mesh's own roots; what is known of others is forgotten. */
export const expiriesOf = (all: IssuedTo, registry: Registry, authority: Authority): readonly Expiry[] => {
  const pods = new Map(registry.list().map(({ pod }) => [pod.uid, pod]));
  const own = authority.roots().map((pem) => ({ namespace: '', name: 'root', notAfter: new x509.X509Certificate(pem).notAfter.getTime() }));
  const issued = [...all].flatMap(([uid, certificates]): Expiry[] => {
    const [pod, last] = [pods.get(uid), certificates.at(-1)];
    return pod && last ? [{ namespace: pod.namespace, name: `pod ${pod.name}`, notAfter: last.notAfter }] : [];
  });
  return [...own, ...issued];
};

const authorityOf = (kind: AuthorityCertificate['kind'], pem: string, signs: boolean): AuthorityCertificate => {
  const { serialNumber, subject, notBefore, notAfter } = new x509.X509Certificate(pem);
  return { kind, serial: serialNumber, subject, notBefore: notBefore.getTime(), notAfter: notAfter.getTime(), signs };
};

/** Of pods that there are, and of the authority. */
export const certificatesOf = (
  issued: IssuedTo,
  { registry, authority, trustDomain }: { readonly registry: Registry; readonly authority: Authority; readonly trustDomain: string },
): Certificates => {
  const items = registry.list().flatMap(({ pod: { uid, namespace, name, workload, serviceAccount } }): PodCertificate[] => {
    const [last, ...earlier] = (issued.get(uid) ?? []).toReversed();
    const identity = spiffeId({ trustDomain, namespace, serviceAccount });
    return last ? [{ ...last, namespace, pod: name, workload: workload.name, identity, earlier }] : [];
  });
  const [current, ...before] = authority.issuers().map((certificate) => certificate.toString());
  return {
    authority: [
      ...authority.roots().map((pem) => authorityOf('root', pem, false)),
      ...(current === undefined ? [] : [authorityOf('intermediate', current, true)]),
      ...before.map((pem) => authorityOf('intermediate', pem, false)),
    ],
    items: items.toSorted((a, b) => a.notAfter - b.notAfter),
  };
};
