/** How much of processors and memory the two halves of each pod use. */
import { kernelUnits, type Units, type Usage, usageOf } from '../process/tree.ts';
import type { Pod } from './pod.ts';

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly proxy?: Usage;
  readonly application?: Usage;
}

/** They are the same until the next boot. */
let units: Promise<Units> | undefined;

const sum = (all: readonly Usage[]): Usage => ({
  cpuSeconds: all.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0),
  memoryBytes: all.reduce((total, { memoryBytes }) => total + memoryBytes, 0),
});

export const podUsage = async (pods: readonly Pod[]): Promise<readonly PodUsage[]> => {
  const pids = pods.map(({ proxy, containers }) => ({
    proxy: proxy?.pid,
    application: containers.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
  }));
  const all = pids.flatMap(({ proxy, application }) => [...(proxy === undefined ? [] : [proxy]), ...application]);
  units ??= kernelUnits();
  const used = await usageOf(all, await units);
  const byPid = new Map(all.map((pid, index) => [pid, used[index]]));
  const of = (given: readonly number[]): Usage => sum(given.flatMap((pid) => byPid.get(pid) ?? []));
  return pods.map(({ input: { spec } }, index) => {
    const { proxy, application = [] } = pids[index] ?? {};
    return {
      ...{ namespace: spec.namespace, name: spec.name },
      ...(proxy !== undefined && { proxy: of([proxy]) }),
      ...(application.length > 0 && { application: of(application) }),
    };
  });
};
