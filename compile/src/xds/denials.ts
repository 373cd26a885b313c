/**
 * Who is refused by a policy gets an id that says nothing, and the proxy's log says under it who was refused what, and by which rule:
 * a caller that may not come in learns nothing of the rules, and whoever runs the mesh finds out by one look [G21].
 */
import { type Init, typed } from '@weft/envoy';
import {
  type AccessLogFilterSchema,
  type AccessLogSchema,
  ComparisonFilter_Op,
  GrpcStatusFilter_Status,
} from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { HeaderValueOption_HeaderAppendAction } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import type { SubstitutionFormatStringSchema } from '@weft/envoy/gen/envoy/config/core/v3/substitution_format_string_pb.js';
import { ExpressionFilterSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js';
import { StdoutAccessLogSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import type { HttpConnectionManagerSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { ValueMatcherSchema } from '@weft/envoy/gen/envoy/type/matcher/v3/value_pb.js';
import { denialHeader } from '../mesh/index.ts';

type Filter = Init<typeof AccessLogFilterSchema>;
type Value = Init<typeof ValueMatcherSchema>;

const all = (filters: readonly Filter[]): Filter => ({ filterSpecifier: { case: 'andFilter', value: { filters: [...filters] } } });
const any = (filters: readonly Filter[]): Filter => ({ filterSpecifier: { case: 'orFilter', value: { filters: [...filters] } } });

/** What a filter left behind of the request. */
const left = (filter: string, key: string, value: Value): Filter => ({
  filterSpecifier: {
    case: 'metadataFilter',
    value: { matcher: { filter, path: [{ segment: { case: 'key', value: key } }], value }, matchIfKeyNotFound: false },
  },
});

/** As the filters name their reasons; an expression that fails is not true. */
const reasons = ['rbac_access_denied', 'ext_authz', 'jwt_authn_access_denied'];
const byPolicy: Filter = {
  filterSpecifier: {
    case: 'extensionFilter',
    value: typed('envoy.access_loggers.extension_filters.cel', ExpressionFilterSchema, {
      expression: reasons.map((reason) => `response.code_details.startsWith("${reason}")`).join(' || '),
    }),
  },
};

const status = (op: ComparisonFilter_Op, defaultValue: number): Filter => ({
  filterSpecifier: { case: 'statusCodeFilter', value: { comparison: { op, value: { defaultValue, runtimeKey: 'weft.none' } } } },
});

const isForbidden = status(ComparisonFilter_Op.EQ, 403);

/** Authorizers refuse with any status, and leave this flag. */
const byAuthorizer: Filter = { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['UAEX'] } } };

/** To callers who speak gRPC a refusal is a 200 with this. */
const inGrpc: Filter = {
  filterSpecifier: {
    case: 'grpcStatusFilter',
    value: { statuses: [GrpcStatusFilter_Status.PERMISSION_DENIED, GrpcStatusFilter_Status.UNAUTHENTICATED] },
  },
};

/** Of what was served nothing else is asked, since an expression costs more than all other filters of the log. */
const isRefused = all([any([status(ComparisonFilter_Op.GE, 300), inGrpc, byAuthorizer]), byPolicy]);

/** What an AUDIT policy matched, as its shadow rules leave it [S101]. */
const audited: Filter = left('envoy.filters.http.rbac', 'istio_audit_shadow_engine_result', {
  matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: 'allowed' } } },
});

/** Without the query, in which people put secrets. */
const line: Init<typeof SubstitutionFormatStringSchema> = {
  format: {
    case: 'jsonFormat',
    value: {
      time: '%START_TIME%',
      denial: `%RESP(${denialHeader})%`,
      audited: '%DYNAMIC_METADATA(envoy.filters.http.rbac:istio_audit_shadow_effective_policy_id)%',
      status: '%RESPONSE_CODE%',
      flags: '%RESPONSE_FLAGS%',
      reason: '%RESPONSE_CODE_DETAILS%',
      caller: '%DOWNSTREAM_PEER_URI_SAN%',
      address: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
      client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
      method: '%REQ(:METHOD)%',
      host: '%REQ(:AUTHORITY)%',
      path: '%PATH(NQ)%',
      request: '%REQ(X-REQUEST-ID)%',
      chain: '%FILTER_CHAIN_NAME%',
    },
  },
};

const logged = typed('envoy.access_loggers.stdout', StdoutAccessLogSchema, { accessLogFormat: { case: 'logFormat', value: line } });

const log: Init<typeof AccessLogSchema> = { ...logged, filter: any([isRefused, audited]) };

/** Made by chance for each answer, so that the log has to read it there. */
const header = {
  header: { key: denialHeader, value: '%UNIQUE_ID%' },
  appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
};

/** Of connection managers that policies stand in. */
export const denials = {
  localReplyConfig: { mappers: [{ filter: all([isForbidden, byPolicy]), headersToAdd: [header] }] },
  accessLog: [log],
} satisfies Init<typeof HttpConnectionManagerSchema>;
