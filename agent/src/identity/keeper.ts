/**
 * Keeps one workload certified for as long as it runs. The old certificate serves until the next one is there,
 * and after a restart the one on disk does, so an outage of weftd costs nothing before it has lasted for 0.44 of a life.
 */
import { type PodSpec, spiffeId, type TrustBundles } from '@weft/model';
import type { Logger } from 'pino';
import type { AdminApi } from '../relay/proxy.ts';
import { renewalTime, retryDelay } from './renewal.ts';
import { type Credential, requestCertificate } from './request.ts';
import { openStateDirectory, type StateDirectory } from './state-directory.ts';
import { checkedIdentity, type IdentityParts, type WorkloadIdentity } from './workload-identity.ts';

export interface KeeperInput {
  readonly pod: PodSpec;
  readonly state: string;
  readonly upstream: string;
  readonly admin: AdminApi;
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

const file = 'identity.json';
const bundlePollMs = 60_000;
/** For the pace of retries before the first certificate. */
const unknownLife = 60_000;
/** Node's timers overflow above 2^31 ms. */
const longestSleepMs = 2 ** 31 - 1;

export class IdentityKeeper {
  readonly #input: KeeperInput;
  readonly #state: StateDirectory;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<(identity: WorkloadIdentity) => void>();
  #current: WorkloadIdentity | undefined;
  #problem: string;
  #saving = Promise.resolve();

  constructor(input: KeeperInput, kept: { readonly state: StateDirectory; readonly identity: WorkloadIdentity | undefined }) {
    this.#input = input;
    this.#state = kept.state;
    this.#current = kept.identity;
    this.#problem = kept.identity ? '' : 'no certificate yet';
    void this.#renewals();
    void this.#bundleChanges();
  }

  current(): WorkloadIdentity | undefined {
    return this.#current;
  }

  /** Called with each new certificate or trust bundle; returns the detach function. */
  onChange(listener: (identity: WorkloadIdentity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Why there is no certificate, or why it could not be renewed; empty when all is well. */
  problem(): string {
    return this.#problem;
  }

  /** Resolves when what is in use is on disk. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#listeners.clear();
    await this.#saving;
  }

  async #renewals(): Promise<void> {
    const { now, random } = this.#input;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#current) await sleep(renewalTime(this.#current, random()) - now(), signal);
      for (let failures = 0; !signal.aborted; ) {
        const error = await this.#renew(failures).then(() => undefined, String);
        if (error === undefined) break;
        failures += 1;
        this.#complain(error, failures);
        const life = this.#current ? this.#current.notAfter - this.#current.issuedAt : unknownLife;
        await sleep(retryDelay({ failures, life, random: random() }), signal);
      }
    }
  }

  async #renew(failures: number): Promise<void> {
    const { admin, upstream, now, pod, logger } = this.#input;
    const bundles = await admin.trustBundle();
    const credential = await credentialFor(this.#current, { failures, input: this.#input });
    const parts = await requestCertificate({ upstream, bundles, credential, now });
    const identity = checkedIdentity(parts, { spiffeId: expectedName(pod, bundles), now: now() });
    this.#problem = '';
    this.#adopt(identity);
    const { spiffeId: name, serial, notAfter } = identity;
    logger.info({ spiffeId: name, serial, notAfter: new Date(notAfter).toISOString() }, 'certificate received');
  }

  async #bundleChanges(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(bundlePollMs, signal);
      const bundles = await this.#input.admin.trustBundle().catch(() => undefined); // weftd is away: what we trust does not change
      const current = this.#current;
      if (bundles && current && JSON.stringify(bundles) !== JSON.stringify(current.bundles)) this.#adopt({ ...current, bundles });
    }
  }

  #adopt(identity: WorkloadIdentity): void {
    if (this.#stopped.signal.aborted) return;
    this.#current = identity;
    for (const listener of this.#listeners) listener(identity);
    const { pod, logger } = this.#input;
    const write = (): Promise<void> => this.#state.write(file, JSON.stringify(stored(identity, pod)));
    this.#saving = this.#saving.then(write).catch((error: unknown) => {
      logger.warn({ err: error }, 'the certificate could not be saved; a restart during an outage would miss it');
    });
  }

  #complain(error: string, failures: number): void {
    const { now, logger } = this.#input;
    const left = this.#current ? Math.round((this.#current.notAfter - now()) / 1000) : 0;
    if (!this.#current) this.#problem = `no certificate: ${error}`;
    else if (left > 0) this.#problem = `the certificate could not be renewed (${left} s left): ${error}`;
    else this.#problem = `the certificate has expired and could not be renewed: ${error}`;
    logger[failures > 3 ? 'error' : 'warn']({ failures, remainingSeconds: left }, this.#problem);
  }
}

/** With what an agent before this one left, if it is of use. */
export const keepIdentity = async (input: KeeperInput): Promise<IdentityKeeper> => {
  const state = await openStateDirectory(input.state);
  return new IdentityKeeper(input, { state, identity: await loadIdentity(state, input) });
};

/** The certificate in use; every second try a token, for a certificate that weftd no longer accepts must not end the workload. */
const credentialFor = async (
  current: WorkloadIdentity | undefined,
  { failures, input }: { failures: number; input: KeeperInput },
): Promise<Credential> => {
  if (current && current.notAfter > input.now() && failures % 2 === 0) return { kind: 'certificate', identity: current };
  const { namespace, serviceAccount, name, uid } = input.pod;
  return { kind: 'token', token: (await input.admin.token({ namespace, serviceAccount, pod: { name, uid } })).token };
};

const expectedName = ({ namespace, serviceAccount }: PodSpec, { trustDomain }: TrustBundles): string =>
  spiffeId({ trustDomain, namespace, serviceAccount });

interface StoredIdentity extends IdentityParts {
  readonly uid: string;
}

const stored = ({ key, chain, issuedAt, bundles }: WorkloadIdentity, { uid }: PodSpec): StoredIdentity => ({
  uid,
  key,
  chain,
  issuedAt,
  bundles,
});

/** Anything but a good certificate of this very pod is as if there were none. */
const loadIdentity = async (state: StateDirectory, { pod, now, logger }: KeeperInput): Promise<WorkloadIdentity | undefined> => {
  try {
    const content = await state.read(file);
    if (!content) return undefined;
    const parts = JSON.parse(content.toString('utf8')) as StoredIdentity;
    if (parts.uid !== pod.uid) throw new Error('it is of another pod');
    return checkedIdentity(parts, { spiffeId: expectedName(pod, parts.bundles), now: now() });
  } catch (error) {
    logger.warn({ err: error }, 'the certificate on disk is of no use');
    return undefined;
  }
};

/** Resolves early, without an error, when `signal` fires. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(Math.max(0, ms), longestSleepMs));
    timer.unref();
    signal.addEventListener('abort', end);
  });
