/** All workloads with their proxies and how they do, put together from three answers about all of them. */
import type { GoldenSignals, Health, ProxyStatus, WorkloadStatus } from '@weft/model';
import { healthOf } from '@weft/signals';

export interface WorkloadRow extends WorkloadStatus {
  /** Of its pods that have one. */
  readonly proxies: readonly ProxyStatus[];
  readonly signals?: GoldenSignals;
  readonly health: Health;
}

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => `${namespace}/${name}`;

export const crewOf = (
  workloads: readonly WorkloadStatus[],
  proxies: readonly ProxyStatus[],
  signals: readonly GoldenSignals[],
): readonly WorkloadRow[] => {
  const proxiesBy = new Map(proxies.map((one) => [keyOf(one), one]));
  const signalsBy = new Map(
    signals.map((one) => [`${one.labels['destination_workload_namespace']}/${one.labels['destination_workload']}`, one]),
  );
  return workloads.map((workload): WorkloadRow => {
    const own = signalsBy.get(keyOf(workload));
    return {
      ...workload,
      proxies: workload.pods.flatMap((pod) => proxiesBy.get(keyOf(pod)) ?? []),
      health: healthOf(own ?? { requests: 0, failed: 0 }),
      ...(own && { signals: own }),
    };
  });
};

/** In a word, how the proxies are; worst first. */
export const proxyState = (proxies: readonly ProxyStatus[]): 'none' | 'refuses' | 'disconnected' | 'behind' | 'in step' => {
  if (proxies.length === 0) return 'none';
  if (proxies.some(({ lastNack, inStep }) => lastNack !== null && !inStep)) return 'refuses';
  if (proxies.some(({ connected }) => !connected)) return 'disconnected';
  return proxies.every(({ inStep }) => inStep) ? 'in step' : 'behind';
};
