/**
 * A line for every request and every connection that is not HTTP: who asked whom for what, what policies said, and what came of it. Envoy
 * writes values as JSON strings, so nothing in a request can end one. No header is written but the host and the request's id; the query is
 * not, in which people put secrets. `signals` reads the lines.
 */
import { type Init, recordFile, typed } from '@weft/envoy';
import { AccessLogType } from '@weft/envoy/gen/envoy/data/accesslog/v3/accesslog_pb.js';
import { FileAccessLogSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/file/v3/file_pb.js';
import { denialHeader } from '../mesh/index.ts';
import { mayPassKey, refusedByKey } from './connection-verdict.ts';
import { type AccessLog, at, type Watch } from './metrics.ts';

type Format = Readonly<Record<string, string | number>>;

/** What callers choose is cut, so that a line has a bounded length. */
const request: Format = {
  kind: 'http',
  method: '%REQ(:METHOD):32%',
  host: '%REQ(:AUTHORITY):256%',
  path: '%PATH(NQ):1024%',
  status: '%RESPONSE_CODE%',
  grpc: '%GRPC_STATUS_NUMBER%',
  details: '%RESPONSE_CODE_DETAILS%',
  route: '%ROUTE_NAME%',
  protocol: '%PROTOCOL%',
  request: '%REQ(X-REQUEST-ID):64%',
  trace: '%TRACE_ID%',
};

const connection: Format = { kind: 'tcp', details: '%CONNECTION_TERMINATION_DETAILS%' };

const common: Format = {
  v: 1,
  time: '%START_TIME%',
  ms: '%DURATION%',
  flags: '%RESPONSE_FLAGS%',
  received: '%BYTES_RECEIVED%',
  sent: '%BYTES_SENT%',
  peer: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%',
  client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  local: '%DOWNSTREAM_LOCAL_ADDRESS%',
  upstream: '%UPSTREAM_HOST%',
  cluster: '%UPSTREAM_CLUSTER%',
  sni: '%REQUESTED_SERVER_NAME%',
};

const caller: Format = {
  side: 'source',
  principal: '%UPSTREAM_PEER_URI_SAN%',
  name: '%UPSTREAM_PEER_DNS_SAN%',
  tls: '%UPSTREAM_TLS_VERSION%',
  cipher: '%UPSTREAM_TLS_CIPHER%',
};

const server: Format = {
  side: 'destination',
  service: '%CLUSTER_METADATA(weft:service)%',
  principal: '%DOWNSTREAM_PEER_URI_SAN%',
  name: '%DOWNSTREAM_PEER_DNS_SAN%',
  serial: '%DOWNSTREAM_PEER_SERIAL%',
  tls: '%DOWNSTREAM_TLS_VERSION%',
  cipher: '%DOWNSTREAM_TLS_CIPHER%',
};

/** Where policies decide about connections: refused is what may not pass. */
const guarded: Format = {
  refused: `%FILTER_STATE(${refusedByKey}:PLAIN)%`,
  passed: `%FILTER_STATE(${mayPassKey}:PLAIN)%`,
};

/** Where policies decide about requests. */
const decided: Format = {
  rule: '%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%',
  audited: '%DYNAMIC_METADATA(envoy.filters.http.rbac:istio_audit_shadow_effective_policy_id)%',
  denial: `%RESP(${denialHeader})%`,
};

const file = (format: Format): AccessLog => {
  const value: Init<typeof FileAccessLogSchema> = {
    path: recordFile,
    accessLogFormat: { case: 'logFormat', value: { format: { case: 'jsonFormat', value: { ...format } }, omitEmptyValues: true } },
  };
  return typed('envoy.access_loggers.file', FileAccessLogSchema, value);
};

/** Of sidecars' calls, and of what workloads serve. */
const requests = {
  calls: file({ ...common, ...request, ...caller }),
  served: file({ ...common, ...request, ...server, ...decided }),
};

const connections = {
  calls: { ...file({ ...common, ...connection, ...caller }), ...at(AccessLogType.TcpConnectionEnd) },
  served: { ...file({ ...common, ...connection, ...server, ...guarded }), ...at(AccessLogType.TcpConnectionEnd) },
};

const sideOf = (watch: Watch): 'calls' | 'served' => (watch === 'calls' ? 'calls' : 'served');

/** Of a connection manager. */
export const requestRecord = (watch: Watch): AccessLog => requests[sideOf(watch)];
/** Of a TCP proxy. */
export const connectionRecord = (watch: Watch): AccessLog => connections[sideOf(watch)];
