import { type Labels, selects } from '../mesh/index.ts';

interface Labelled {
  readonly namespace: string;
  readonly labels: Labels;
}

/** Finds the workloads of a selector without asking each of them. */
export interface WorkloadIndex<T extends Labelled> {
  select(namespace: string, selector: Labels): readonly T[];
}

export const workloadIndex = <T extends Labelled>(workloads: Iterable<T>): WorkloadIndex<T> => {
  const none: readonly T[] = [];
  const byLabel = new Map<string, T[]>();
  const add = (key: string, workload: T) => {
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
      let candidates = byLabel.get(namespace) ?? none;
      for (const key in selector) {
        const bucket = byLabel.get(`${namespace}/${key}=${selector[key]}`) ?? none;
        if (bucket.length < candidates.length) candidates = bucket;
      }
      return candidates.filter((workload) => selects(selector, workload.labels));
    },
  };
};
