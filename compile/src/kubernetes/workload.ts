import { type PodSpec, spiffeId } from '@weft/model';
import type { Locality, Workload } from '../mesh/index.ts';

/** A pod that runs, or is about to: what weftd's registry of instances knows. */
export interface RunningPod {
  readonly pod: PodSpec;
  /** Empty until it has one. */
  readonly address: string;
  readonly ready: boolean;
}

/** `region/zone/subzone`; Kubernetes' labels do not reach pods, Istio's own label does (1.29). */
export const localityOf = (text: string | undefined): Locality => {
  const [region = '', zone = '', subzone = ''] = (text ?? '').split('/');
  return { region, zone, subzone };
};

const namedPorts = (pod: PodSpec): Readonly<Record<string, number>> =>
  Object.fromEntries(
    pod.containers.flatMap((container) => container.ports.map((port) => [port.name, port.containerPort])).filter(([name]) => name),
  );

export const tlsModeLabel = 'security.istio.io/tlsMode';

export const workloadOf = ({ pod, address, ready }: RunningPod, trustDomain: string): Workload => ({
  name: pod.name,
  namespace: pod.namespace,
  labels: pod.labels,
  address,
  identity: spiffeId({ trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
  ready,
  sidecar: pod.proxy === 'sidecar' && (pod.labels[tlsModeLabel] ?? 'istio') === 'istio',
  ports: namedPorts(pod),
  locality: localityOf(
    pod.labels['topology.istio.io/locality']?.replaceAll('.', '/') ?? pod.labels['istio-locality']?.replaceAll('.', '/'),
  ),
  weight: 1,
  owner: pod.workload.name,
  cluster: '',
  kind: 'pod',
});
