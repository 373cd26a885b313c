/** What a DestinationRule says about connections, as fields of a cluster [S53, S58, S59, S61-S63, S77]. */
import { type Any, create, type Init, milliseconds, pack } from '@weft/envoy';
import { type CircuitBreakers, CircuitBreakersSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/circuit_breaker_pb.js';
import type { ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import {
  OutlierDetectionSchema,
  type OutlierDetection as OutlierMessage,
} from '@weft/envoy/gen/envoy/config/cluster/v3/outlier_detection_pb.js';
import { HttpProtocolOptionsSchema } from '@weft/envoy/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import type { ConnectionPool, OutlierDetection, Protocol, RetryBudget } from '../mesh/index.ts';
import { isHttp, isHttp2 } from '../mesh/index.ts';
import { rememberSaid } from './remember.ts';

type ClusterInit = Init<typeof ClusterSchema>;

const unlimited = 2 ** 32 - 1;

interface Limits {
  readonly pool: ConnectionPool;
  readonly budget: RetryBudget | undefined;
}

/** Envoy's own limits (1,024 connections, 3 retries) are nobody's wish [S58]. */
export const circuitBreakers: (limits: Limits) => CircuitBreakers = rememberSaid(({ pool: { tcp = {}, http = {} }, budget }) =>
  create(CircuitBreakersSchema, {
    thresholds: [
      {
        maxConnections: tcp.maxConnections ?? unlimited,
        maxPendingRequests: http.maxPendingRequests ?? unlimited,
        maxRequests: http.maxRequests ?? unlimited,
        maxRetries: http.maxRetries ?? unlimited,
        // How near it is to a limit that somebody set; of one that nobody reaches nobody asks.
        ...((tcp.maxConnections ?? http.maxPendingRequests) !== undefined && { trackRemaining: true }),
        // Envoy takes it in place of `maxRetries`.
        ...(budget && {
          retryBudget: {
            budgetPercent: { value: budget.percent },
            minRetryConcurrency: budget.minConcurrency,
            ...(budget.interval !== undefined && { budgetInterval: milliseconds(budget.interval) }),
          },
        }),
      },
    ],
  }),
);

/** Semantics 62: consecutive 5xx is on with an empty block, gateway errors and success rate are off. 0 disables a detector. */
export const outlierDetection: (outlier: OutlierDetection) => OutlierMessage = rememberSaid((outlier) => {
  const { consecutiveGatewayErrors: gateway = 0, consecutive5xx, consecutiveLocalOriginFailures: local } = outlier;
  return create(OutlierDetectionSchema, {
    enforcingSuccessRate: 0,
    ...(consecutive5xx !== undefined && { enforcingConsecutive5xx: consecutive5xx > 0 ? 100 : 0 }),
    ...(consecutive5xx && { consecutive5xx }),
    ...(gateway > 0 && { consecutiveGatewayFailure: gateway, enforcingConsecutiveGatewayFailure: 100 }),
    ...(outlier.splitExternalLocalOriginErrors && { splitExternalLocalOriginErrors: true, enforcingLocalOriginSuccessRate: 0 }),
    ...(local && { consecutiveLocalOriginFailure: local, enforcingConsecutiveLocalOriginFailure: 100 }),
    ...(outlier.interval && { interval: milliseconds(outlier.interval) }),
    ...(outlier.baseEjectionTime && { baseEjectionTime: milliseconds(outlier.baseEjectionTime) }),
    ...(outlier.maxEjectionPercent && { maxEjectionPercent: outlier.maxEjectionPercent }),
  });
});

/** How a cluster speaks HTTP: one version whatever the client did, or as the client; `none` carries bytes. */
export type HttpVersion = 'http1' | 'http2' | 'as-client' | 'none';

/** A port that is sniffed takes what its clients speak, one called `http` takes HTTP/1.1 (Istio's `setUpstreamProtocol`). */
export const httpVersion = (protocol: Protocol, pool: ConnectionPool): HttpVersion => {
  const { h2Upgrade, useClientProtocol } = pool.http ?? {};
  if (!isHttp(protocol) && protocol !== 'auto') return 'none';
  if (useClientProtocol) return 'as-client';
  if (isHttp2(protocol) || h2Upgrade === 'UPGRADE' || (h2Upgrade === 'DECLARED' && isHttp(protocol))) return 'http2';
  return protocol === 'auto' ? 'as-client' : 'http1';
};

type ProtocolOptions = Init<typeof HttpProtocolOptionsSchema>;

type Http2Options = { readonly maxConcurrentStreams?: number };

const upstreamProtocol = (
  version: Exclude<HttpVersion, 'none'>,
  http2: Http2Options,
): NonNullable<ProtocolOptions['upstreamProtocolOptions']> => {
  switch (version) {
    case 'http1':
      return { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } } };
    case 'http2':
      return { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'http2ProtocolOptions', value: http2 } } };
    case 'as-client':
      return { case: 'useDownstreamProtocolConfig', value: { httpProtocolOptions: {}, http2ProtocolOptions: http2 } };
  }
};

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

interface Spoken {
  readonly version: Exclude<HttpVersion, 'none'>;
  readonly pool: ConnectionPool;
  readonly fromHost: { readonly autoSni: boolean; readonly autoSanValidation: boolean };
}

const packedOptions: (spoken: Spoken) => Any = rememberSaid(({ version, pool: { http = {}, tcp = {} }, fromHost }) => {
  const idle = http.idleTimeout ?? tcp.idleTimeout;
  const http2 = http.maxConcurrentStreams ? { maxConcurrentStreams: http.maxConcurrentStreams } : {};
  const common = {
    ...(idle !== undefined && { idleTimeout: milliseconds(idle) }),
    ...(http.maxRequestsPerConnection && { maxRequestsPerConnection: http.maxRequestsPerConnection }),
    ...(tcp.maxConnectionDuration && { maxConnectionDuration: milliseconds(tcp.maxConnectionDuration) }),
  };
  const options: ProtocolOptions = {
    ...(Object.keys(common).length > 0 && { commonHttpProtocolOptions: common }),
    ...((fromHost.autoSni || fromHost.autoSanValidation) && { upstreamHttpProtocolOptions: fromHost }),
    upstreamProtocolOptions: upstreamProtocol(version, http2),
  };
  return pack(HttpProtocolOptionsSchema, create(HttpProtocolOptionsSchema, options));
});

/** @param fromHost what of the server's TLS the request's host decides [S77] */
export const httpOptions = (
  version: Spoken['version'],
  pool: ConnectionPool,
  fromHost: Spoken['fromHost'] = { autoSni: false, autoSanValidation: false },
): Pick<ClusterInit, 'typedExtensionProtocolOptions'> => ({
  typedExtensionProtocolOptions: { [optionsName]: packedOptions({ version, pool, fromHost }) },
});

export const keepalive = ({ tcp }: ConnectionPool): Pick<ClusterInit, 'upstreamConnectionOptions'> => {
  const asked = tcp?.keepalive;
  if (!asked) return {};
  const tcpKeepalive = {
    ...(asked.probes !== undefined && { keepaliveProbes: asked.probes }),
    ...(asked.time !== undefined && { keepaliveTime: Math.ceil(asked.time / 1000) }),
    ...(asked.interval !== undefined && { keepaliveInterval: Math.ceil(asked.interval / 1000) }),
  };
  return { upstreamConnectionOptions: { tcpKeepalive } };
};
