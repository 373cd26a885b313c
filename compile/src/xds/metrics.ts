/**
 * Istio's metrics, counted by Envoy's access loggers [S140]. Each label costs time with each request, so Envoy gets those that vary, and those as
 * it knows them: the peer by the name in its certificate, the destination by the name of the cluster. `signals` makes Istio's labels of them.
 */
import { create, type Init, seriesLimits, typed } from '@weft/envoy';
import {
  type AccessLogFilterSchema,
  type AccessLogSchema,
  LogTypeFilterSchema,
} from '@weft/envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { AccessLogType } from '@weft/envoy/gen/envoy/data/accesslog/v3/accesslog_pb.js';
import {
  Config_Histogram_Unit,
  type Config_TagSchema,
  ConfigSchema,
} from '@weft/envoy/gen/envoy/extensions/access_loggers/stats/v3/stats_pb.js';

type Tag = Init<typeof Config_TagSchema>;
type Config = Init<typeof ConfigSchema>;
export type AccessLog = Init<typeof AccessLogSchema>;

/** Of whose traffic a proxy speaks: its own workload's calls, or what its workload serves with and without mutual TLS. */
export type Watch = 'calls' | 'served by mutual TLS' | 'served in plaintext';

const tag = (name: string, valueFormat: string): Tag => ({ name, valueFormat });

const clientTags = [
  tag('reporter', 'source'),
  tag('peer', '%UPSTREAM_PEER_DNS_SAN%'),
  tag('destination_principal', '%UPSTREAM_PEER_URI_SAN%'),
  tag('cluster', '%UPSTREAM_CLUSTER%'),
];

/** Only the server can know whether mutual TLS protects what it serves [S123]. */
const serverTags = (policy: 'mutual_tls' | 'none'): readonly Tag[] => [
  tag('reporter', 'destination'),
  tag('peer', '%DOWNSTREAM_PEER_DNS_SAN%'),
  tag('source_principal', '%DOWNSTREAM_PEER_URI_SAN%'),
  tag('destination_service', '%CLUSTER_METADATA(weft:service)%'),
  tag('cluster', '%UPSTREAM_CLUSTER%'),
  tag('connection_security_policy', policy),
];

const tagsOf: Readonly<Record<Watch, readonly Tag[]>> = {
  calls: clientTags,
  'served by mutual TLS': serverTags('mutual_tls'),
  'served in plaintext': serverTags('none'),
};

const responseTags = [tag('response_code', '%RESPONSE_CODE%'), tag('response_flags', '%RESPONSE_FLAGS%')];

const connectionTags = [tag('request_protocol', 'tcp'), tag('response_flags', '%RESPONSE_FLAGS%')];

const logger = (config: Config): AccessLog =>
  typed('envoy.access_loggers.stats', ConfigSchema, {
    statsScope: { maxCounters: seriesLimits.counters, maxHistograms: seriesLimits.histograms, enableEviction: true },
    ...config,
  });

const counter = (name: string, tags: readonly Tag[], valueFormat?: string) => ({
  stat: { name, tags: [...tags] },
  ...(valueFormat === undefined ? { valueFixed: 1n } : { valueFormat }),
});

const histogram = (name: string, tags: readonly Tag[], [unit, valueFormat]: readonly [Config_Histogram_Unit, string]) => ({
  stat: { name, tags: [...tags] },
  unit,
  valueFormat,
});

type Filtered = { readonly filter: Init<typeof AccessLogFilterSchema> };

/** As Envoy itself tells gRPC: by the request, whatever the answer was. A request without a type is none. */
const isGrpc = (invertMatch: boolean): Filtered => {
  const prefix = { matchPattern: { case: 'prefix' as const, value: 'application/grpc' } };
  const specifier = { case: 'stringMatch' as const, value: prefix };
  const header = { name: 'content-type', headerMatchSpecifier: specifier, treatMissingHeaderAsEmpty: true, invertMatch };
  return { filter: { filterSpecifier: { case: 'headerFilter', value: { header } } } };
};

const requestsOf = (watch: Watch, protocol: 'http' | 'grpc'): AccessLog => {
  const status = protocol === 'grpc' ? [tag('grpc_response_status', '%GRPC_STATUS_NUMBER%')] : [];
  const tags = [...tagsOf[watch], tag('request_protocol', protocol), ...responseTags, ...status];
  return logger({
    counters: [counter('istio_requests_total', tags)],
    histograms: [
      histogram('istio_request_duration_milliseconds', tags, [Config_Histogram_Unit.Milliseconds, '%DURATION%']),
      histogram('istio_request_bytes', tags, [Config_Histogram_Unit.Bytes, '%DOWNSTREAM_WIRE_BYTES_RECEIVED%']),
      histogram('istio_response_bytes', tags, [Config_Histogram_Unit.Bytes, '%DOWNSTREAM_WIRE_BYTES_SENT%']),
    ],
  });
};

/** An expression would be asked once for each statistic, and costs as much as all their other labels: two loggers, and one is passed over. */
const requests = (watch: Watch): readonly AccessLog[] => [
  { ...requestsOf(watch, 'http'), ...isGrpc(true) },
  { ...requestsOf(watch, 'grpc'), ...isGrpc(false) },
];

export const at = (type: AccessLogType): Filtered => ({
  filter: { filterSpecifier: { case: 'logTypeFilter', value: create(LogTypeFilterSchema, { types: [type] }) } },
});

/** Bytes of a connection are counted at its end: what Envoy says in between is a sum so far, which no counter could take. */
const connections = (watch: Watch): AccessLog[] => {
  const tags = [...tagsOf[watch], ...connectionTags];
  return [
    { ...logger({ counters: [counter('istio_tcp_connections_opened_total', tags)] }), ...at(AccessLogType.TcpUpstreamConnected) },
    {
      ...logger({
        counters: [
          counter('istio_tcp_connections_closed_total', tags),
          counter('istio_tcp_sent_bytes_total', tags, '%BYTES_SENT%'),
          counter('istio_tcp_received_bytes_total', tags, '%BYTES_RECEIVED%'),
        ],
      }),
      ...at(AccessLogType.TcpConnectionEnd),
    },
  ];
};

/** Made once: they are the same for all proxies. */
const all = <Made>(make: (watch: Watch) => Made): Readonly<Record<Watch, Made>> => ({
  calls: make('calls'),
  'served by mutual TLS': make('served by mutual TLS'),
  'served in plaintext': make('served in plaintext'),
});

/** Of a connection manager. */
export const requestMetrics: Readonly<Record<Watch, readonly AccessLog[]>> = all(requests);
/** Of a TCP proxy that logs when it is connected too. */
export const connectionMetrics: Readonly<Record<Watch, readonly AccessLog[]>> = all(connections);
