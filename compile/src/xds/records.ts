/**
 * A line for every request and every connection that is not HTTP: who asked whom for what, what policies said, and what came of it. Envoy
 * writes values as JSON strings, so nothing in a request can end one. No header is written but the host and the request's id; the query is
 * not, in which people put secrets; of a token only whose it is. `signals` reads the lines.
 */
import { type Init, recordFile, typed } from '@weft/envoy';
import { AccessLogType } from '@weft/envoy/gen/envoy/data/accesslog/v3/accesslog_pb.js';
import { FileAccessLogSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/file/v3/file_pb.js';
import { claimsFilter, claimsKey, denialHeader } from '../mesh/index.ts';
import { anyTlsFailed, connectionId, holds } from './connection-ends.ts';
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

/** The rule of a VirtualService, as `routes.ts` names it: a name of its own is the user's to choose or not. */
const led: Format = { led: '%METADATA(ROUTE:weft:rule)%' };

/** The id that the caller was given: what a server's proxy refused passes here too. */
const denial: Format = { denial: `%RESP(${denialHeader})%` };

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
  denial: connectionId,
};

/** Of a connection that no chain takes, or whose handshake fails: no filter sees it, and nothing proves what its certificate says. */
const unserved: Format = { ...common, kind: 'tcp', side: 'destination', denial: connectionId, claimed: '%DOWNSTREAM_PEER_URI_SAN%' };

/** Where policies decide about requests. */
const decided: Format = {
  rule: '%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%',
  audited: '%DYNAMIC_METADATA(envoy.filters.http.rbac:istio_audit_shadow_effective_policy_id)%',
  ...denial,
};

/** Whose token was verified; of the rest of its claims nothing is written, since nobody knows what is in them. */
const bearer: Format = {
  issuer: `%DYNAMIC_METADATA(${claimsFilter}:${claimsKey}:iss):256%`,
  subject: `%DYNAMIC_METADATA(${claimsFilter}:${claimsKey}:sub):256%`,
};

const file = (format: Format): AccessLog => {
  const value: Init<typeof FileAccessLogSchema> = {
    path: recordFile,
    accessLogFormat: { case: 'logFormat', value: { format: { case: 'jsonFormat', value: { ...format } }, omitEmptyValues: true } },
  };
  return typed('envoy.access_loggers.file', FileAccessLogSchema, value);
};

const written = {
  calls: { ...common, ...request, ...caller, ...led, ...denial },
  'passed on': { ...common, ...request, ...caller, ...led, ...decided },
  served: { ...common, ...request, ...server, ...decided },
};

const requests = { calls: file(written.calls), 'passed on': file(written['passed on']), served: file(written.served) };

/** Where tokens are looked at. */
const bearers = {
  ...requests,
  'passed on': file({ ...written['passed on'], ...bearer }),
  served: file({ ...written.served, ...bearer }),
};

const ended = at(AccessLogType.TcpConnectionEnd);

/** A connection whose handshake failed has a record of its own, and would look here like one in plaintext. */
const served: AccessLog['filter'] = {
  filterSpecifier: { case: 'andFilter', value: { filters: [ended.filter, holds(`!(${anyTlsFailed})`)] } },
};

const connections = {
  calls: { ...file({ ...common, ...connection, ...caller }), ...ended },
  served: { ...file({ ...common, ...connection, ...server, ...guarded }), filter: served },
};

/** `passed on`: by a gateway, where policies decide too. */
export type Passage = Watch | 'passed on';

const placeOf = (passage: Passage): 'calls' | 'passed on' | 'served' =>
  passage === 'calls' || passage === 'passed on' ? passage : 'served';

/** Of a connection manager. @param verifies tokens */
export const requestRecord = (passage: Passage, verifies: boolean): AccessLog => (verifies ? bearers : requests)[placeOf(passage)];
/** Of a TCP proxy. */
export const connectionRecord = (watch: Watch): AccessLog => connections[watch === 'calls' ? 'calls' : 'served'];

const noWayIn: AccessLog['filter'] = { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['NR'] } } };

/** Of a listener. */
export const refusedRecords: readonly AccessLog[] = [
  { ...file({ ...unserved, details: '%RESPONSE_CODE_DETAILS%' }), filter: noWayIn },
  { ...file({ ...unserved, details: '%DOWNSTREAM_TRANSPORT_FAILURE_REASON%' }), filter: holds(anyTlsFailed) },
];
