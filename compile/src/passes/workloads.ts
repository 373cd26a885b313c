import { workloadOfEntry } from '../istio/workload-entry.ts';
import { workloadOf } from '../kubernetes/workload.ts';
import type { Workload } from '../mesh/index.ts';
import { type Input, nameOf, type Pass } from './input.ts';

const ofPods = ({ pods, settings: { trustDomain }, memo }: Input): readonly Workload[] =>
  memo.each('pods', {
    items: pods,
    name: ({ pod }) => `${pod.namespace}/${pod.name}`,
    context: [trustDomain],
    inputs: ({ pod, address, ipv6, ready, stage }) => [pod, address, ipv6, ready, stage, trustDomain],
    make: (running) => workloadOf(running, trustDomain),
  });

const ofEntries = ({ of, settings: { trustDomain }, memo }: Input): readonly Workload[] =>
  memo.each('entries', {
    items: of('WorkloadEntry'),
    name: nameOf,
    context: [trustDomain],
    inputs: ({ hash }) => [hash, trustDomain],
    make: (entry) => workloadOfEntry(entry, trustDomain),
  });

/** A pod and a WorkloadEntry of one name are two workloads; only pods are looked up by name. */
const keyOf = ({ kind, namespace, name }: Workload): string => (kind === 'pod' ? `${namespace}/${name}` : `entry:${namespace}/${name}`);

export const workloads: Pass = {
  name: 'workloads',
  reads: ({ of, pods, settings }) => [
    of('WorkloadEntry'),
    settings.trustDomain,
    ...pods.flatMap(({ pod, address, ipv6, ready, stage }) => [pod, address, ipv6, ready, stage]),
  ],
  make: (input) => {
    const all = [...ofPods(input), ...ofEntries(input)].map((workload) => [keyOf(workload), workload] as const);
    return { workloads: new Map(all.sort(([a], [b]) => (a < b ? -1 : 1))) };
  },
};
