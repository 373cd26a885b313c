/** HTTP header names and values as Envoy takes them. */

/** RFC 9110 5.6.2: a token. */
const token = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

export const isHeaderName = (name: string): boolean => name.length <= 256 && token.test(name);

/** Envoy's command operators in header values (docs: "Custom request/response headers"); `%%` is a percent sign. */
const operators = new Set(
  [
    ...[
      'REQ',
      'RESP',
      'TRAILER',
      'PROTOCOL',
      'START_TIME',
      'EMIT_TIME',
      'DURATION',
      'COMMON_DURATION',
      'REQUEST_DURATION',
      'RESPONSE_DURATION',
    ],
    ...['REQUEST_TX_DURATION', 'RESPONSE_TX_DURATION', 'RESPONSE_CODE', 'RESPONSE_CODE_DETAILS', 'RESPONSE_FLAGS', 'RESPONSE_FLAGS_LONG'],
    ...[
      'BYTES_RECEIVED',
      'BYTES_SENT',
      'ROUTE_NAME',
      'VIRTUAL_CLUSTER_NAME',
      'VIRTUAL_HOST_NAME',
      'HOSTNAME',
      'CONNECTION_ID',
      'STREAM_ID',
    ],
    ...[
      'UPSTREAM_HOST',
      'UPSTREAM_HOST_NAME',
      'UPSTREAM_CLUSTER',
      'UPSTREAM_CLUSTER_RAW',
      'UPSTREAM_LOCAL_ADDRESS',
      'UPSTREAM_REMOTE_ADDRESS',
    ],
    ...[
      'UPSTREAM_REMOTE_PORT',
      'UPSTREAM_LOCAL_PORT',
      'UPSTREAM_PROTOCOL',
      'UPSTREAM_PEER_SUBJECT',
      'UPSTREAM_PEER_URI_SAN',
      'UPSTREAM_TLS_VERSION',
    ],
    ...[
      'UPSTREAM_REQUEST_ATTEMPT_COUNT',
      'UPSTREAM_TRANSPORT_FAILURE_REASON',
      'UPSTREAM_CONNECTION_ID',
      'UPSTREAM_METADATA',
      'CLUSTER_METADATA',
    ],
    ...[
      'DOWNSTREAM_REMOTE_ADDRESS',
      'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
      'DOWNSTREAM_REMOTE_PORT',
      'DOWNSTREAM_DIRECT_REMOTE_ADDRESS',
    ],
    ...['DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_DIRECT_REMOTE_PORT', 'DOWNSTREAM_LOCAL_ADDRESS'],
    ...['DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_PORT', 'DOWNSTREAM_LOCAL_URI_SAN', 'DOWNSTREAM_LOCAL_DNS_SAN'],
    ...[
      'DOWNSTREAM_LOCAL_SUBJECT',
      'DOWNSTREAM_PEER_URI_SAN',
      'DOWNSTREAM_PEER_DNS_SAN',
      'DOWNSTREAM_PEER_SUBJECT',
      'DOWNSTREAM_PEER_ISSUER',
    ],
    ...['DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_PEER_FINGERPRINT_256', 'DOWNSTREAM_PEER_FINGERPRINT_1', 'DOWNSTREAM_PEER_CERT'],
    ...[
      'DOWNSTREAM_PEER_CERT_V_START',
      'DOWNSTREAM_PEER_CERT_V_END',
      'DOWNSTREAM_TLS_VERSION',
      'DOWNSTREAM_TLS_CIPHER',
      'DOWNSTREAM_TLS_SESSION_ID',
    ],
    ...[
      'DYNAMIC_METADATA',
      'METADATA',
      'FILTER_STATE',
      'FILTER_CHAIN_NAME',
      'REQUESTED_SERVER_NAME',
      'REQUEST_HEADERS_BYTES',
      'RESPONSE_HEADERS_BYTES',
    ],
    ...[
      'GRPC_STATUS',
      'GRPC_STATUS_NUMBER',
      'TRACE_ID',
      'UNIQUE_ID',
      'ENVIRONMENT',
      'ACCESS_LOG_TYPE',
      'PATH',
      'QUERY_PARAM',
      'QUERY_PARAMS',
    ],
  ].map((name) => name),
);

const command = /%(?:%|([A-Z0-9_]+)(?:\([^()%]*\))?(?::\d+)?%)/g;

/** @returns why Envoy would refuse the value (measured: `100%` and `%NOPE%` make it refuse the whole route table) */
export const headerValueFault = (value: string): string | undefined => {
  if (/[\0\r\n]/.test(value)) return 'a header value may not hold line breaks or NUL';
  if (value.length > 16_384) return 'the header value is longer than 16 KiB';
  if (!value.includes('%')) return undefined;
  for (const [, name] of value.matchAll(command)) {
    if (name !== undefined && !operators.has(name)) return `\`%${name}%\` is no command operator of Envoy`;
  }
  return value.replace(command, '').includes('%') ? 'a single `%` begins a command operator of Envoy' : undefined;
};
