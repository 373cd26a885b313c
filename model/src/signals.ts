/** How the mesh does: what `/signals` and `/edges` answer. Times are Unix milliseconds, durations milliseconds. */

/** Of what there are figures. `workload` and `version` are as their own proxies saw it, all others as their callers' did; `route` by records. */
export const signalSubjects = ['mesh', 'namespace', 'service', 'workload', 'version', 'edge', 'caller', 'route'] as const;
export type SignalSubject = (typeof signalSubjects)[number];

export interface SignalsSearch {
  readonly of: SignalSubject;
  readonly from: number;
  readonly to: number;
  /** Milliseconds; with it there are figures for each step too. */
  readonly step?: number;
  /** Only those with these values: Istio's labels, `destination_workload` and the like. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

export interface ErrorReason {
  /** As Envoy says it; absent where the application failed by itself. */
  readonly flag?: string;
  readonly code: string;
  /** Name of a gRPC status. */
  readonly grpcStatus?: string;
  readonly words: string;
  readonly requests: number;
}

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Figures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  /** Of requests; absent where there were none. */
  readonly failedShare?: number;
  readonly latency?: Latency;
  readonly connectionsOpened: number;
  readonly connectionsClosed: number;
  /** Of connections that are not HTTP, and ended; as their server sees it. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface GoldenSignals extends Figures {
  /** Istio's labels that tell this one from others. */
  readonly labels: Readonly<Record<string, string>>;
  readonly reasons: readonly ErrorReason[];
  readonly saturation?: Saturation;
  /** Something may be missing: a proxy was killed with what it had counted since it was read before, or nobody read it for a while. */
  readonly gap?: true;
  readonly series?: readonly (Figures & { readonly at: number; readonly gap?: true })[];
}

/** How near to its limits; 1: there. What nobody measured is absent. */
export interface Saturation {
  /** Connections and requests that wait, of what circuit breakers let through; the fullest of its proxies. */
  readonly connections?: number;
  readonly pendingRequests?: number;
  /** Refused since there was no more room. */
  readonly overflowed?: number;
  /** Processors that are in use. */
  readonly proxyCpu?: number;
  readonly applicationCpu?: number;
  /** Bytes. */
  readonly proxyMemory?: number;
  readonly applicationMemory?: number;
  /** By the name of the object of kind Saturation that measures it. */
  readonly measured?: Readonly<Record<string, number>>;
}

export interface SignalsAnswer {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Share of the time in which somebody looked; figures of the rest are missing or spread evenly. */
  readonly known: number;
  readonly items: readonly GoldenSignals[];
}
