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

export interface IdentityKeeper {
  current(): WorkloadIdentity | undefined;
  /** Called with each new certificate or trust bundle; returns the detach function. */
  onChange(listener: (identity: WorkloadIdentity) => void): () => void;
  /** Why there is no certificate, or why it could not be renewed; empty when all is well. */
  problem(): string;
  /** Resolves when what is in use is on disk. */
  close(): Promise<void>;
}

const file = 'identity.json';
const bundlePollMs = 60_000;
/** Node's timers overflow above 2^31 ms. */
const longestSleepMs = 2 ** 31 - 1;

export const keepIdentity = async (input: KeeperInput): Promise<IdentityKeeper> => {
  const state = await openStateDirectory(input.state);
  const stopped = new AbortController();
  const listeners = new Set<(identity: WorkloadIdentity) => void>();
  let current = await loadIdentity(state, input);
  let problem = current ? '' : 'no certificate yet';
  let saving = Promise.resolve();

  const adopt = (identity: WorkloadIdentity): void => {
    if (stopped.signal.aborted) return;
    current = identity;
    for (const listener of listeners) listener(identity);
    const { pod, logger } = input;
    const write = (): Promise<void> => state.write(file, JSON.stringify(stored(identity, pod)));
    saving = saving.then(write).catch((error: unknown) => {
      logger.warn({ err: error }, 'the certificate could not be saved; a restart during an outage would miss it');
    });
  };

  const renew = async (failures: number): Promise<void> => {
    const bundles = await input.admin.trustBundle();
    const credential = await credentialFor(current, { failures, input });
    const parts = await requestCertificate({ upstream: input.upstream, bundles, credential, now: input.now });
    const identity = checkedIdentity(parts, { spiffeId: expectedName(input.pod, bundles), now: input.now() });
    problem = '';
    adopt(identity);
    input.logger.info(
      { spiffeId: identity.spiffeId, serial: identity.serial, notAfter: new Date(identity.notAfter).toISOString() },
      'certificate received',
    );
  };

  const renewals = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (current) await sleep(renewalTime(current, input.random()) - input.now(), stopped.signal);
      for (let failures = 0; !stopped.signal.aborted; ) {
        const error = await renew(failures).then(() => undefined, String);
        if (error === undefined) break;
        failures += 1;
        problem = renewalProblem(error, current, input.now());
        input.logger[failures > 3 ? 'error' : 'warn']({ failures, remainingSeconds: remaining(current, input.now()) }, problem);
        const life = current ? current.notAfter - current.issuedAt : 60_000;
        await sleep(retryDelay({ failures, life, random: input.random() }), stopped.signal);
      }
    }
  };

  const bundleChanges = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await sleep(bundlePollMs, stopped.signal);
      const bundles = await input.admin.trustBundle().catch(() => undefined); // weftd is away: what we trust does not change
      if (bundles && current && JSON.stringify(bundles) !== JSON.stringify(current.bundles)) adopt({ ...current, bundles });
    }
  };

  void renewals();
  void bundleChanges();
  return {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    problem: () => problem,
    close: async () => {
      stopped.abort();
      listeners.clear();
      await saving;
    },
  };
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

const remaining = (identity: WorkloadIdentity | undefined, now: number): number =>
  identity ? Math.round((identity.notAfter - now) / 1000) : 0;

const renewalProblem = (error: string, identity: WorkloadIdentity | undefined, now: number): string => {
  if (!identity) return `no certificate: ${error}`;
  const left = remaining(identity, now);
  return left > 0
    ? `the certificate could not be renewed (${left} s left): ${error}`
    : `the certificate has expired and could not be renewed: ${error}`;
};

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

/** What an agent before this one left; anything but a good certificate of this very pod is as if there were none. */
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
