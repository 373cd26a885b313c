import { type PodSpec, proxyAnnotation, readProxyAnnotation, spiffeId } from '@weft/model';
import { nowhere, type PeerStage, type Workload } from '../mesh/index.ts';
import { labelledLocality } from './locality.ts';
import { trustOf } from './trust.ts';

/** A pod that runs, or is about to: what weftd's registry of instances knows. */
export interface RunningPod {
  readonly pod: PodSpec;
  /** Empty until it has one. */
  readonly address: string;
  /** Beside `address`, where the pod's host has IPv6. */
  readonly ipv6?: string;
  readonly ready: boolean;
  /** Its modes of mutual TLS are changing. */
  readonly stage?: PeerStage;
}

const namedPorts = (pod: PodSpec): Readonly<Record<string, number>> =>
  Object.fromEntries(
    pod.containers.flatMap((container) => container.ports.map((port) => [port.name, port.containerPort])).filter(([name]) => name),
  );

export const tlsModeLabel = 'security.istio.io/tlsMode';

export const workloadOf = ({ pod, address, ipv6, ready, stage }: RunningPod, trustDomain: string): Workload => ({
  name: pod.name,
  namespace: pod.namespace,
  labels: pod.labels,
  address,
  ...(ipv6 !== undefined && { ipv6 }),
  identity: spiffeId({ trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
  ready,
  sidecar: pod.proxy === 'sidecar' && (pod.labels[tlsModeLabel] ?? 'istio') === 'istio',
  ports: namedPorts(pod),
  locality: labelledLocality(pod.labels) ?? nowhere,
  weight: 1,
  owner: pod.workload.name,
  cluster: '',
  kind: 'pod',
  ...(pod.proxy === 'gateway' && trustOf(readProxyAnnotation(pod.annotations[proxyAnnotation]).topology)),
  ...(stage && { stage }),
});
