/** What connection managers and TCP proxies tell of their traffic. */
import type { Init } from '@weft/envoy';
import type { TcpProxySchema } from '@weft/envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { type AccessLog, connectionMetrics, requestMetrics, type Watch } from './metrics.ts';
import { connectionRecord, type Passage, requestRecord } from './records.ts';

export const requestTelemetry = (passage: Passage): AccessLog[] => [
  ...requestMetrics[passage === 'passed on' ? 'calls' : passage],
  requestRecord(passage),
];

export const connectionTelemetry = (watch: Watch): Pick<Init<typeof TcpProxySchema>, 'accessLog' | 'accessLogOptions'> => ({
  accessLog: [...connectionMetrics[watch], connectionRecord(watch)],
  accessLogOptions: { flushAccessLogOnConnected: true },
});
