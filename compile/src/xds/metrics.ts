/**
 * Istio's metrics, counted by Envoy's access loggers [S140]. Each label costs time with each request, so Envoy gets one, of those that vary,
 * as it knows them: the peer by the name in its certificate, the destination by the name of the cluster. `signals` makes Istio's labels of it.
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
import { changedLabel, type MetricChange, type MetricName, messagesLabel, seriesLabel, seriesParts } from '../mesh/index.ts';
import { holds } from './connection-ends.ts';

type Tag = Init<typeof Config_TagSchema>;
type Config = Init<typeof ConfigSchema>;
export type AccessLog = Init<typeof AccessLogSchema>;

/** Of whose traffic a proxy speaks: its own workload's calls, or what its workload serves with and without mutual TLS. */
export type Watch = 'calls' | 'served by mutual TLS' | 'served in plaintext';

type Parts = Partial<Readonly<Record<(typeof seriesParts)[number], string>>>;

const called: Parts = {
  watch: 's',
  principal: '%UPSTREAM_PEER_URI_SAN%',
  peer: '%UPSTREAM_PEER_DNS_SAN%',
  cluster: '%UPSTREAM_CLUSTER%',
};

/** What is refused meets no cluster: its route says how it is called [S12]. */
const refused: Parts = { destination_service: '%METADATA(ROUTE:weft:service)%' };

/** Only the server can know whether mutual TLS protects what it serves [S123]. */
const serving = (watch: 'm' | 'n'): Parts => ({
  watch,
  ...(watch === 'm' && { principal: '%DOWNSTREAM_PEER_URI_SAN%', peer: '%DOWNSTREAM_PEER_DNS_SAN%' }),
  destination_service: '%CLUSTER_METADATA(weft:service)%',
  cluster: '%UPSTREAM_CLUSTER%',
});

const partsOf: Readonly<Record<Watch, Parts>> = {
  calls: called,
  'served by mutual TLS': serving('m'),
  'served in plaintext': serving('n'),
};

const flags: Parts = { response_flags: '%RESPONSE_FLAGS%' };

interface Measure {
  readonly metric: MetricName;
  readonly parts: Parts;
  readonly tags?: readonly Tag[];
  /** Absent: one for each. */
  readonly value?: string;
  /** Absent: a counter. */
  readonly unit?: Config_Histogram_Unit;
}

const { Milliseconds, Bytes } = Config_Histogram_Unit;

const requestMeasures = (watch: Watch, protocol: 'http' | 'grpc'): readonly Measure[] => {
  const status = protocol === 'grpc' ? { grpc_response_status: '%GRPC_STATUS_NUMBER%' } : {};
  const whose = { ...(watch === 'calls' && refused), ...partsOf[watch] };
  const parts = { ...whose, request_protocol: protocol, response_code: '%RESPONSE_CODE%', ...flags, ...status };
  return [
    { metric: 'istio_requests_total', parts },
    { metric: 'istio_request_duration_milliseconds', parts, value: '%DURATION%', unit: Milliseconds },
    { metric: 'istio_request_bytes', parts, value: '%DOWNSTREAM_WIRE_BYTES_RECEIVED%', unit: Bytes },
    { metric: 'istio_response_bytes', parts, value: '%DOWNSTREAM_WIRE_BYTES_SENT%', unit: Bytes },
  ];
};

/**
 * Envoy has the messages of a call as a text of two numbers, and cannot add one of them up [E61]: it counts the calls that had as many,
 * and `signals` multiplies.
 */
const messages: Tag = { name: messagesLabel, valueFormat: '%FILTER_STATE(envoy.filters.http.grpc_stats:PLAIN)%' };

const messageMeasures = (watch: Watch): readonly Measure[] => [
  { metric: 'istio_request_messages_total', parts: partsOf[watch], tags: [messages] },
  { metric: 'istio_response_messages_total', parts: partsOf[watch], tags: [messages] },
];

const connectionParts = (watch: Watch): Parts => ({ ...partsOf[watch], request_protocol: 'tcp', ...flags });

const openMeasures = (watch: Watch): readonly Measure[] => [
  { metric: 'istio_tcp_connections_opened_total', parts: connectionParts(watch) },
];

/** Bytes of a connection are counted at its end: what Envoy says in between is a sum so far, which no counter could take. */
const endMeasures = (watch: Watch): readonly Measure[] => [
  { metric: 'istio_tcp_connections_closed_total', parts: connectionParts(watch) },
  { metric: 'istio_tcp_sent_bytes_total', parts: connectionParts(watch), value: '%BYTES_SENT%' },
  { metric: 'istio_tcp_received_bytes_total', parts: connectionParts(watch), value: '%BYTES_RECEIVED%' },
];

type Changes = readonly MetricChange[];

const changeOf = (changes: Changes, metric: MetricName): MetricChange | undefined => changes.find((change) => change.metric === metric);

const isMeasured = ({ metric }: Measure, changes: Changes): boolean => !changeOf(changes, metric)?.dropped;

const tagsOf = ({ metric, parts, tags = [] }: Measure, changes: Changes): Tag[] => {
  const series = seriesParts.map((part) => parts[part] ?? '-').join(' ');
  const labels = changeOf(changes, metric)?.labels ?? [];
  const words = labels.map(({ label, expression }) => `${expression === undefined ? '-' : '+'}${label}`);
  return [
    { name: seriesLabel, valueFormat: series },
    ...tags,
    ...(words.length > 0 ? [{ name: changedLabel, valueFormat: words.join(',') }] : []),
    ...labels.flatMap(({ label, expression }) => (expression === undefined ? [] : [{ name: label, valueFormat: `%CEL(${expression})%` }])),
  ];
};

/** A sum of several series must not lose one of them: it would look like a beginning at 0 of all. */
const logger = (
  measures: readonly Measure[],
  changes: Changes,
  { evicted = true, ...filter }: Filtered & { readonly evicted?: boolean },
): readonly AccessLog[] => {
  const stats = measures
    .filter((measure) => isMeasured(measure, changes))
    .map((measure) => ({ ...measure, stat: { name: measure.metric, tags: tagsOf(measure, changes) } }));
  if (stats.length === 0) return [];
  const config: Config = {
    statsScope: { maxCounters: seriesLimits.counters, maxHistograms: seriesLimits.histograms, enableEviction: evicted },
    counters: stats
      .filter(({ unit }) => unit === undefined)
      .map(({ stat, value }) => ({ stat, ...(value === undefined ? { valueFixed: 1n } : { valueFormat: value }) })),
    histograms: stats.flatMap(({ stat, unit, value = '' }) => (unit === undefined ? [] : [{ stat, unit, valueFormat: value }])),
  };
  return [{ ...typed('envoy.access_loggers.stats', ConfigSchema, config), ...filter }];
};

type Filtered = { readonly filter: Init<typeof AccessLogFilterSchema> };

/** As Envoy itself tells gRPC: by the request, whatever the answer was. A request without a type is none. */
const isGrpc = (invertMatch: boolean): Filtered => {
  const prefix = { matchPattern: { case: 'prefix' as const, value: 'application/grpc' } };
  const specifier = { case: 'stringMatch' as const, value: prefix };
  const header = { name: 'content-type', headerMatchSpecifier: specifier, treatMissingHeaderAsEmpty: true, invertMatch };
  return { filter: { filterSpecifier: { case: 'headerFilter', value: { header } } } };
};

export const at = (type: AccessLogType): Filtered => ({
  filter: { filterSpecifier: { case: 'logTypeFilter', value: create(LogTypeFilterSchema, { types: [type] }) } },
});

/** Of a connection manager. An expression would be asked once for each statistic: of two loggers one is passed over instead. */
export const requestMetrics = (watch: Watch, changes: Changes): readonly AccessLog[] => [
  ...logger(requestMeasures(watch, 'http'), changes, isGrpc(true)),
  ...logger(requestMeasures(watch, 'grpc'), changes, isGrpc(false)),
  ...logger(messageMeasures(watch), changes, { ...isGrpc(false), evicted: false }),
];

/** What ends without a connection to go on by (refused, or nobody was there) was open all the same, as Istio counts [S140]. */
const whenOpen: Filtered = {
  filter: {
    filterSpecifier: {
      case: 'orFilter',
      value: {
        filters: [
          at(AccessLogType.TcpUpstreamConnected).filter,
          {
            filterSpecifier: {
              case: 'andFilter',
              value: { filters: [at(AccessLogType.TcpConnectionEnd).filter, holds('!has(upstream.local_address)')] },
            },
          },
        ],
      },
    },
  },
};

/** Of a TCP proxy that logs when it is connected too. */
export const connectionMetrics = (watch: Watch, changes: Changes): readonly AccessLog[] => [
  ...logger(openMeasures(watch), changes, whenOpen),
  ...logger(endMeasures(watch), changes, at(AccessLogType.TcpConnectionEnd)),
];

/** Whether anybody counts the messages of gRPC, which takes a filter that looks at each. */
export const countsMessages = (changes: Changes): boolean => messageMeasures('calls').some((measure) => isMeasured(measure, changes));
