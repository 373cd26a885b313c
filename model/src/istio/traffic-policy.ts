/** `trafficPolicy` of a DestinationRule, as written. Only the fields that take effect are typed. */
import { parseDuration } from '../duration.ts';
import { doubtful, type Problem } from '../problem.ts';
import { invalid, isPort, portHelp, withoutEffect } from '../rule.ts';
import { isHostname, isIp } from '../text/host.ts';
import { type ClientTlsSettings, checkClientTls } from './client-tls.ts';
import { checkDurations, type DurationText } from './duration.ts';
import { checkLoadBalancer, type LoadBalancerSettings } from './load-balancer.ts';

interface TcpSettings {
  readonly maxConnections?: number;
  readonly connectTimeout?: DurationText;
  readonly tcpKeepalive?: { readonly probes?: number; readonly time?: DurationText; readonly interval?: DurationText };
  readonly maxConnectionDuration?: DurationText;
  readonly idleTimeout?: DurationText;
}

export interface ConnectionPoolSettings {
  readonly tcp?: TcpSettings;
  readonly http?: {
    readonly http1MaxPendingRequests?: number;
    readonly http2MaxRequests?: number;
    readonly maxRequestsPerConnection?: number;
    readonly maxRetries?: number;
    readonly idleTimeout?: DurationText;
    readonly h2UpgradePolicy?: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE';
    readonly useClientProtocol?: boolean;
    readonly maxConcurrentStreams?: number;
  };
}

export interface OutlierDetectionSettings {
  /** Deprecated name of `consecutive5xxErrors`, still read where the new one is absent. */
  readonly consecutiveErrors?: number;
  readonly splitExternalLocalOriginErrors?: boolean;
  readonly consecutiveLocalOriginFailures?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly consecutive5xxErrors?: number;
  readonly interval?: DurationText;
  readonly baseEjectionTime?: DurationText;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
}

export interface PolicyBlocks {
  readonly loadBalancer?: LoadBalancerSettings;
  readonly connectionPool?: ConnectionPoolSettings;
  readonly outlierDetection?: OutlierDetectionSettings;
  readonly tls?: ClientTlsSettings;
}

export interface PortPolicy extends PolicyBlocks {
  readonly port?: { readonly number?: number };
}

/** What stands at the top of a policy only, and not in a port's block. */
export interface TrafficPolicySettings extends PolicyBlocks {
  readonly portLevelSettings?: readonly PortPolicy[];
  readonly tunnel?: { readonly protocol?: string; readonly targetHost: string; readonly targetPort: number };
  readonly proxyProtocol?: { readonly version?: 'V1' | 'V2' };
  readonly retryBudget?: { readonly percent?: number; readonly budgetInterval?: DurationText; readonly minRetryConcurrency?: number };
}

/** Istio's numbers are int32. */
function* checkCounts(value: object, path: string): Iterable<Problem> {
  for (const [field, count] of Object.entries(value)) {
    if (typeof count === 'number' && (count < 0 || count > 2 ** 31 - 1))
      yield invalid(`${path}.${field}`, `${count} is out of range`, 'Write 0 or more.');
  }
}

/** Linux's limits; beyond them the socket's option fails, and with it every connection. */
const longestKeepalive = 32_767;
const mostProbes = 127;

export function* checkKeepalive(keepalive: NonNullable<TcpSettings['tcpKeepalive']>, path: string): Iterable<Problem> {
  yield* checkDurations(keepalive, path, { fields: ['time', 'interval'] });
  for (const field of ['time', 'interval'] as const) {
    if ((parseDuration(keepalive[field] ?? '') ?? 0) > longestKeepalive * 1000)
      yield invalid(`${path}.${field}`, `more than ${longestKeepalive} s, which no socket takes`, `Write ${longestKeepalive}s or less.`);
  }
  if ((keepalive.probes ?? 0) > mostProbes)
    yield invalid(`${path}.probes`, `more than ${mostProbes} probes, which no socket takes`, `Write ${mostProbes} or less.`);
}

export function* checkConnectionPool({ tcp, http }: ConnectionPoolSettings, path: string): Iterable<Problem> {
  if (!tcp && !http) yield invalid(path, 'an empty `connectionPool`', 'Add `tcp` or `http`, or remove it.');
  if (tcp) {
    yield* checkCounts(tcp, `${path}.tcp`);
    yield* checkDurations(tcp, `${path}.tcp`, { fields: ['connectTimeout', 'maxConnectionDuration'] });
    yield* checkDurations(tcp, `${path}.tcp`, { fields: ['idleTimeout'], zero: true });
    if (tcp.tcpKeepalive) yield* checkKeepalive(tcp.tcpKeepalive, `${path}.tcp.tcpKeepalive`);
  }
  if (http) {
    yield* checkCounts(http, `${path}.http`);
    yield* checkDurations(http, `${path}.http`, { fields: ['idleTimeout'] });
    if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol)
      yield invalid(`${path}.http.useClientProtocol`, 'it contradicts `h2UpgradePolicy: UPGRADE`', 'Remove one of them.');
    yield* withoutEffect(http, `${path}.http`, [{ field: 'http2KeepAlive', message: 'no HTTP/2 pings are sent' }]);
  }
}

function* checkOutlierDetection(settings: OutlierDetectionSettings, path: string): Iterable<Problem> {
  yield* checkCounts(settings, path);
  yield* checkDurations(settings, path, { fields: ['interval', 'baseEjectionTime'] });
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    if ((settings[field] ?? 0) > 100)
      yield invalid(`${path}.${field}`, `${settings[field]} is no percentage`, 'Write a number between 0 and 100.');
  }
  if (settings.maxEjectionPercent === 0)
    yield doubtful('IST0133', `${path}.maxEjectionPercent`, [
      '0 cannot be told from nothing: ten percent are ejected at most, and one endpoint always may be',
      'Leave `outlierDetection` out so that nobody is ejected, or write 10.',
    ]);
  if (settings.consecutiveErrors !== undefined)
    yield doubtful('IST0002', `${path}.consecutiveErrors`, [
      '`consecutiveErrors` is deprecated',
      'Write `consecutive5xxErrors` or `consecutiveGatewayErrors`.',
    ]);
  if ((settings.consecutiveLocalOriginFailures ?? 0) > 0 && !settings.splitExternalLocalOriginErrors) {
    yield invalid(`${path}.consecutiveLocalOriginFailures`, 'it counts only with `splitExternalLocalOriginErrors: true`', 'Set that too.');
  }
  yield* withoutEffect(settings, path, [{ field: 'outlierDetectionHttpErrorCodes', message: 'every 5xx counts' }]);
}

function* checkBlocks(blocks: PolicyBlocks, path: string): Iterable<Problem> {
  const outlier = blocks.outlierDetection !== undefined;
  if (blocks.loadBalancer) yield* checkLoadBalancer(blocks.loadBalancer, `${path}.loadBalancer`, outlier);
  if (blocks.connectionPool) yield* checkConnectionPool(blocks.connectionPool, `${path}.connectionPool`);
  if (blocks.outlierDetection) yield* checkOutlierDetection(blocks.outlierDetection, `${path}.outlierDetection`);
  if (blocks.tls) yield* checkClientTls(blocks.tls, `${path}.tls`);
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

function* checkTunnel(
  { protocol = '', targetHost, targetPort }: NonNullable<TrafficPolicySettings['tunnel']>,
  path: string,
): Iterable<Problem> {
  if (!['', 'CONNECT', 'POST'].includes(protocol))
    yield invalid(`${path}.protocol`, `\`${protocol.slice(0, 40)}\` makes no tunnel`, 'Write `CONNECT` or `POST`.');
  if (!isHostname(targetHost) && !isIp(targetHost))
    yield invalid(`${path}.targetHost`, `\`${targetHost.slice(0, 80)}\` is no host`, 'Write a host name or an IP address.');
  if (!isPort(targetPort)) yield invalid(`${path}.targetPort`, `${targetPort} is no port`, portHelp);
}

/** What stands at the top only. */
function* checkTop({ tunnel, proxyProtocol, retryBudget, connectionPool }: TrafficPolicySettings, path: string): Iterable<Problem> {
  if (tunnel) yield* checkTunnel(tunnel, `${path}.tunnel`);
  if (tunnel && proxyProtocol) yield invalid(path, '`tunnel` and `proxyProtocol` exclude each other', 'Remove one of them.');
  if (!retryBudget) return;
  yield* checkDurations(retryBudget, `${path}.retryBudget`, { fields: ['budgetInterval'] });
  if (connectionPool?.http?.maxRetries)
    yield doubtful('IST0133', `${path}.connectionPool.http.maxRetries`, ['`retryBudget` counts in its place', 'Remove one of them.']);
}

function* checkPorts({ portLevelSettings = [] }: TrafficPolicySettings, path: string): Iterable<Problem> {
  const seen = new Set<number>();
  for (const [index, { port: named, ...blocks }] of portLevelSettings.entries()) {
    const at = `${path}.portLevelSettings[${index}]`;
    const port = named?.number;
    if (!isPort(port)) yield invalid(`${at}.port`, port === undefined ? 'the port is missing' : `${port} is no port`, portHelp);
    else if (port !== undefined && seen.has(port)) yield invalid(`${at}.port`, `port ${port} stands twice`, 'Merge the two blocks.');
    if (port !== undefined) seen.add(port);
    if (isEmpty(blocks)) yield invalid(at, 'a block that says nothing of its port', 'Say something in it, or remove it.');
    yield* checkBlocks(blocks, at);
  }
}

export function* checkTrafficPolicy(policy: TrafficPolicySettings | undefined, path: string): Iterable<Problem> {
  if (policy === undefined) return;
  if (isEmpty(policy)) yield invalid(path, 'an empty `trafficPolicy`', 'Say something in it, or remove it.');
  yield* checkBlocks(policy, path);
  yield* checkPorts(policy, path);
  yield* checkTop(policy, path);
}
