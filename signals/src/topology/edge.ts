/** What was measured between a caller and a service → an edge. */
import type { Callee, Caller, Edge, Health, MtlsState } from '@weft/model';
import { latencyOf } from '../golden/figures.ts';
import type { Asked } from '../golden/observed.ts';
import type { Labels } from '../prometheus/exposition.ts';
import type { Histogram } from '../series/histogram.ts';
import { mergeHistograms, total } from '../series/histogram.ts';

/** Who an edge is between. */
export const edgeLabels = [
  ...['source_workload', 'source_workload_namespace', 'source_version'],
  ...['destination_service', 'destination_service_name', 'destination_service_namespace'],
  ...['destination_workload', 'destination_workload_namespace', 'destination_version'],
  'request_protocol',
];

type Span = Pick<Asked, 'from' | 'to' | 'step' | 'whole'>;

/** Traffic, as callers saw it. */
export const trafficAsked = (span: Span): Asked => ({ ...span, by: edgeLabels, seenBy: 'callers' });

/** Whether it was protected, as only servers see. */
export const protectionAsked = (span: Span): Asked => ({ ...span, by: [...edgeLabels, 'connection_security_policy'], seenBy: 'servers' });

export interface EdgeCounts {
  readonly requests: number;
  readonly failed: number;
  readonly opened: number;
  readonly received: number;
  readonly sent: number;
  /** Requests and connections that the server saw with mutual TLS, and without. */
  readonly mutual: number;
  readonly plaintext: number;
  readonly durations: readonly Histogram[];
}

const known = (value: string | undefined): string => (value === 'unknown' ? '' : (value ?? ''));

const callerOf = (labels: Labels, isGateway: IsGateway): Caller => {
  const [namespace, name] = [known(labels['source_workload_namespace']), known(labels['source_workload'])];
  if (name === '') return { kind: 'outside', namespace: '', name: '', version: '' };
  return { kind: isGateway(namespace, name) ? 'gateway' : 'workload', namespace, name, version: known(labels['source_version']) };
};

const calleeOf = (labels: Labels): Callee => {
  const namespace = known(labels['destination_service_namespace']);
  const name = known(labels['destination_service_name']);
  const workload = known(labels['destination_workload']);
  return {
    kind: namespace === '' ? 'external' : 'service',
    host: known(labels['destination_service']) || name,
    namespace,
    name,
    ...(workload !== '' && {
      workload: {
        namespace: known(labels['destination_workload_namespace']),
        name: workload,
        version: known(labels['destination_version']),
      },
    }),
  };
};

const mtlsOf = ({ mutual, plaintext }: EdgeCounts): MtlsState => {
  if (mutual > 0) return plaintext > 0 ? 'mixed' : 'mutual';
  return plaintext > 0 ? 'plaintext' : 'unknown';
};

/** From how large a share of failures on. */
export interface HealthThresholds {
  readonly degraded: number;
  readonly failing: number;
}

/** Kiali's for 5xx, but for a single failure of many: it is degraded from the first one on. */
const defaults: HealthThresholds = { degraded: 0.001, failing: 0.1 };

export const healthOf = (counts: Pick<EdgeCounts, 'requests' | 'failed'>, { degraded, failing }: HealthThresholds = defaults): Health => {
  if (counts.requests === 0) return 'idle';
  const share = counts.failed / counts.requests;
  if (share >= failing) return 'failing';
  return share >= degraded ? 'degraded' : 'healthy';
};

type IsGateway = (namespace: string, name: string) => boolean;

export const edgeEnds = (labels: Labels, isGateway: IsGateway): Pick<Edge, 'caller' | 'callee' | 'protocol'> => ({
  caller: callerOf(labels, isGateway),
  callee: calleeOf(labels),
  protocol: known(labels['request_protocol']),
});

/** @param length of the time that was counted in, in milliseconds */
export const edgeOf = (labels: Labels, counts: EdgeCounts, { length, isGateway }: { length: number; isGateway: IsGateway }): Edge => {
  const latency = latencyOf(counts.durations);
  const all = mergeHistograms(counts.durations);
  return {
    ...edgeEnds(labels, isGateway),
    requests: counts.requests,
    requestsPerSecond: (counts.requests * 1_000) / length,
    failed: counts.failed,
    ...(latency && { latency: { ...latency, mean: all.sum / total(all) } }),
    connectionsOpened: counts.opened,
    bytesReceived: counts.received,
    bytesSent: counts.sent,
    mtls: mtlsOf(counts),
    health: healthOf(counts),
  };
};
