/** Sidecars: what the proxies of some workloads know of the mesh, and what they accept instead of what services say [S20-S23]. */
import type { ConnectionPool } from './policy.ts';
import type { Protocol } from './service.ts';
import type { Labels } from './workload.ts';

/** Hosts that are imported: `namespace/host`. */
export interface Import {
  /** `*` any, `.` the proxy's own, `~` none. */
  readonly namespace: string;
  /** `*`, `*.example.com` or a name. */
  readonly host: string;
}

export interface SidecarPort {
  /** 0 where the listener is a Unix socket. */
  readonly number: number;
  readonly protocol: Protocol;
  /** It is asked for everything imported, whatever the port (`HTTP_PROXY`). */
  readonly isProxy: boolean;
}

export interface EgressListener {
  /** Absent: every port of the services imported that no other listener has. */
  readonly port?: SidecarPort;
  /** Address, or path of a Unix socket; absent: the services' own addresses. */
  readonly bind?: string;
  /** A socket of its own: nothing is captured for it. */
  readonly bindToPort: boolean;
  readonly imports: readonly Import[];
}

export interface IngressListener {
  readonly port: number;
  readonly protocol: Protocol;
  /** Of a socket of its own; absent: the workload's address. */
  readonly bind?: string;
  readonly bindToPort: boolean;
  /** Where connections go; an address that starts with `/` is a Unix socket's. Absent: where they were dialled. */
  readonly target?: { readonly address: string; readonly port: number };
  readonly connectionPool?: ConnectionPool;
}

export interface OutboundTrafficPolicy {
  readonly mode: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** Who gets what is in no registry. */
  readonly proxy?: { readonly host: string; readonly subset: string; readonly port?: number };
}

export interface Sidecar {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  /** Absent: its whole namespace; in the root namespace every one without its own. */
  readonly selector?: Labels;
  /** Never empty: without any, everything is imported. */
  readonly egress: readonly EgressListener[];
  /** Empty: what services say. */
  readonly ingress: readonly IngressListener[];
  readonly outboundTrafficPolicy?: OutboundTrafficPolicy;
  /** Of all inbound ports; it beats a DestinationRule's [S70]. */
  readonly connectionPool?: ConnectionPool;
}
