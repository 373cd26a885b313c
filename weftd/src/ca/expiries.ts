/** When certificates end that somebody still holds: of each instance the last one, also of those that a weftd before this one issued. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
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

/** By the instance's uid, which no other ever has. */
export type Ends = Map<string, number>;

const endIn = (line: string): readonly [uid: string, notAfter: number] | undefined => {
  try {
    const { notAfter, subject } = JSON.parse(line) as { readonly notAfter?: string; readonly subject?: { readonly uid?: string } };
    const at = Date.parse(notAfter ?? '');
    return subject?.uid === undefined || Number.isNaN(at) ? undefined : [subject.uid, at];
  } catch {
    // Cut off by a kill: its certificate was never signed.
    return undefined;
  }
};

/** What the journal at this path says, line by line: it may have some ten thousand. */
export const endsWritten = async (journal: string): Promise<Ends> => {
  const ends: Ends = new Map();
  for (const path of journalFiles(journal)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      const found = endIn(line);
      if (found) ends.set(...found);
    }
  }
  return ends;
};

/** Of each pod that there still is, and of the mesh's own roots; what is known of others is forgotten. */
export const expiriesOf = (ends: Ends, registry: Registry, authority: Authority): readonly Expiry[] => {
  const pods = new Map(registry.list().map(({ pod }) => [pod.uid, pod]));
  const own = authority.roots().map((pem) => ({ namespace: '', name: 'root', notAfter: new x509.X509Certificate(pem).notAfter.getTime() }));
  const issued = [...ends].flatMap(([uid, notAfter]): Expiry[] => {
    const pod = pods.get(uid);
    return pod ? [{ namespace: pod.namespace, name: `pod ${pod.name}`, notAfter }] : [];
  });
  return [...own, ...issued];
};
