/** Traffic policy of a destination (one DestinationRule after merging) and of a server (PeerAuthentication). */

export type LoadBalancer = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH';

/** Durations are milliseconds everywhere in the mesh form; absent means Istio's default. */
export interface ConnectionPool {
  readonly tcp?: {
    readonly maxConnections?: number;
    readonly connectTimeout?: number;
    readonly idleTimeout?: number;
    readonly maxConnectionDuration?: number;
    readonly keepalive?: { readonly time?: number; readonly interval?: number; readonly probes?: number };
  };
  readonly http?: {
    readonly maxPendingRequests?: number;
    readonly maxRequests?: number;
    readonly maxRequestsPerConnection?: number;
    readonly maxRetries?: number;
    readonly idleTimeout?: number;
    readonly h2Upgrade?: 'DEFAULT' | 'UPGRADE' | 'DO_NOT_UPGRADE';
    readonly maxConcurrentStreams?: number;
    readonly useClientProtocol?: boolean;
  };
}

export interface OutlierDetection {
  readonly consecutive5xx?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly consecutiveLocalOriginFailures?: number;
  readonly splitExternalLocalOriginErrors?: boolean;
  readonly interval?: number;
  readonly baseEjectionTime?: number;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
}

export interface ClientTls {
  readonly mode: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  readonly sni?: string;
  readonly subjectAltNames?: readonly string[];
  readonly caCertificates?: string;
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly insecureSkipVerify?: boolean;
}

export interface TrafficPolicy {
  readonly loadBalancer?: LoadBalancer;
  readonly connectionPool?: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
  readonly tls?: ClientTls;
}

export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Already merged over the rule's top level and port level [S54, S55]: by service port number. */
  readonly policy: (port: number) => TrafficPolicy;
}

/** A DestinationRule as one client sees it for one service. Identity-stable. */
export interface DestinationPolicy {
  readonly policy: (port: number) => TrafficPolicy;
  readonly subsets: readonly Subset[];
}

export type MtlsMode = 'PERMISSIVE' | 'STRICT' | 'DISABLE';
