/** What runs, as `get pods` shows it. */
import type { PodReport, WorkloadStatus } from '@weft/model';
import type { Column } from './output.ts';
import type { Terminal } from './terminal.ts';

export const podsIn = (workloads: readonly WorkloadStatus[], namespace?: string): PodReport[] =>
  workloads
    .flatMap((workload) => workload.pods)
    .filter((pod) => namespace === undefined || pod.namespace === namespace)
    .sort((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));

export const podManifest = ({ name, namespace, uid, address, ipv6, phase, ready, proxy, message, restarts, startedAt }: PodReport) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, uid },
  status: {
    phase,
    ready,
    podIP: address,
    podIPs: [address, ipv6].flatMap((ip) => (ip ? [{ ip }] : [])),
    proxy,
    restarts,
    message,
    startTime: new Date(startedAt).toISOString(),
  },
});

const state = (pod: PodReport, { paint }: Terminal): string => {
  if (pod.phase === 'Failed') return paint.red(pod.phase);
  return pod.ready ? paint.green(pod.phase) : paint.yellow(pod.phase);
};

export const podColumns = (terminal: Terminal): readonly Column<PodReport>[] => [
  { title: 'NAMESPACE', value: (pod) => pod.namespace },
  { title: 'NAME', value: (pod) => pod.name },
  { title: 'READY', value: (pod) => (pod.ready ? 'yes' : 'no') },
  { title: 'STATE', value: (pod) => state(pod, terminal) },
  { title: 'PROXY', value: (pod) => pod.proxy },
  { title: 'RESTARTS', value: (pod) => String(pod.restarts) },
  { title: 'ADDRESS', value: (pod) => pod.address },
  { title: 'UID', value: (pod) => pod.uid, wide: true },
  { title: 'MESSAGE', value: (pod) => pod.message },
];
