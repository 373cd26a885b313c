/** Traffic policy of a destination (one DestinationRule after merging) and of a server (PeerAuthentication). */
import type { HashKey } from './route.ts';

export interface ConsistentHash {
  /** Absent: nothing decides, and requests are spread at random. */
  readonly key?: HashKey;
  /** Sizes that are absent are Envoy's: rings of at least 1,024 entries, tables of 65,537. */
  readonly table: { readonly kind: 'ring'; readonly minimumSize?: number } | { readonly kind: 'maglev'; readonly size?: number };
}

/** A new endpoint's share grows for `duration`. */
export interface Warmup {
  readonly duration: number;
  readonly minimumPercent?: number;
  readonly aggression?: number;
}

/** How far away endpoints may be [S65-S67]. Localities are `region/zone/subzone`, of which the end may be `*` or missing. */
export interface LocalityBalancing {
  readonly enabled: boolean;
  readonly distribute: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[];
  /** Regions. */
  readonly failover: readonly { readonly from: string; readonly to: string }[];
  /** Names of labels, the most important first; `name=value` stands for another value than the client's own. */
  readonly failoverPriority: readonly string[];
}

export interface LoadBalancer {
  /** Absent: LEAST_REQUEST [S53]; does not count beside `hash`. */
  readonly simple?: 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH';
  readonly hash?: ConsistentHash;
  readonly warmup?: Warmup;
  /** Absent: the service's own preference, then the mesh's. */
  readonly locality?: LocalityBalancing;
}

/** Retries as a share of what is under way, in place of a number. */
export interface RetryBudget {
  readonly percent: number;
  readonly minConcurrency: number;
  readonly interval?: number;
}

/** TCP inside an HTTP request to a proxy. */
export interface Tunnel {
  readonly method: 'CONNECT' | 'POST';
  /** `host:port` that the proxy is asked for. */
  readonly target: string;
}

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
    /** `DECLARED`: on ports that are declared HTTP, as the mesh's settings mean it; a rule means every port [S60]. */
    readonly h2Upgrade?: 'DEFAULT' | 'UPGRADE' | 'DO_NOT_UPGRADE' | 'DECLARED';
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
  readonly caCrl?: string;
  /** A Secret's name: certificate and roots come by SDS as `kubernetes://<name>` and `kubernetes://<name>-cacert`. */
  readonly credentialName?: string;
}

export interface TrafficPolicy {
  readonly loadBalancer?: LoadBalancer;
  readonly connectionPool?: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
  readonly tls?: ClientTls;
  readonly retryBudget?: RetryBudget;
  readonly tunnel?: Tunnel;
  /** Version of the PROXY header that each connection begins with. */
  readonly proxyProtocol?: 'V1' | 'V2';
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
  /** It is for particular clients only, which may then have Secrets of their own [S76]. */
  readonly selected?: true;
}

export type MtlsMode = 'PERMISSIVE' | 'STRICT' | 'DISABLE';
