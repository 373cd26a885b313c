/** Labels that figures can be broken down by. */

export interface BreakDown {
  readonly label: string;
  readonly name: string;
}

export const breakDowns: readonly BreakDown[] = [
  { label: 'source_workload', name: 'who called' },
  { label: 'source_principal', name: 'verified identity of who called' },
  { label: 'source_workload_namespace', name: 'namespace of who called' },
  { label: 'source_version', name: 'version of who called' },
  { label: 'source_cluster', name: 'cluster of who called' },
  { label: 'destination_service_name', name: 'service that was called' },
  { label: 'destination_workload', name: 'workload that answered' },
  { label: 'destination_version', name: 'version that answered' },
  { label: 'destination_cluster', name: 'cluster that answered' },
  { label: 'response_code', name: 'response code' },
  { label: 'grpc_response_status', name: 'gRPC status' },
  { label: 'response_flags', name: 'Envoy’s flags' },
  { label: 'request_protocol', name: 'protocol' },
  { label: 'connection_security_policy', name: 'mutual TLS' },
];

export const quantiles = ['p50', 'p90', 'p95', 'p99'] as const;

export type QuantileName = (typeof quantiles)[number];
