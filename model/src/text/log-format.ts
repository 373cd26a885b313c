/**
 * Envoy's formats of log lines: it refuses a whole configuration for one that it cannot read, so what it would not take is told before
 * (Envoy, "Access logging", "Format strings"; each word was tried on Envoy 1.40 [E60]).
 */
import { readExpression } from './expression.ts';

/** Words without an argument. */
const bare = new Set(
  [
    ...['BYTES_RECEIVED', 'BYTES_SENT', 'CONNECTION_ID', 'CONNECTION_TERMINATION_DETAILS', 'DURATION', 'GRPC_STATUS_NUMBER', 'HOSTNAME'],
    ...[
      'ACCESS_LOG_TYPE',
      'DOWNSTREAM_DETECTED_CLOSE_TYPE',
      'DOWNSTREAM_DIRECT_LOCAL_ADDRESS',
      'DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT',
    ],
    ...['DOWNSTREAM_DIRECT_REMOTE_ADDRESS', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_ADDRESS'],
    ...['DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_LOCAL_PORT', 'DOWNSTREAM_LOCAL_SUBJECT', 'DOWNSTREAM_LOCAL_URI_SAN'],
    ...['DOWNSTREAM_LOCAL_DNS_SAN', 'DOWNSTREAM_PEER_CERT', 'DOWNSTREAM_PEER_DNS_SAN', 'DOWNSTREAM_PEER_FINGERPRINT_1'],
    ...['DOWNSTREAM_PEER_FINGERPRINT_256', 'DOWNSTREAM_PEER_ISSUER', 'DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_PEER_SUBJECT'],
    ...['DOWNSTREAM_PEER_URI_SAN', 'DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_REMOTE_PORT'],
    ...['DOWNSTREAM_TLS_CIPHER', 'DOWNSTREAM_TLS_SESSION_ID', 'DOWNSTREAM_TLS_VERSION', 'DOWNSTREAM_TRANSPORT_FAILURE_REASON'],
    ...['DOWNSTREAM_WIRE_BYTES_RECEIVED', 'DOWNSTREAM_WIRE_BYTES_SENT', 'DOWNSTREAM_HEADER_BYTES_RECEIVED', 'DOWNSTREAM_HEADER_BYTES_SENT'],
    ...['FILTER_CHAIN_NAME', 'PROTOCOL', 'REQUESTED_SERVER_NAME', 'REQUEST_DURATION', 'REQUEST_TX_DURATION', 'RESPONSE_CODE'],
    ...['RESPONSE_CODE_DETAILS', 'RESPONSE_DURATION', 'RESPONSE_FLAGS', 'RESPONSE_FLAGS_LONG', 'RESPONSE_TX_DURATION', 'ROUTE_NAME'],
    ...['STREAM_ID', 'TRACE_ID', 'UNIQUE_ID', 'UPSTREAM_CLUSTER', 'UPSTREAM_CLUSTER_RAW', 'UPSTREAM_CONNECTION_ID', 'UPSTREAM_HOST'],
    ...['UPSTREAM_HOST_NAME', 'UPSTREAM_HOST_NAME_WITHOUT_PORT', 'UPSTREAM_LOCAL_ADDRESS', 'UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT'],
    ...['UPSTREAM_LOCAL_PORT', 'UPSTREAM_PEER_CERT', 'UPSTREAM_PEER_DNS_SAN', 'UPSTREAM_PEER_ISSUER', 'UPSTREAM_PEER_SUBJECT'],
    ...['UPSTREAM_PEER_URI_SAN', 'UPSTREAM_PROTOCOL', 'UPSTREAM_REMOTE_ADDRESS', 'UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT'],
    ...['UPSTREAM_REMOTE_PORT', 'UPSTREAM_REQUEST_ATTEMPT_COUNT', 'UPSTREAM_TLS_CIPHER', 'UPSTREAM_TLS_SESSION_ID', 'UPSTREAM_TLS_VERSION'],
    ...['UPSTREAM_TRANSPORT_FAILURE_REASON', 'UPSTREAM_WIRE_BYTES_RECEIVED', 'UPSTREAM_WIRE_BYTES_SENT', 'UPSTREAM_HEADER_BYTES_RECEIVED'],
    ...['UPSTREAM_HEADER_BYTES_SENT', 'VIRTUAL_CLUSTER_NAME'],
  ].sort(),
);

const some = /\S/;
/** A header, and another one for where it is missing. */
const header = /^[\w:.-]+(?:\?[\w:.-]+)?$/;
const time = /^[^)]*$/;
/** Words with an argument, and how it is written; empty where they need none. */
const withArgument: Readonly<Record<string, RegExp>> = {
  ...Object.fromEntries(['REQ', 'RESP', 'TRAILER'].map((name) => [name, header])),
  ...Object.fromEntries(['START_TIME', 'EMIT_TIME', 'START_TIME_LOCAL', 'EMIT_TIME_LOCAL'].map((name) => [name, time])),
  ...Object.fromEntries(['DYNAMIC_METADATA', 'CLUSTER_METADATA', 'UPSTREAM_METADATA', 'QUERY_PARAM'].map((name) => [name, some])),
  FILTER_STATE: /^[^:)]+(?::(?:PLAIN|TYPED|FIELD:\w+))?$/,
  GRPC_STATUS: /^(?:CAMEL_STRING|SNAKE_STRING|NUMBER)?$/,
  METADATA: /^(?:DYNAMIC|CLUSTER|ROUTE|UPSTREAM_HOST|LISTENER|VIRTUAL_HOST|LISTENER_FILTER_CHAIN):\S+$/,
  ENVIRONMENT: some,
  PATH: /^(?:WQ|NQ)?(?::(?:ORIG|PATH|ORIG_OR_PATH))?$/,
  COMMON_DURATION: /^(?:DS|US)_\w+:(?:DS|US)_\w+:(?:ms|us|ns)$/,
};

const command = /^%([A-Z0-9_]+)(?:\(([\s\S]*?)\))?(?::(\d+))?%/;
/** These need none. */
const emptyIsFine = new Set(['START_TIME', 'EMIT_TIME', 'START_TIME_LOCAL', 'EMIT_TIME_LOCAL', 'GRPC_STATUS', 'PATH']);

interface Command {
  readonly name: string;
  readonly argument: string | undefined;
  readonly length: string | undefined;
}

const flawOf = ({ name, argument, length }: Command): string | undefined => {
  if (bare.has(name)) return argument === undefined && length === undefined ? undefined : `%${name}% takes neither argument nor length`;
  if (name === 'REQ_WITHOUT_QUERY') return 'Envoy has no %REQ_WITHOUT_QUERY% but %PATH(NQ)%';
  if (name === 'CEL') {
    const read = readExpression(argument ?? '', 'value');
    return typeof read === 'string' ? read : undefined;
  }
  const form = Object.hasOwn(withArgument, name) ? withArgument[name] : undefined;
  if (!form) return `Envoy has no %${name.slice(0, 40)}%`;
  if (argument === undefined) return emptyIsFine.has(name) ? undefined : `%${name}% needs an argument`;
  return form.test(argument) ? undefined : `%${name}% does not take \`${argument.slice(0, 40)}\``;
};

const maxLength = 16_384;

/** @returns the first thing that Envoy would not take */
export const flawOfLogFormat = (format: string): string | undefined => {
  if (format.length > maxLength) return `it is longer than ${maxLength} characters`;
  let at = format.indexOf('%');
  while (at >= 0) {
    const rest = format.slice(at);
    if (rest.startsWith('%%')) {
      at = format.indexOf('%', at + 2);
      continue;
    }
    const [whole = '', name = '', argument, length] = command.exec(rest) ?? [];
    if (whole === '') return `\`${rest.slice(0, 40)}\` is no command; write \`%%\` for a percent sign`;
    const flaw = flawOf({ name, argument, length });
    if (flaw) return flaw;
    at = format.indexOf('%', at + whole.length);
  }
  return undefined;
};
