/** HTTP header names and values as Envoy takes them. */
import { utf8Length } from './bytes.ts';

/** RFC 9110 5.6.2: a token. */
const token = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

/** No text of a header holds one (RFC 9110 5.5), nor does a path or a name that is written to a log. */
export const hasControl = (text: string | undefined): boolean =>
  text !== undefined && [...text].some((letter) => letter < ' ' || letter === '\x7f');

export const isHeaderName = (name: string): boolean => name.length <= 256 && token.test(name);

/**
 * Envoy's command operators in header values (docs: "Custom request/response headers"), each as Envoy 1.40 takes it, measured with
 * `--mode validate`: it refuses the whole route table for an operator without its argument, or with one that it does not take.
 */
const bare = new Set(
  [
    'PROTOCOL START_TIME EMIT_TIME DURATION REQUEST_DURATION RESPONSE_DURATION REQUEST_TX_DURATION RESPONSE_TX_DURATION',
    'RESPONSE_CODE RESPONSE_CODE_DETAILS RESPONSE_FLAGS RESPONSE_FLAGS_LONG BYTES_RECEIVED BYTES_SENT',
    'REQUEST_HEADERS_BYTES RESPONSE_HEADERS_BYTES ROUTE_NAME VIRTUAL_CLUSTER_NAME HOSTNAME CONNECTION_ID STREAM_ID',
    'UPSTREAM_HOST UPSTREAM_HOST_NAME UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_PORT',
    'UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_PORT UPSTREAM_PROTOCOL UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN',
    'UPSTREAM_TLS_VERSION UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_CONNECTION_ID',
    'DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT',
    'DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_PORT',
    'DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_PORT',
    'DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_SUBJECT',
    'DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_ISSUER DOWNSTREAM_PEER_SERIAL',
    'DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_CERT_V_START',
    'DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_TLS_VERSION DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_SESSION_ID',
    'FILTER_CHAIN_NAME REQUESTED_SERVER_NAME GRPC_STATUS GRPC_STATUS_NUMBER TRACE_ID UNIQUE_ID ACCESS_LOG_TYPE PATH QUERY_PARAMS',
  ].flatMap((line) => line.split(' ')),
);

const header = /^:?[-!#$&'*+.^_`|~0-9A-Za-z]+(?:\?:?[-!#$&'*+.^_`|~0-9A-Za-z]+)?$/;
const text = /^[^\s].*$/;
const mask = /^\d{1,3}$/;

interface Argument {
  readonly form: RegExp;
  /** `:5` behind it cuts the value off. */
  readonly cut: boolean;
}

const argued: ReadonlyMap<string, Argument> = new Map<string, Argument>([
  ...['REQ', 'RESP', 'TRAILER'].map((name) => [name, { form: header, cut: true }] as const),
  ...['DYNAMIC_METADATA', 'ENVIRONMENT', 'QUERY_PARAM'].map((name) => [name, { form: text, cut: true }] as const),
  ...['UPSTREAM_METADATA', 'CLUSTER_METADATA'].map((name) => [name, { form: text, cut: false }] as const),
  ['METADATA', { form: /^(?:DYNAMIC|CLUSTER|ROUTE|UPSTREAM_HOST):.+$/, cut: true }],
  ['FILTER_STATE', { form: /^[^:\s]+(?::(?:PLAIN|TYPED))?$/, cut: true }],
  ...['START_TIME', 'EMIT_TIME', 'DOWNSTREAM_PEER_CERT_V_START', 'DOWNSTREAM_PEER_CERT_V_END'].map(
    (name) => [name, { form: text, cut: false }] as const,
  ),
  ...['REMOTE', 'DIRECT_REMOTE', 'LOCAL'].map((side) => [`DOWNSTREAM_${side}_ADDRESS_WITHOUT_PORT`, { form: mask, cut: false }] as const),
  ['RESPONSE_CODE_DETAILS', { form: /^ALLOW_WHITESPACES$/, cut: false }],
  ['GRPC_STATUS', { form: /^(?:CAMEL_STRING|SNAKE_STRING|NUMBER)$/, cut: false }],
  ['PATH', { form: /^(?:WQ|NQ)(?::(?:ORIG|PATH|ORIG_OR_PATH))?$/, cut: false }],
  ['COMMON_DURATION', { form: /^(?:DS|US)_[RT]X_(?:BEG|END):(?:DS|US)_[RT]X_(?:BEG|END):(?:ms|us|ns)$/, cut: false }],
]);

/** `%%` is a percent sign. */
const command = /%(?:%|([A-Z0-9_]+)(?:\(([^()%]*)\))?(:\d+)?%)/g;

const isTaken = (name: string, argument: string | undefined, cut: string | undefined): boolean => {
  if (argument === undefined) return bare.has(name) && cut === undefined;
  const known = argued.get(name);
  if (!known?.form.test(argument)) return false;
  return cut === undefined || (known.cut && cut.length <= 5);
};

/** @returns why Envoy would refuse the value (measured: `100%` and `%NOPE%` make it refuse the whole route table) */
export const headerValueFault = (value: string): string | undefined => {
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return 'a header value may not hold line breaks or other control characters';
  if (utf8Length(value) > 16_384) return 'the header value is longer than 16 KiB';
  if (!value.includes('%')) return undefined;
  for (const [whole, name, argument, cut] of value.matchAll(command)) {
    if (name !== undefined && !isTaken(name, argument, cut)) return `\`${whole.slice(0, 80)}\` is no command operator of Envoy`;
  }
  return value.replace(command, '').includes('%') ? 'a single `%` begins a command operator of Envoy' : undefined;
};
