/** `trafficPolicy` of a DestinationRule, as written. Only the fields that take effect are typed. */

import { parseDuration } from '../duration.ts';
import { doubtful, type Problem } from '../problem.ts';
import { type Field, ineffective, invalid, isPort, portHelp, unenforced, withoutEffect } from '../rule.ts';

/** A protobuf duration as text: `1.5s`, `250ms`, `1h`. Read it with `parseDuration`. */
export type DurationText = string;

export interface ConnectionPoolSettings {
  readonly tcp?: {
    readonly maxConnections?: number;
    readonly connectTimeout?: DurationText;
    readonly tcpKeepalive?: { readonly probes?: number; readonly time?: DurationText; readonly interval?: DurationText };
    readonly maxConnectionDuration?: DurationText;
    readonly idleTimeout?: DurationText;
  };
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

export interface ClientTlsSettings {
  readonly mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
  readonly credentialName?: string;
  readonly subjectAltNames?: readonly string[];
  readonly sni?: string;
  readonly insecureSkipVerify?: boolean;
  readonly caCrl?: string;
}

export interface LocalityLbSettings {
  readonly enabled?: boolean;
  readonly distribute?: readonly { readonly from?: string; readonly to?: Readonly<Record<string, number>> }[];
  readonly failover?: readonly { readonly from?: string; readonly to?: string }[];
  readonly failoverPriority?: readonly string[];
}

export interface ConsistentHashSettings {
  readonly httpHeaderName?: string;
  readonly httpCookie?: {
    readonly name: string;
    readonly path?: string;
    readonly ttl?: DurationText;
    readonly attributes?: readonly { readonly name?: string; readonly value?: string }[];
  };
  readonly useSourceIp?: boolean;
  readonly httpQueryParameterName?: string;
  readonly ringHash?: { readonly minimumRingSize?: number };
  readonly maglev?: { readonly tableSize?: number };
  /** Deprecated, for `ringHash.minimumRingSize`. */
  readonly minimumRingSize?: number;
}

export interface LoadBalancerSettings {
  /** LEAST_CONN is the old name of LEAST_REQUEST [S53]. */
  readonly simple?: 'UNSPECIFIED' | 'LEAST_CONN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN';
  readonly consistentHash?: ConsistentHashSettings;
  readonly localityLbSetting?: LocalityLbSettings;
  readonly warmup?: { readonly duration?: DurationText; readonly minimumPercent?: number; readonly aggression?: number };
  /** Deprecated, for `warmup.duration`. */
  readonly warmupDurationSecs?: DurationText;
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

function* checkDurations(value: object, path: string, fields: readonly string[]): Iterable<Problem> {
  for (const field of fields) {
    const text = (value as Readonly<Record<string, unknown>>)[field];
    if (typeof text !== 'string') continue;
    const ms = parseDuration(text);
    if (ms === undefined || ms < 0)
      yield invalid(`${path}.${field}`, `\`${text.slice(0, 40)}\` is no duration`, 'Write a number with a unit: 250ms, 1.5s, 5m, 1h.');
  }
}

function* checkCounts(value: object, path: string): Iterable<Problem> {
  for (const [field, count] of Object.entries(value)) {
    if (typeof count === 'number' && (count < 0 || count > 2 ** 32 - 1))
      yield invalid(`${path}.${field}`, `${count} is out of range`, 'Write 0 or more.');
  }
}

export function* checkConnectionPool({ tcp, http }: ConnectionPoolSettings, path: string): Iterable<Problem> {
  if (!tcp && !http) yield invalid(path, 'an empty `connectionPool`', 'Add `tcp` or `http`, or remove it.');
  if (tcp) {
    yield* checkCounts(tcp, `${path}.tcp`);
    yield* checkDurations(tcp, `${path}.tcp`, ['connectTimeout', 'maxConnectionDuration', 'idleTimeout']);
    if (tcp.tcpKeepalive) yield* checkDurations(tcp.tcpKeepalive, `${path}.tcp.tcpKeepalive`, ['time', 'interval']);
  }
  if (http) {
    yield* checkCounts(http, `${path}.http`);
    yield* checkDurations(http, `${path}.http`, ['idleTimeout']);
    yield* withoutEffect(http, `${path}.http`, [{ field: 'http2KeepAlive', message: 'no HTTP/2 pings are sent' }]);
  }
}

function* checkOutlierDetection(settings: OutlierDetectionSettings, path: string): Iterable<Problem> {
  yield* checkCounts(settings, path);
  yield* checkDurations(settings, path, ['interval', 'baseEjectionTime']);
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    if ((settings[field] ?? 0) > 100)
      yield invalid(`${path}.${field}`, `${settings[field]} is no percentage`, 'Write a number between 0 and 100.');
  }
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

function* checkClientTls(tls: ClientTlsSettings, path: string): Iterable<Problem> {
  const files = (['clientCertificate', 'privateKey', 'caCertificates'] as const).filter((field) => tls[field]);
  if (tls.mode === 'ISTIO_MUTUAL' && (files.length > 0 || tls.credentialName)) {
    yield invalid(
      path,
      `\`ISTIO_MUTUAL\` brings its own certificates, so ${[...files, 'credentialName'].map((field) => `\`${field}\``).join(', ')} may not be set`,
      'Remove them, or use `MUTUAL`.',
    );
  }
  if (tls.credentialName && files.length > 0) yield invalid(path, '`credentialName` and files exclude each other', 'Remove one of them.');
  if (tls.mode === 'MUTUAL' && !tls.credentialName) {
    for (const field of ['clientCertificate', 'privateKey'] as const) {
      if (!tls[field]) yield invalid(path, `\`MUTUAL\` needs \`${field}\``, `Add \`${field}\`, or use \`SIMPLE\`.`);
    }
  }
  if (tls.credentialName)
    yield unenforced(
      `${path}.credentialName`,
      "`credentialName` has no effect yet: no certificate is presented, and servers are checked against the system's roots",
      'Use files.',
    );
  if (tls.caCrl) yield unenforced(`${path}.caCrl`, '`caCrl` has no effect yet: revoked certificates are accepted', 'Remove it.');
  if (tls.insecureSkipVerify)
    yield doubtful('IST0128', `${path}.insecureSkipVerify`, [
      'the server is not verified: anyone can be it',
      'Name the CA in `caCertificates`.',
    ]);
}

const laterLoadBalancers: readonly Field[] = [
  { field: 'consistentHash', message: 'requests are spread by LEAST_REQUEST' },
  { field: 'localityLbSetting', message: 'localities are not preferred' },
  { field: 'zoneAwareLbSetting', message: 'zones are not preferred' },
  { field: 'warmup', message: 'new endpoints get their full share at once' },
  { field: 'warmupDurationSecs', message: 'new endpoints get their full share at once' },
];

function* checkBlocks(blocks: PolicyBlocks, path: string): Iterable<Problem> {
  yield* withoutEffect(blocks.loadBalancer, `${path}.loadBalancer`, laterLoadBalancers);
  if (blocks.loadBalancer?.simple === 'LEAST_CONN')
    yield doubtful('IST0002', `${path}.loadBalancer.simple`, ['`LEAST_CONN` is the old name of `LEAST_REQUEST`', 'Write `LEAST_REQUEST`.']);
  if (blocks.connectionPool) yield* checkConnectionPool(blocks.connectionPool, `${path}.connectionPool`);
  if (blocks.outlierDetection) yield* checkOutlierDetection(blocks.outlierDetection, `${path}.outlierDetection`);
  if (blocks.tls) yield* checkClientTls(blocks.tls, `${path}.tls`);
}

export function* checkTrafficPolicy(policy: TrafficPolicySettings | undefined, path: string): Iterable<Problem> {
  if (policy === undefined) return;
  if (Object.keys(policy).length === 0) yield invalid(path, 'an empty `trafficPolicy`', 'Say something in it, or remove it.');
  yield* checkBlocks(policy, path);
  const seen = new Set<number>();
  for (const [index, block] of (policy.portLevelSettings ?? []).entries()) {
    const at = `${path}.portLevelSettings[${index}]`;
    const port = block.port?.number;
    if (!isPort(port)) yield invalid(`${at}.port`, port === undefined ? 'the port is missing' : `${port} is no port`, portHelp);
    else if (port !== undefined && seen.has(port)) yield invalid(`${at}.port`, `port ${port} stands twice`, 'Merge the two blocks.');
    if (port !== undefined) seen.add(port);
    yield* checkBlocks(block, at);
  }
  for (const field of ['tunnel', 'proxyProtocol', 'retryBudget']) {
    if (Object.hasOwn(policy, field))
      yield ineffective(`${path}.${field}`, `\`${field}\` has no effect yet`, 'Remove it, or do not count on it.');
  }
}
