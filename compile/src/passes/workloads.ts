import { workloadOfEntry } from '../istio/workload-entry.ts';
import { workloadOf } from '../kubernetes/workload.ts';
import type { Workload } from '../mesh/index.ts';
import { type Input, type Pass, resourceKey, sameList } from './input.ts';

const ofPods = ({ pods, settings: { trustDomain }, memo }: Input): readonly Workload[] =>
  pods.map((running) =>
    memo(`pod/${running.pod.namespace}/${running.pod.name}`, [running.pod, running.address, running.ready, trustDomain], () =>
      workloadOf(running, trustDomain),
    ),
  );

const ofEntries = ({ of, settings: { trustDomain }, memo }: Input): readonly Workload[] =>
  of('WorkloadEntry').map((entry) => memo(resourceKey(entry), [entry.hash, trustDomain], () => workloadOfEntry(entry, trustDomain)));

/** A pod and a WorkloadEntry of one name are two workloads; only pods are looked up by name. */
const keyOf = ({ kind, namespace, name }: Workload): string => (kind === 'pod' ? `${namespace}/${name}` : `entry:${namespace}/${name}`);

export const workloads: Pass = (input) => {
  const all = [...ofPods(input), ...ofEntries(input)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const list = sameList(input.memo, 'workloads', all);
  return { workloads: input.memo('workloads by name', [list], () => new Map(list.map((workload) => [keyOf(workload), workload]))) };
};
