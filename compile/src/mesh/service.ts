/** Services and endpoints, as every source of configuration means them. Values are immutable and shared by identity. */

export type Protocol = 'http' | 'http2' | 'grpc' | 'grpc-web' | 'tcp' | 'tls' | 'https' | 'mongo' | 'mysql' | 'redis' | 'udp' | 'auto';

/** Protocols that Envoy's connection manager reads. */
export const isHttp = (protocol: Protocol): boolean =>
  protocol === 'http' || protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web';

/** It is asked in HTTP/2 whatever its clients speak. */
export const isHttp2 = (protocol: Protocol): boolean => protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web';

/** TLS that stays closed [S81]. */
export const carriesTls = (protocol: Protocol): boolean => protocol === 'tls' || protocol === 'https';

/** Their servers speak first, so that looking for HTTP would wait for ever: they share a listener with nobody else [S84]. */
export const isExclusive = (protocol: Protocol): boolean => protocol === 'mongo' || protocol === 'mysql';

export interface ServicePort {
  /** The service's port: what clients dial, and what cluster names carry. */
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol;
  /** Where clients dial endpoints themselves (ServiceEntry NONE): the port there, other than the one dialled. */
  readonly upstream?: number;
}

/**
 * `eds`: endpoints from us. `dns-strict`/`dns-logical`: Envoy resolves the endpoints' names.
 * `dns-dynamic`: Envoy resolves what the client asks for, by `Host` or SNI (ServiceEntry DYNAMIC_DNS).
 * `original-dst`: the connection's own destination (headless services, ServiceEntry NONE).
 */
export type Resolution = 'eds' | 'dns-strict' | 'dns-logical' | 'dns-dynamic' | 'original-dst';

/** The shape of a service: everything but its endpoints, which change far more often. */
export interface Service {
  /** `${namespace}/${hostname}` */
  readonly key: string;
  /** Lower-case FQDN: `catalog.shop.svc.cluster.local`, `api.example.com`, `*.example.com`. */
  readonly hostname: string;
  readonly namespace: string;
  /** Set for Kubernetes Services only: the short name, from which clients' search paths make host names. */
  readonly shortName?: string;
  /** Virtual addresses, automatic ones included; empty for headless services and wildcards. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly resolution: Resolution;
  readonly headless: boolean;
  readonly meshExternal: boolean;
  /** ExternalName: the host that this is another name of. */
  readonly target?: string;
  /** `*`, `.` or namespace names; `~` nobody. */
  readonly exportTo: readonly string[];
  /** Names that the server's certificate must have one of, beside the endpoints' own identities (ServiceEntry). */
  readonly subjectAltNames?: readonly string[];
  /** Endpoints near the client are preferred, without a DestinationRule (`trafficDistribution`). */
  readonly distribution?: 'SAME_ZONE' | 'SAME_NODE';
  readonly created: number;
}

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subzone: string;
}

/** The locality of what does not say where it is. */
export const nowhere: Locality = { region: '', zone: '', subzone: '' };

export interface Endpoint {
  /** IP address; a host name for `dns-*` services; a path starting with `/` for a Unix socket. */
  readonly address: string;
  /** Of the other family, for clients that cannot reach `address`. */
  readonly additional?: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  /** SPIFFE id; empty where the endpoint has none. */
  readonly identity: string;
  /** Whether the endpoint speaks mesh mTLS (it has a sidecar, and PeerAuthentication does not disable it). */
  readonly mtls: boolean;
  readonly locality: Locality;
  /** It is sent although it is not ready, so that clients know when to go further away. */
  readonly unhealthy?: true;
  readonly weight: number;
  /** For telemetry metadata; empty where unknown. */
  readonly workload: string;
  readonly namespace: string;
  readonly cluster: string;
}

export const everyAddress = ({ address, additional }: Endpoint): readonly string[] =>
  additional === undefined ? [address] : [address, additional];

/** Ready endpoints of one service port. Identity-stable: same content, same object. */
export interface PortEndpoints {
  readonly service: string;
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
}
