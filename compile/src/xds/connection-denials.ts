/**
 * A connection that is refused is closed, which tells its caller nothing. The proxy's log has who was refused and why, as for requests
 * [G21]: by a listener's own log, since a connection that no chain takes, or whose handshake fails, never reaches a filter.
 */
import { type Init, typed } from '@weft/envoy';
import type { AccessLogFilterSchema, AccessLogSchema } from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { StdoutAccessLogSchema } from '@weft/envoy/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import { literal } from './cel.ts';
import { anyTlsFailed, connectionId, holds, reasonOfTls, tlsFailed } from './connection-ends.ts';
import { trialLine, trialsTold } from './connection-trials.ts';
import { mayPassKey, refusedByKey } from './connection-verdict.ts';

type Log = Init<typeof AccessLogSchema>;
type Filter = Init<typeof AccessLogFilterSchema>;

/** An external authorizer refused it; no chain takes it, as plaintext under STRICT. */
const flagged: Filter = { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['UAEX', 'NR'] } } };

const line = (content: Readonly<Record<string, string>>) => ({
  time: '%START_TIME%',
  denial: connectionId,
  protocol: 'TCP',
  ...content,
  address: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
  client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  clientPort: '%DOWNSTREAM_REMOTE_PORT%',
  server: '%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%',
  port: '%DOWNSTREAM_LOCAL_PORT%',
  serverName: '%REQUESTED_SERVER_NAME%',
  chain: '%FILTER_CHAIN_NAME%',
});

const log = (filter: Filter, content: Readonly<Record<string, string>>): Log => ({
  ...typed('envoy.access_loggers.stdout', StdoutAccessLogSchema, {
    accessLogFormat: { case: 'logFormat', value: { format: { case: 'jsonFormat', value: line(content) } } },
  }),
  filter,
});

const peer = '%DOWNSTREAM_PEER_URI_SAN%';

/** By the policies for connections: without an answer a connection is refused, too. */
const byPolicy = `${literal(refusedByKey)} in filter_state && !(${literal(mayPassKey)} in filter_state) && !(${anyTlsFailed})`;

const logs = (claimant: 'caller' | 'claimed'): readonly Log[] => [
  log(holds(byPolicy), { reason: `policy:%FILTER_STATE(${refusedByKey}:PLAIN)%`, [claimant]: peer }),
  log(flagged, { reason: '%RESPONSE_CODE_DETAILS%', [claimant]: peer }),
  log(holds(`${tlsFailed} && !${reasonOfTls}.contains("ALERT")`), { reason: '%DOWNSTREAM_TRANSPORT_FAILURE_REASON%', claimed: peer }),
  log(trialsTold, { ...trialLine, [claimant]: peer }), // of who was let pass
];

/** Of a listener's connections, by whether a handshake that succeeds proves who calls. */
export const connectionDenials = { proven: logs('caller'), unproven: logs('claimed') };
