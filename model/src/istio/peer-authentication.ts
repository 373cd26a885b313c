export type PeerMtlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PeerAuthenticationSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly mtls?: { readonly mode?: PeerMtlsMode };
  /** By the workload's own port, not the service's (semantics 89). */
  readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: PeerMtlsMode }>>;
}
