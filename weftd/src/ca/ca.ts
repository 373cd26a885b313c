/** The certificate authority: everything that proves who someone is comes from here, and is judged here. */
import { join } from 'node:path';
import { type Certificates, parseSpiffeId, spiffeId, type TokenRequest, type TokenResult, type TrustBundles } from '@weft/model';
import type { ServerIdentities } from '../push/contract.ts';
import type { Registry } from '../registry.ts';
import { authenticator } from './authenticate.ts';
import { openAuthority } from './authority.ts';
import type { Authenticate, Caller } from './caller.ts';
import { checkCsr } from './csr.ts';
import { certificatesOf, type Expiry, expiriesOf, issuedWritten, keepIssued } from './expiries.ts';
import { makeKeyHolders } from './holders.ts';
import { instanceName } from './instance-name.ts';
import { prepare, type Signed, sign } from './issue.ts';
import { openJournal } from './journal.ts';
import { makeServing } from './serving.ts';
import { audience, maxTokenSeconds, openTokenKey, signToken } from './tokens.ts';

export interface CaInput {
  readonly trustDomain: string;
  /** Its other names: our roots vouch for them too [S98]. Nothing is issued in them. */
  readonly aliases?: () => readonly string[];
  readonly cluster: string;
  readonly registry: Registry;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
  readonly logger: { warn(fields: object, message: string): void };
  /** Life of a workload's certificate and of weftd's own; 24 h unless told. */
  readonly leafSeconds?: number;
}

export type Issued = { readonly ok: true; readonly certificate: Signed } | { readonly ok: false; readonly reason: string };
export type Minted = { readonly ok: true; readonly token: TokenResult } | { readonly ok: false; readonly reason: string };

export interface Ca {
  readonly trustDomain: string;
  /** The body of `GET /trust-bundle`. */
  bundles(): TrustBundles;
  readonly authenticate: Authenticate;
  /** A certificate for the caller's own identity and the key of the CSR. `reason` is for the log. */
  issue(csr: string, caller: Caller): Promise<Issued>;
  /** For the admin socket only: whoever may call this may be anyone in the mesh. */
  mint(request: TokenRequest): Promise<Minted>;
  /** When the last certificate of each pod that there still is ends, and the mesh's own roots. */
  expiries(): readonly Expiry[];
  /** What pods hold, and the authority's own. */
  certificates(): Certificates;
  /** Serial number of the certificate that signs workloads' now. */
  signer(): string;
  /** For weftd's TLS listeners. */
  readonly serving: ServerIdentities;
  close(): Promise<void>;
}

const dayInSeconds = 86_400;

/** @throws if the directory can be read by others, is damaged, or belongs to another trust domain */
export const openCa = async (directory: string, input: CaInput): Promise<Ca> => {
  const { trustDomain, registry, now, random, leafSeconds = dayInSeconds } = input;
  if (!parseSpiffeId(`spiffe://${trustDomain}/ns/a/sa/a`)) throw new Error(`${JSON.stringify(trustDomain)} is no trust domain`);
  const authority = await openAuthority({ directory, trustDomain, now, random });
  const tokens = await openTokenKey(directory, { trustDomain, now });
  const written = join(directory, 'journal.jsonl');
  const issued = await issuedWritten(written);
  const journal = await openJournal(written, now);
  const powers = { authority, now, random };
  const holders = makeKeyHolders({ life: leafSeconds * 1000, now });
  const serving = await makeServing({ ...powers, journal, trustDomain, seconds: leafSeconds });
  const maintenance = setInterval(
    () => {
      const renewed = authority.maintain().then(() => serving.renew());
      renewed.catch((error: unknown) => input.logger.warn({ err: error }, 'the CA could not renew its own certificates'));
    },
    Math.min(leafSeconds / 2, dayInSeconds / 2) * 1000,
  );
  maintenance.unref();

  const issue = async (csr: string, caller: Caller): Promise<Issued> => {
    const checked = await checkCsr(csr);
    if (!checked.ok) return checked;
    const uri = spiffeId(caller.identity);
    if (!holders.claim(new Uint8Array(checked.publicKey.rawData), uri)) return { ok: false, reason: 'the key is of another identity' };
    const subject = { kind: 'workload', trustDomain, uri, ...instanceFields(caller, input) } as const;
    const prepared = prepare({ subject, publicKey: checked.publicKey, seconds: leafSeconds }, powers);
    await journal.record(prepared);
    const { serial, notAfter, issuer } = prepared;
    const certificate = { serial, issuer: issuer.certificate.serialNumber, at: now(), notAfter: notAfter.getTime() };
    if (caller.instance) keepIssued(issued, caller.instance.uid, certificate);
    return { ok: true, certificate: await sign(prepared) };
  };

  return {
    trustDomain,
    bundles: () => {
      const bundle = { trustDomain, pem: `${authority.roots().join('\n')}\n` };
      const named = (input.aliases?.() ?? []).filter((alias) => alias !== trustDomain);
      return { ...bundle, domains: [bundle, ...named.map((alias) => ({ ...bundle, trustDomain: alias }))] };
    },
    authenticate: authenticator({ authority, tokens, registry, trustDomain, now }),
    issue,
    expiries: () => expiriesOf(issued, registry, authority),
    mint: async (request) => {
      const reason = mintRefusal(request, input);
      if (reason) return { ok: false, reason };
      const { namespace, serviceAccount, pod } = request;
      const wish = { namespace, serviceAccount, audience: request.audience ?? audience, seconds: request.ttlSeconds ?? maxTokenSeconds };
      return { ok: true, token: await signToken({ ...wish, ...(pod ? { pod } : {}) }, tokens) };
    },
    certificates: () => certificatesOf(issued, { registry, authority, trustDomain }),
    signer: () => authority.current().certificate.serialNumber,
    serving,
    close: async () => {
      clearInterval(maintenance);
      await journal.close();
    },
  };
};

/** Workload, version and cluster as Weft's registry has them now: a credential without instance has none. */
const instanceFields = ({ identity, instance }: Caller, { registry, cluster }: CaInput): { uid?: string; dns?: string } => {
  if (!instance) return {};
  const found = registry.find(identity.namespace, instance.name);
  const dns = found?.pod.uid === instance.uid ? instanceName(found, cluster) : undefined;
  return { uid: instance.uid, ...(dns ? { dns } : {}) };
};

const uidForm = /^[A-Za-z0-9-]{1,64}$/;

const mintRefusal = (
  { namespace, serviceAccount, pod, ttlSeconds = maxTokenSeconds }: TokenRequest,
  { trustDomain, registry }: CaInput,
): string | undefined => {
  if (!parseSpiffeId(`spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`))
    return 'namespace or service account is not a valid name';
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTokenSeconds) return `ttlSeconds must be 1 to ${maxTokenSeconds}`;
  if (!pod) return undefined;
  const found = registry.find(namespace, pod.name);
  if (!uidForm.test(pod.uid) || found?.pod.uid !== pod.uid) return `no pod ${namespace}/${pod.name} with uid ${pod.uid}`;
  if (found.pod.serviceAccount !== serviceAccount) return `pod ${namespace}/${pod.name} runs as ${found.pod.serviceAccount}`;
  return undefined;
};
