/** SPIFFE identities as Istio writes them: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`. */

export type SpiffeId = string & { readonly brand: 'SpiffeId' };

export interface Identity {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** RFC 1123 label or subdomain: what Kubernetes allows as a namespace or service account. */
const segment = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const spiffeId = (identity: Identity): SpiffeId =>
  `spiffe://${identity.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}` as SpiffeId;

/** Parses strictly (SPIFFE-ID 2.1-2.3 and Istio's path form); anything else is `undefined`, never a guess. */
export const parseSpiffeId = (text: string): Identity | undefined => {
  const match = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(text);
  if (!match) return undefined;
  const [, trustDomain = '', namespace = '', serviceAccount = ''] = match;
  if (![trustDomain, namespace, serviceAccount].every((part) => segment.test(part))) return undefined;
  return { trustDomain, namespace, serviceAccount };
};

/** Who the agent is where it speaks for itself. It has no instance, so that no pod can be it, whatever its namespace and account. */
export const agentAccount = { namespace: 'weft-system', serviceAccount: 'weft-agent' } as const;
