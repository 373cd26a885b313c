import type { ServerIdentities, ServerIdentity } from '../push/contract.ts';
import { type Powers, prepare, sign } from './issue.ts';
import type { Journal } from './journal.ts';
import { keyToPem, makeKeys } from './x509.ts';

/** The names that Weft's agents and Istio's ask for. */
const names = { dns: ['weftd', 'istiod.istio-system.svc', 'weftd.istio-system.svc', 'localhost'], ip: ['127.0.0.1'] };

export interface ServingInput extends Powers {
  readonly journal: Journal;
  readonly trustDomain: string;
  readonly seconds: number;
}

/** weftd's own TLS certificate: kept in memory, made anew at each start and whenever `renew` is called. */
export const makeServing = async (input: ServingInput): Promise<ServerIdentities & { renew(): Promise<void> }> => {
  let current = await makeIdentity(input);
  const listeners = new Set<(identity: ServerIdentity) => void>();
  return {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    renew: async () => {
      current = await makeIdentity(input);
      for (const listener of listeners) listener(current);
    },
  };
};

const makeIdentity = async (input: ServingInput): Promise<ServerIdentity> => {
  const keys = await makeKeys();
  const subject = { kind: 'server', trustDomain: input.trustDomain, ...names } as const;
  const prepared = prepare({ subject, publicKey: keys.publicKey, seconds: input.seconds }, input);
  await input.journal.record(prepared);
  const { chain } = await sign(prepared);
  return { certificate: chain.join('\n'), privateKey: await keyToPem(keys.privateKey), roots: input.authority.roots().join('\n') };
};
