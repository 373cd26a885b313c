/** What connection managers and TCP proxies tell of their traffic: metrics, records, logs and spans. */
import { type Init, typed } from '@weft/envoy';
import { FilterConfigSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.js';
import type { HttpConnectionManagerSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { TcpProxySchema } from '@weft/envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import {
  defaultTelemetry,
  type SideTelemetry,
  type Surface,
  type TelemetrySide,
  type TelemetrySlice,
  type TokenRule,
} from '../mesh/index.ts';
import { connectionLogs, narrowedBy, requestLogs } from './logs.ts';
import { type AccessLog, connectionMetrics, countsMessages, requestMetrics, type Watch } from './metrics.ts';
import { connectionRecord, type Passage, refusedRecords, requestRecord } from './records.ts';
import { remember, rememberTable } from './remember.ts';
import { tracingOf } from './tracing.ts';

type Manager = Init<typeof HttpConnectionManagerSchema>;

const isCall = (passage: Passage): boolean => passage === 'calls' || passage === 'passed on';

const watchOf = (passage: Passage): Watch => (passage === 'passed on' ? 'calls' : passage);

const sideOf = (telemetry: TelemetrySlice, passage: Passage): SideTelemetry => telemetry[isCall(passage) ? 'calls' : 'served'];

/** Counts the messages of gRPC and leaves the numbers to who logs; the statistics that it makes itself nobody keeps. */
const messages = typed('envoy.filters.http.grpc_stats', FilterConfigSchema, {
  emitFilterState: true,
  perMethodStatSpecifier: { case: 'statsForAllMethods', value: { value: false } },
});

type Told = Pick<Manager, 'accessLog' | 'tracing' | 'requestIdExtension'> & {
  /** Stands where all messages pass. */
  readonly filters: NonNullable<Manager['httpFilters']>;
};

const makeRequests = (telemetry: TelemetrySlice, passage: Passage, verifies: boolean): Told => {
  const side = sideOf(telemetry, passage);
  const { metrics, records, logs } = side;
  return {
    accessLog: [
      ...(metrics ? requestMetrics(watchOf(passage), metrics) : []),
      ...(records ? [narrowedBy(requestRecord(passage, verifies), records.condition)] : []),
      ...requestLogs(logs),
    ],
    filters: metrics && countsMessages(metrics) ? [messages] : [],
    ...tracingOf(side, { side: isCall(passage) ? 'calls' : 'served', gateway: passage === 'passed on' }),
  };
};

/** The same for all proxies that tell the same. */
const requestsMade = rememberTable<TelemetrySlice, Told>();

/** Who tells, and whether it verifies tokens. */
type Teller = Pick<Surface, 'telemetry'> & { readonly tokens?: readonly TokenRule[] };

export const requestTelemetry = ({ telemetry = defaultTelemetry, tokens }: Teller, passage: Passage): Told => {
  const verifies = tokens !== undefined && passage !== 'calls';
  return requestsMade(telemetry)(verifies ? `${passage} with tokens` : passage, () => makeRequests(telemetry, passage, verifies));
};

type Connections = Pick<Init<typeof TcpProxySchema>, 'accessLog' | 'accessLogOptions'>;

const makeConnections = (telemetry: TelemetrySlice, watch: Watch): Connections => {
  const { metrics, records, logs } = sideOf(telemetry, watch);
  return {
    accessLog: [
      ...(metrics ? connectionMetrics(watch, metrics) : []),
      ...(records ? [narrowedBy(connectionRecord(watch), records.condition)] : []),
      ...connectionLogs(logs),
    ],
    ...(metrics && { accessLogOptions: { flushAccessLogOnConnected: true } }),
  };
};

const connectionsMade = rememberTable<TelemetrySlice, Connections>();

export const connectionTelemetry = ({ telemetry = defaultTelemetry }: Pick<Surface, 'telemetry'>, watch: Watch): Connections =>
  connectionsMade(telemetry)(watch, () => makeConnections(telemetry, watch));

/** Of a listener: connections that no chain takes, which no filter sees. */
export const refusalTelemetry = (
  { telemetry = defaultTelemetry }: Pick<Surface, 'telemetry'>,
  side: TelemetrySide,
): readonly AccessLog[] => {
  const { records } = telemetry[side];
  return records ? refusedRecords.map((log) => narrowedBy(log, records.condition)) : [];
};

/** What of a surface concerns those who log. */
export const toldBy = ({ telemetry }: Pick<Surface, 'telemetry'>): Pick<Surface, 'telemetry'> => (telemetry ? { telemetry } : {});

/** What tells the listeners of one surface from those of another; empty where nothing is said. */
export const telemetryKey = ({ telemetry }: Pick<Surface, 'telemetry'>): string => (telemetry ? keyOf(telemetry) : '');

const keyOf: (telemetry: TelemetrySlice) => string = remember((telemetry) => JSON.stringify(telemetry));
