/** Processors and memory that proxies and applications use, as the agent counts them. */
import { json } from 'node:stream/consumers';
import type { Agent } from '../../api/agent.ts';
import type { Instance } from '../../registry.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { Look } from './metrics.ts';

interface Used {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly proxy?: Used;
  readonly application?: Used;
}

interface Before {
  readonly at: number;
  readonly cpuSeconds: number;
}

const halves = ['proxy', 'application'] as const;

export class UsageWatch {
  readonly #agent: Pick<Agent, 'get'>;
  readonly #now: () => number;
  /** By pod and half. */
  #before: ReadonlyMap<string, Before> = new Map();

  constructor(agent: Pick<Agent, 'get'>, now: () => number) {
    this.#agent = agent;
    this.#now = now;
  }

  /** Processors since the look before, and memory now. */
  async look(instances: readonly Instance[], names: MeshNames): Promise<readonly Look[]> {
    const answer = await this.#agent.get('/usage');
    const { items } = (await json(answer)) as { readonly items: readonly PodUsage[] };
    const at = this.#now();
    const byPod = new Map(items.map((item) => [`${item.namespace}/${item.name}`, item]));
    const seen = new Map<string, Before>();
    const looks = instances.flatMap((instance): Look[] => {
      const pod = `${instance.pod.namespace}/${instance.pod.name}`;
      const { namespace, workload } = labelsOf(instance.pod, names);
      return halves.flatMap((half): Look[] => {
        const used = byPod.get(pod)?.[half];
        if (!used) return [];
        const key = `${pod} ${half}`;
        seen.set(key, { at, cpuSeconds: used.cpuSeconds });
        const whose = { labels: { namespace, workload }, pod: instance.pod.name };
        const cores = this.#cores(key, used, at);
        return [
          { metric: `weft_${half}_memory_bytes`, ...whose, value: used.memoryBytes },
          ...(cores === undefined ? [] : [{ metric: `weft_${half}_cpu_cores`, ...whose, value: cores }]),
        ];
      });
    });
    this.#before = seen;
    return looks;
  }

  /** Undefined at first, and when a process of it ended: what it had used is gone with it. */
  #cores(key: string, { cpuSeconds }: Used, at: number): number | undefined {
    const before = this.#before.get(key);
    if (!before || at <= before.at || cpuSeconds < before.cpuSeconds) return undefined;
    return ((cpuSeconds - before.cpuSeconds) * 1_000) / (at - before.at);
  }
}
