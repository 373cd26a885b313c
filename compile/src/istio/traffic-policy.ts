/** `trafficPolicy` blocks of DestinationRules in the mesh's form: durations in milliseconds, names as Envoy's. */
import {
  bareSecretName,
  type ClientTlsSettings,
  type ConnectionPoolSettings,
  type OutlierDetectionSettings,
  type PolicyBlocks,
  parseDuration,
  type TrafficPolicySettings,
} from '@weft/model';
import type { ClientTls, ConnectionPool, OutlierDetection, RetryBudget, TrafficPolicy, Tunnel } from '../mesh/index.ts';
import { loadBalancerOf } from './load-balancer.ts';
import { present } from './present.ts';

const ms = (text: string | undefined): number | undefined => (text ? parseDuration(text) : undefined);

const tcpOf = (tcp: NonNullable<ConnectionPoolSettings['tcp']>) =>
  present({
    maxConnections: tcp.maxConnections || undefined,
    connectTimeout: ms(tcp.connectTimeout),
    idleTimeout: ms(tcp.idleTimeout),
    maxConnectionDuration: ms(tcp.maxConnectionDuration),
    keepalive:
      tcp.tcpKeepalive &&
      present({ time: ms(tcp.tcpKeepalive.time), interval: ms(tcp.tcpKeepalive.interval), probes: tcp.tcpKeepalive.probes || undefined }),
  });

const httpOf = (http: NonNullable<ConnectionPoolSettings['http']>) =>
  present({
    maxPendingRequests: http.http1MaxPendingRequests || undefined,
    maxRequests: http.http2MaxRequests || undefined,
    maxRequestsPerConnection: http.maxRequestsPerConnection || undefined,
    maxRetries: http.maxRetries || undefined,
    idleTimeout: ms(http.idleTimeout),
    h2Upgrade: http.h2UpgradePolicy,
    maxConcurrentStreams: http.maxConcurrentStreams || undefined,
    useClientProtocol: http.useClientProtocol,
  });

export const connectionPoolOf = ({ tcp, http }: ConnectionPoolSettings): ConnectionPool =>
  present({ tcp: tcp && tcpOf(tcp), http: http && httpOf(http) });

/** 0 of a detector is kept: it switches the detector off [S63]; 0 of a share cannot be told from unset [S62]. */
const outlierDetectionOf = (settings: OutlierDetectionSettings): OutlierDetection =>
  present({
    consecutive5xx: settings.consecutive5xxErrors ?? (settings.consecutiveErrors || undefined),
    consecutiveGatewayErrors: settings.consecutiveGatewayErrors,
    consecutiveLocalOriginFailures: settings.consecutiveLocalOriginFailures,
    splitExternalLocalOriginErrors: settings.splitExternalLocalOriginErrors,
    interval: ms(settings.interval),
    baseEjectionTime: ms(settings.baseEjectionTime),
    maxEjectionPercent: settings.maxEjectionPercent || undefined,
    minHealthPercent: settings.minHealthPercent,
  });

const tlsOf = (tls: ClientTlsSettings): ClientTls => ({
  mode: tls.mode ?? 'DISABLE',
  ...present({
    sni: tls.sni || undefined,
    subjectAltNames: tls.subjectAltNames?.length ? tls.subjectAltNames : undefined,
    caCertificates: tls.caCertificates || undefined,
    clientCertificate: tls.clientCertificate || undefined,
    privateKey: tls.privateKey || undefined,
    insecureSkipVerify: tls.insecureSkipVerify || undefined,
    caCrl: tls.caCrl || undefined,
    credentialName: tls.credentialName ? bareSecretName(tls.credentialName) : undefined,
  }),
});

const retryBudgetOf = ({
  percent,
  minRetryConcurrency,
  budgetInterval,
}: NonNullable<TrafficPolicySettings['retryBudget']>): RetryBudget => ({
  percent: percent ?? 20,
  minConcurrency: minRetryConcurrency || 3,
  ...present({ interval: ms(budgetInterval) }),
});

const tunnelOf = ({ protocol, targetHost, targetPort }: NonNullable<TrafficPolicySettings['tunnel']>): Tunnel => ({
  method: protocol === 'POST' ? 'POST' : 'CONNECT',
  target: `${targetHost.includes(':') ? `[${targetHost}]` : targetHost}:${targetPort}`,
});

/** The four blocks that ports and subsets have too. */
export const blocksOf = (blocks: PolicyBlocks): TrafficPolicy =>
  present({
    loadBalancer: blocks.loadBalancer && loadBalancerOf(blocks.loadBalancer),
    connectionPool: blocks.connectionPool && connectionPoolOf(blocks.connectionPool),
    outlierDetection: blocks.outlierDetection && outlierDetectionOf(blocks.outlierDetection),
    tls: blocks.tls && tlsOf(blocks.tls),
  });

export const trafficPolicyOf = (settings: TrafficPolicySettings): TrafficPolicy => ({
  ...blocksOf(settings),
  ...present({
    retryBudget: settings.retryBudget && retryBudgetOf(settings.retryBudget),
    tunnel: settings.tunnel && tunnelOf(settings.tunnel),
    proxyProtocol: settings.proxyProtocol && (settings.proxyProtocol.version ?? 'V1'),
  }),
});
