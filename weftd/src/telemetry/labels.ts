/** What a workload is called in metrics and records. */
import { canonicalOf, type PodSpec, spiffeId } from '@weft/model';
import type { WorkloadLabels } from '@weft/signals';

export interface MeshNames {
  readonly trustDomain: string;
  readonly cluster: string;
}

/** What of a pod its names come from. */
export type NamedPod = Pick<PodSpec, 'namespace' | 'serviceAccount' | 'labels' | 'workload'>;

/** `app` and `version` as its certificate says them too: peers see nothing else. */
export const labelsOf = (pod: NamedPod, { trustDomain, cluster }: MeshNames): WorkloadLabels => {
  const { service, revision } = canonicalOf(pod);
  return {
    workload: pod.workload.name,
    namespace: pod.namespace,
    principal: spiffeId({ trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
    app: service,
    version: revision,
    cluster,
    canonicalService: service,
    canonicalRevision: revision,
  };
};
