/**
 * Envoy's response flags in words, and which object changes what they stand for. A flag means another thing at each end of a hop: the
 * proxy of a caller speaks of its way to the server's proxy, that of the server of its application.
 */

export interface Remedy {
  /** Kind of the object to look at. */
  readonly kind: string;
  /** Field of it; empty: the whole. */
  readonly field: string;
  /** One could be made, where there is no service of that name at all. */
  readonly orMake?: true;
}

export interface Meaning {
  readonly words: string;
  readonly remedies: readonly Remedy[];
}

export interface Flag {
  readonly name: string;
  /** In the record of the caller's proxy, or of a gateway. */
  readonly caller: Meaning;
  /** In the record of the server's proxy; absent: the same. */
  readonly server?: Meaning;
}

const meaning = (words: string, ...remedies: readonly (readonly [kind: string, field?: string])[]): Meaning => ({
  words,
  remedies: remedies.map(([kind, field = '']) => ({ kind, field })),
});

const pool = 'spec.trafficPolicy.connectionPool';
const applicationPort: readonly [string, string] = ['Service', 'spec.ports[].targetPort'];
const probe: readonly [string, string] = ['Deployment', 'spec.template.spec.containers[].readinessProbe'];

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/observability/access_log/usage, `RESPONSE_FLAGS` */
const flags = {
  UH: {
    name: 'NoHealthyUpstream',
    caller: meaning(
      'no endpoint of the service is ready, or all were ejected',
      probe,
      ['Service', 'spec.selector'],
      ['DestinationRule', 'spec.trafficPolicy.outlierDetection'],
      ['DestinationRule', 'spec.subsets'],
    ),
  },
  UF: {
    name: 'UpstreamConnectionFailure',
    caller: meaning(
      'the server could not be connected to: nobody listens there, the way is blocked, or TLS was refused',
      ['PeerAuthentication', 'spec.mtls.mode'],
      ['DestinationRule', 'spec.trafficPolicy.tls'],
      applicationPort,
    ),
    server: meaning('the application could not be connected to', applicationPort, ['Deployment', 'spec.template.spec.containers[].ports']),
  },
  UO: {
    name: 'UpstreamOverflow',
    caller: meaning(
      'a limit on connections or requests was reached: this one was not sent',
      ['DestinationRule', `${pool}.http.http1MaxPendingRequests`],
      ['DestinationRule', `${pool}.http.http2MaxRequests`],
      ['DestinationRule', `${pool}.tcp.maxConnections`],
    ),
    server: meaning(
      'a limit on what the application takes at once was reached',
      ['Sidecar', 'spec.inboundConnectionPool'],
      ['DestinationRule', pool],
    ),
  },
  NR: {
    name: 'NoRouteFound',
    caller: meaning(
      'no route is for this host and path',
      ['VirtualService', 'spec.http[].match'],
      ['VirtualService', 'spec.hosts'],
      ['Gateway', 'spec.servers[].hosts'],
    ),
    server: meaning('no way in is for such a connection: plaintext where mutual TLS is demanded, or an unknown protocol', [
      'PeerAuthentication',
      'spec.mtls.mode',
    ]),
  },
  NC: {
    name: 'NoClusterFound',
    caller: meaning(
      'the route leads to a service or subset that does not exist',
      ['VirtualService', 'spec.http[].route[].destination'],
      ['DestinationRule', 'spec.subsets'],
    ),
  },
  UR: {
    name: 'UpstreamRemoteReset',
    caller: meaning('the server reset the request', ['Deployment']),
    server: meaning('the application reset the request', ['Deployment']),
  },
  UC: {
    name: 'UpstreamConnectionTermination',
    caller: meaning(
      'the connection to the server ended before the answer was there: it restarted, or closed an idle connection in that moment',
      ['DestinationRule', `${pool}.http.idleTimeout`],
      ['VirtualService', 'spec.http[].retries.retryOn'],
      ['Deployment', 'spec.template.spec.terminationGracePeriodSeconds'],
    ),
    server: meaning(
      'the application closed the connection before it had answered: it crashed, or its idle timeout is shorter than the proxy’s',
      ['Deployment'],
      ['DestinationRule', `${pool}.http.idleTimeout`],
    ),
  },
  UT: {
    name: 'UpstreamRequestTimeout',
    caller: meaning(
      'the server did not answer within the time that the route gives it',
      ['VirtualService', 'spec.http[].timeout'],
      ['VirtualService', 'spec.http[].retries.perTryTimeout'],
    ),
  },
  URX: {
    name: 'UpstreamRetryLimitExceeded',
    caller: meaning(
      'every try failed, and no more were allowed',
      ['VirtualService', 'spec.http[].retries.attempts'],
      ['DestinationRule', `${pool}.http.maxRetries`],
      ['DestinationRule', `${pool}.tcp.maxConnectAttempts`],
    ),
  },
  UPE: {
    name: 'UpstreamProtocolError',
    caller: meaning(
      'the server answered in another protocol than the port is declared to speak',
      ['Service', 'spec.ports[].appProtocol'],
      ['DestinationRule', `${pool}.http.h2UpgradePolicy`],
    ),
    server: meaning('the application answered in another protocol than the port is declared to speak', [
      'Service',
      'spec.ports[].appProtocol',
    ]),
  },
  UMSDR: {
    name: 'UpstreamMaxStreamDurationReached',
    caller: meaning('the request lasted longer than any may', ['VirtualService', 'spec.http[].timeout']),
  },
  DF: {
    name: 'DnsResolutionFailed',
    caller: meaning(
      'the name of the destination could not be resolved',
      ['ServiceEntry', 'spec.hosts'],
      ['ServiceEntry', 'spec.resolution'],
    ),
  },
  DC: {
    name: 'DownstreamConnectionTermination',
    caller: meaning('the caller went away before the answer was there'),
  },
  DR: {
    name: 'DownstreamRemoteReset',
    caller: meaning('the caller cancelled the request'),
  },
  DPE: {
    name: 'DownstreamProtocolError',
    caller: meaning('the request broke the rules of HTTP', ['Service', 'spec.ports[].appProtocol']),
  },
  DT: {
    name: 'DurationTimeout',
    caller: meaning('the connection reached its longest life', ['DestinationRule', `${pool}.tcp.maxConnectionDuration`]),
  },
  SI: {
    name: 'StreamIdleTimeout',
    caller: meaning('nothing moved for too long', ['VirtualService', 'spec.http[].timeout']),
  },
  LR: { name: 'LocalReset', caller: meaning('the proxy itself reset the request') },
  LH: { name: 'FailedLocalHealthCheck', caller: meaning('the proxy takes itself for unhealthy', probe) },
  IH: { name: 'InvalidEnvoyRequestHeaders', caller: meaning('the request had a value of Envoy’s own headers that is not allowed') },
  OM: {
    name: 'OverloadManagerTerminated',
    caller: meaning('the proxy is short of memory and refused the request', ['Deployment', 'spec.replicas']),
  },
  DI: { name: 'DelayInjected', caller: meaning('a fault was injected: a delay', ['VirtualService', 'spec.http[].fault.delay']) },
  FI: { name: 'FaultInjected', caller: meaning('a fault was injected: an error', ['VirtualService', 'spec.http[].fault.abort']) },
  RL: { name: 'RateLimited', caller: meaning('a rate limit refused it') },
  RLSE: { name: 'RateLimitServiceError', caller: meaning('the rate limit service could not be asked') },
  UAEX: {
    name: 'UnauthorizedExternalService',
    caller: meaning('the external authorizer refused it, or could not be asked', ['AuthorizationPolicy', 'spec.provider.name']),
  },
  NFCF: { name: 'NoFilterConfigFound', caller: meaning('a filter of the proxy has no configuration yet: nothing is served without it') },
  RFCF: { name: 'ResponseFromCacheFilter', caller: meaning('a cache answered') },
  DO: { name: 'DropOverload', caller: meaning('the control plane told the proxy to drop a share of the requests') },
  UDO: { name: 'UnconditionalDropOverload', caller: meaning('the control plane told the proxy to drop all requests') },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof flags;

export const flagNames = Object.keys(flags) as readonly FlagName[];

const isFlag = (text: string): text is FlagName => Object.hasOwn(flags, text);

/** `UF,URX` → both; `-` and what is unknown say nothing. */
export const readFlags = (text: string): readonly FlagName[] => text.split(',').filter(isFlag);

/** What may stand beside an answer that is as it should be. */
export const sideEffects = ['DI', 'RFCF'] as const satisfies readonly FlagName[];

export const isSideEffect = (name: FlagName): boolean => sideEffects.some((one) => one === name);

export const flagOf = (name: FlagName): Flag => flags[name];

export const meaningOf = (name: FlagName, end: 'caller' | 'server'): Meaning => {
  const flag: Flag = flags[name];
  return (end === 'server' ? flag.server : undefined) ?? flag.caller;
};
