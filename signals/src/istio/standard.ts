/** Istio's standard metrics and their labels, as its dashboards and Kiali ask for them [S140]. */

export type Reporter = 'source' | 'destination';

/** What a workload is called in labels; empty: unknown. */
export interface WorkloadLabels {
  readonly workload: string;
  readonly namespace: string;
  /** `spiffe://...` */
  readonly principal: string;
  readonly app: string;
  readonly version: string;
  readonly cluster: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
}

const peer = (side: Reporter): readonly string[] => [
  `${side}_workload`,
  `${side}_canonical_service`,
  `${side}_canonical_revision`,
  `${side}_workload_namespace`,
  `${side}_principal`,
  `${side}_app`,
  `${side}_version`,
  `${side}_cluster`,
];

const service = ['destination_service', 'destination_service_name', 'destination_service_namespace'];
const base = ['reporter', ...peer('source'), ...peer('destination'), ...service];
const connection = [...base, 'request_protocol', 'response_flags', 'connection_security_policy'];
const request = [...base, 'request_protocol', 'response_code', 'grpc_response_status', 'response_flags', 'connection_security_policy'];

/** By family: a counter's name is without `_total`. */
export const standardLabels: ReadonlyMap<string, readonly string[]> = new Map([
  ['istio_requests', request],
  ['istio_request_duration_milliseconds', request],
  ['istio_request_bytes', request],
  ['istio_response_bytes', request],
  // Messages are counted while the answer is still to come [S141].
  ['istio_request_messages', base],
  ['istio_response_messages', base],
  ['istio_tcp_sent_bytes', connection],
  ['istio_tcp_received_bytes', connection],
  ['istio_tcp_connections_opened', connection],
  ['istio_tcp_connections_closed', connection],
]);

/** By family, for who looks at metrics without knowing Istio's documentation. */
export const standardHelp: ReadonlyMap<string, string> = new Map([
  ['istio_requests', 'Requests by HTTP and gRPC.'],
  ['istio_request_duration_milliseconds', 'How long requests took, in milliseconds.'],
  ['istio_request_bytes', 'Size of requests, with their headers.'],
  ['istio_response_bytes', 'Size of responses, with their headers.'],
  ['istio_request_messages', 'Messages of gRPC that callers sent.'],
  ['istio_response_messages', 'Messages of gRPC that servers sent.'],
  ['istio_tcp_sent_bytes', 'Bytes that servers sent on connections that are not HTTP.'],
  ['istio_tcp_received_bytes', 'Bytes that servers received on connections that are not HTTP.'],
  ['istio_tcp_connections_opened', 'Connections that are not HTTP and were opened.'],
  ['istio_tcp_connections_closed', 'Connections that are not HTTP and have ended.'],
]);

/** What stands where nothing is known [S142]; empty: the label is left out. */
const otherwise: Readonly<Record<string, string>> = {
  source_canonical_revision: 'latest',
  destination_canonical_revision: 'latest',
  grpc_response_status: '',
  response_code: '0',
  response_flags: '-',
};

export const missing = (label: string): string => otherwise[label] ?? 'unknown';

/** The labels of a workload at one end. */
export const peerLabels = (side: Reporter, own: WorkloadLabels): Readonly<Record<string, string>> => ({
  [`${side}_workload`]: own.workload,
  [`${side}_canonical_service`]: own.canonicalService,
  [`${side}_canonical_revision`]: own.canonicalRevision,
  [`${side}_workload_namespace`]: own.namespace,
  [`${side}_principal`]: own.principal,
  [`${side}_app`]: own.app,
  [`${side}_version`]: own.version,
  [`${side}_cluster`]: own.cluster,
});
