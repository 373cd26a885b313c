import { contentHash, type PodReport, type WorkloadStatus } from '@weft/model';
import type { Workload } from './controller.ts';
import type { PodInstance } from './instance.ts';

/** Labels or ProxyConfigs ask for another proxy than the pod was made with. */
export const isRestartNeeded = ({ proxy, proxySettings }: Workload, { pod }: PodInstance): boolean =>
  pod.proxy !== proxy || contentHash(pod.proxySettings ?? {}) !== contentHash(proxySettings);

/** What is said of a pod that the agent has not reported yet. */
const awaited = ({ pod, created }: PodInstance): PodReport => ({
  name: pod.name,
  namespace: pod.namespace,
  uid: pod.uid,
  address: '',
  phase: 'Pending',
  ready: false,
  proxy: pod.proxy,
  message: 'waits for the agent',
  restarts: 0,
  startedAt: created,
});

export const workloadStatus = (workload: Workload, reports: readonly PodReport[]): WorkloadStatus => {
  const byUid = new Map(reports.map((report) => [report.uid, report]));
  const pods = workload.instances.map((instance) => byUid.get(instance.pod.uid) ?? awaited(instance));
  const { kind, namespace, name } = workload.ref;
  return {
    kind,
    namespace,
    name,
    desired: workload.replicas,
    ready: pods.filter(({ ready }) => ready).length,
    pods,
    labels: workload.instances.at(-1)?.pod.labels ?? {},
    restartNeeded: workload.instances.some((instance) => isRestartNeeded(workload, instance)),
  };
};
