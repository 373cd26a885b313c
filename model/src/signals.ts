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
  /** Unix milliseconds of the first look, where that is after `from`: rates are over the time from then on, and to the last look. */
  readonly since?: number;
  readonly items: readonly GoldenSignals[];
}

/** What weftd counts of itself, in Istio's words; of what it observes how often, and the sum. */
export const controlPlaneMetrics = {
  pilot_xds: 'gauges',
  pilot_xds_pushes: 'counters',
  pilot_total_xds_rejects: 'counters',
  pilot_total_xds_internal_errors: 'counters',
  pilot_xds_push_time_sum: 'counters',
  pilot_xds_push_time_count: 'counters',
  pilot_proxy_convergence_time_sum: 'counters',
  pilot_proxy_convergence_time_count: 'counters',
  pilot_xds_config_size_bytes_sum: 'counters',
  pilot_xds_config_size_bytes_count: 'counters',
  citadel_server_csr_count: 'counters',
  citadel_server_success_cert_issuance_count: 'counters',
  citadel_server_authentication_failure_count: 'counters',
  galley_validation_passed: 'counters',
  galley_validation_failed: 'counters',
  process_cpu_seconds_total: 'counters',
  process_resident_memory_bytes: 'gauges',
  process_open_fds: 'gauges',
} as const satisfies Readonly<Record<string, 'counters' | 'gauges'>>;

/** What `/series` tells of: Istio's standard metrics, and what weftd looks at itself. */
export const seriesMetrics = {
  istio_requests_total: 'counters',
  istio_request_duration_milliseconds: 'histograms',
  istio_request_bytes: 'histograms',
  istio_response_bytes: 'histograms',
  istio_request_messages_total: 'counters',
  istio_response_messages_total: 'counters',
  istio_tcp_connections_opened_total: 'counters',
  istio_tcp_connections_closed_total: 'counters',
  istio_tcp_received_bytes_total: 'counters',
  istio_tcp_sent_bytes_total: 'counters',
  weft_proxy_cpu_cores: 'gauges',
  weft_application_cpu_cores: 'gauges',
  weft_proxy_memory_bytes: 'gauges',
  weft_application_memory_bytes: 'gauges',
  weft_connections_used_share: 'gauges',
  weft_pending_requests_used_share: 'gauges',
  ...controlPlaneMetrics,
} as const satisfies Readonly<Record<string, 'counters' | 'histograms' | 'gauges'>>;

export type SeriesMetric = keyof typeof seriesMetrics;

export interface SeriesSearch {
  readonly metric: SeriesMetric;
  /** One series for each combination of these labels' values. */
  readonly by: readonly string[];
  /** Whose proxies counted; each request is in exactly one of them. Of what weftd looks at itself it says nothing. */
  readonly seenBy: 'callers' | 'servers';
  readonly from: number;
  readonly to: number;
  /** Milliseconds; absent: all of the time in one figure. */
  readonly step?: number;
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

export interface Measure {
  /** By how much a counter grew, how much was observed, or how often a gauge was looked at. */
  readonly count: number;
  /** Of observations and looks. */
  readonly mean?: number;
  /** Of observations. */
  readonly quantiles?: Latency;
  /** Of looks. */
  readonly max?: number;
}

export interface LabelledSeries extends Measure {
  readonly labels: Readonly<Record<string, string>>;
  readonly series?: readonly (Measure & { readonly at: number; readonly gap?: true })[];
}

export interface SeriesAnswer {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Starts of those steps in which nobody looked. */
  readonly gaps: readonly number[];
  /** Those with most first. */
  readonly items: readonly LabelledSeries[];
  /** How many more there are. */
  readonly leftOut: number;
}
