/** Asks applications for the metrics that somebody wants of them; what comes is read by the store's thread. */
import { text } from 'node:stream/consumers';
import { formatOf } from '@weft/signals';
import type { Agent } from '../../api/agent.ts';
import type { Instance } from '../../registry.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { RemoteStore } from '../worker/stores.ts';

export interface Asking {
  readonly agent: Pick<Agent, 'get'>;
  readonly metrics: Pick<RemoteStore<'metrics'>, 'tell'>;
  readonly names: MeshNames;
  readonly now: () => number;
}

/** Envoy tells these, and the application does not. */
const isEnvoys = (metric: string): boolean => metric.startsWith('envoy_');

const ownLabels = ({ pod }: Instance, names: MeshNames) => {
  const { namespace, workload } = labelsOf(pod, names);
  return { namespace, workload, pod: pod.name };
};

const askOne = async ({ agent, metrics, names, now }: Asking, instance: Instance, wanted: readonly string[]): Promise<void> => {
  const { namespace, name } = instance.pod;
  const base = `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  for (const [path, asked] of [
    [`${base}/metrics`, wanted.filter((metric) => !isEnvoys(metric))],
    [`${base}/envoy/stats/prometheus`, wanted.filter(isEnvoys)],
  ] as const) {
    if (asked.length === 0) continue;
    const answer = await agent.get(path);
    const page = await text(answer);
    if (answer.statusCode !== 200) continue;
    const format = formatOf(answer.headers['content-type'] ?? '');
    await metrics.tell({
      target: `${namespace}/${name} ${path.slice(base.length)}`,
      own: ownLabels(instance, names),
      at: now(),
      page,
      format,
      metrics: asked,
    });
  }
};

/** One after another: it is not urgent. Who does not answer says nothing. */
export const askApplications = async (asking: Asking, instances: readonly Instance[], wanted: readonly string[]): Promise<void> => {
  if (wanted.length === 0) return;
  for (const instance of instances) await askOne(asking, instance, wanted).catch(() => undefined);
};
