/**
 * A View is everything that a proxy's configuration may depend on, and nothing else: `emit` sees only this.
 * It is made of slices that many proxies share by identity, so that work done for one is done for all.
 */
import type { ConnectionPool, DestinationPolicy, MtlsMode } from './policy.ts';
import type { HttpRoute } from './route.ts';
import type { PortEndpoints, Protocol, Service } from './service.ts';

/** One service as the clients of one slice see it. Identity-stable while none of its inputs change. */
export interface ScopedService {
  readonly service: Service;
  /** Host names beside `service.hostname` that clients of this namespace may use [S10, S11]; no ports. */
  readonly aliases: readonly string[];
  readonly destination: DestinationPolicy;
  /** Routes by service port; a port that is absent has the default route to itself with Istio's default retries. */
  readonly routes: ReadonlyMap<number, readonly HttpRoute[]>;
}

/** What a proxy may call. Shared by all proxies of a namespace with the same visibility and the same matching labels. */
export interface OutboundSlice {
  readonly services: readonly ScopedService[];
  /** Endpoints of all services above by `${service.key}:${port}`; changes without `services` changing. */
  readonly endpoints: ReadonlyMap<string, PortEndpoints>;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** Virtual hosts for hosts of VirtualServices that are in no registry [S49]: port 80 only. */
  readonly virtualHosts: readonly { readonly host: string; readonly routes: readonly HttpRoute[] }[];
}

export interface InboundPort {
  /** The workload's own (target) port. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: MtlsMode;
  /** Host and service port of the oldest service that leads here, for names and telemetry; absent: no service. */
  readonly service?: { readonly hostname: string; readonly port: number };
  readonly connectionPool?: ConnectionPool;
}

/** What a proxy accepts. Shared by the instances of one workload. */
export interface InboundSlice {
  readonly ports: readonly InboundPort[];
  /** For every port that is not listed. */
  readonly mode: MtlsMode;
}

export interface GatewayServer {
  readonly port: number;
  readonly protocol: 'HTTP';
  /** By host [S117-S119]: virtual hosts, merged over VirtualServices, most specific first. */
  readonly virtualHosts: readonly {
    readonly hosts: readonly string[];
    readonly routes: readonly HttpRoute[];
    readonly httpsRedirect: boolean;
  }[];
}

export interface GatewaySlice {
  readonly servers: readonly GatewayServer[];
}

export interface View {
  readonly role: 'sidecar' | 'gateway';
  readonly trustDomain: string;
  readonly outbound: OutboundSlice;
  readonly inbound: InboundSlice;
  readonly gateway: GatewaySlice;
}
