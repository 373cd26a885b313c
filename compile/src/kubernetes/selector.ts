import { type Labels, selects, type Workload } from '../mesh/index.ts';

/** Finds the workloads of a selector without asking each of them. */
export interface WorkloadIndex {
  select(namespace: string, selector: Labels): readonly Workload[];
}

const emptyList: readonly Workload[] = [];

export const workloadIndex = (workloads: Iterable<Workload>): WorkloadIndex => {
  const byLabel = new Map<string, Workload[]>();
  const add = (key: string, workload: Workload) => {
    const list = byLabel.get(key);
    if (list) list.push(workload);
    else byLabel.set(key, [workload]);
  };
  for (const workload of workloads) {
    add(workload.namespace, workload);
    for (const key in workload.labels) add(`${workload.namespace}/${key}=${workload.labels[key]}`, workload);
  }
  return {
    select: (namespace, selector) => {
      let candidates = byLabel.get(namespace) ?? emptyList;
      for (const key in selector) {
        const bucket = byLabel.get(`${namespace}/${key}=${selector[key]}`) ?? emptyList;
        if (bucket.length < candidates.length) candidates = bucket;
      }
      return candidates.filter((workload) => selects(selector, workload.labels));
    },
  };
};
