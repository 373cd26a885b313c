/** How connections end that nobody serves: logs ask for them, and know each by one id. */
import { type Init, typed } from '@weft/envoy';
import type { AccessLogFilterSchema } from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { ExpressionFilterSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js';

type Filter = Init<typeof AccessLogFilterSchema>;

/**
 * The same in all that is written of a connection, whichever of its logs writes it (`%UNIQUE_ID%` is another each time). Nobody but
 * those logs knows it, since the caller of a connection is told nothing.
 */
export const connectionId = '%START_TIME(%s%9f)%-%DOWNSTREAM_REMOTE_PORT%';

export const holds = (expression: string): Filter => ({
  filterSpecifier: {
    case: 'extensionFilter',
    value: typed('envoy.access_loggers.extension_filters.cel', ExpressionFilterSchema, { expression }),
  },
});

/** The TLS inspector leaves reasons of its own, about plaintext, in another form. */
export const reasonOfTls = 'connection.transport_failure_reason';
export const tlsFailed = `${reasonOfTls}.startsWith("TLS_error:")`;
/** Of any connection: without a reason there is no such attribute. */
export const anyTlsFailed = `has(${reasonOfTls}) && ${tlsFailed}`;
