/**
 * A View is everything that a proxy's configuration may depend on, and nothing else: `emit` sees only this.
 * It is made of slices that many proxies share by identity, so that work done for one is done for all.
 */
import type { AuthorizationSlice } from './authorization.ts';
import type { ConnectionRoute } from './connection.ts';
import type { CredentialSlice } from './credential.ts';
import type { GatewaySlice } from './gateway.ts';
import type { ConnectionPool, DestinationPolicy, LocalityBalancing, MtlsMode } from './policy.ts';
import type { TokenRule } from './request-authentication.ts';
import type { HttpRoute, Retry } from './route.ts';
import type { Locality, PortEndpoints, Protocol, Service } from './service.ts';
import type { SidecarPort } from './sidecar.ts';
import type { Surface } from './surface.ts';
import type { Labels } from './workload.ts';

/** One service as the clients of one slice see it. Identity-stable while none of its inputs change. */
export interface ScopedService {
  readonly service: Service;
  /** Host names beside `service.hostname` that clients of this namespace may use [S10, S11]; no ports. */
  readonly aliases: readonly string[];
  readonly destination: DestinationPolicy;
  /** Retries of the default route; absent: Istio's. */
  readonly retry?: Retry | 'none';
  /** Routes by service port; a port that is absent has the default route to itself. */
  readonly routes: ReadonlyMap<number, readonly HttpRoute[]>;
  /** Routes of connections by service port; a port that is absent has all of them to itself. */
  readonly connections: ReadonlyMap<number, readonly ConnectionRoute[]>;
}

/** By port. */
type VirtualHosts = ReadonlyMap<number, readonly { readonly host: string; readonly routes: readonly HttpRoute[] }[]>;

/** One egress listener of a Sidecar: what its clients reach there, and nothing else. */
export interface EgressScope {
  /** Absent: every port of its services that no listener before it has. */
  readonly port?: SidecarPort;
  /** Address, or path of a Unix socket; absent: the services' own addresses. */
  readonly bind?: string;
  readonly bindToPort: boolean;
  readonly services: readonly ScopedService[];
  readonly virtualHosts: VirtualHosts;
}

/** What a proxy may call. Shared by all proxies of a namespace with the same visibility and the same matching labels. */
export interface OutboundSlice extends Surface {
  readonly services: readonly ScopedService[];
  /** Endpoints of all services above by `${service.key}:${port}`; changes without `services` changing. */
  readonly endpoints: ReadonlyMap<string, PortEndpoints>;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** Cluster of what is in no registry under ALLOW_ANY; absent: where it was dialled (Sidecar, `egressProxy`). */
  readonly egressProxy?: string;
  /** Virtual hosts for hosts of VirtualServices that no service has on that port [S49]. */
  readonly virtualHosts: VirtualHosts;
  /** Listeners as a Sidecar has them, in its order; absent: one for each port of `services`. */
  readonly listeners?: readonly EgressScope[];
}

export interface InboundPort {
  /** The workload's own (target) port. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: MtlsMode;
  /** Host and service port of the oldest service that leads here, for names and telemetry; absent: no service. */
  readonly service?: { readonly hostname: string; readonly port: number };
  readonly connectionPool?: ConnectionPool;
  /** Of a Sidecar's ingress listener: the address of its own socket, and where connections go. */
  readonly bind?: string;
  readonly target?: { readonly address: string; readonly port: number };
}

/** What a proxy accepts. Shared by the instances of one workload. */
export interface InboundSlice extends Surface {
  readonly ports: readonly InboundPort[];
  /** For every port that is not listed. */
  readonly mode: MtlsMode;
  /** Of requests to every port; absent: tokens are not looked at. */
  readonly tokens?: readonly TokenRule[];
  /** On the way to other modes: some callers of a TCP port come without TLS, to a server that may speak first. */
  readonly changing?: true;
}

/** Where a proxy is, as far as policies look at it. Shared by all proxies of a place [S65, S66]. */
export interface Origin extends Surface {
  readonly locality: Locality;
  /** Only those that some `failoverPriority` names. */
  readonly labels: Labels;
  /** What holds for services of which neither a rule nor the Service itself says anything. */
  readonly balancing: LocalityBalancing;
}

export interface View {
  readonly role: 'sidecar' | 'gateway';
  readonly trustDomain: string;
  readonly origin: Origin;
  readonly outbound: OutboundSlice;
  readonly inbound: InboundSlice;
  readonly gateway: GatewaySlice;
  /** Who may use what the proxy accepts, as sidecar or as gateway. */
  readonly authorization: AuthorizationSlice;
  /** Secrets that this proxy may have; nobody else may. */
  readonly credentials: CredentialSlice;
}
