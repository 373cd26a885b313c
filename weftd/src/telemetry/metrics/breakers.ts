/** How full the circuit breakers are that somebody set limits for: of others Envoy does not say what is left. */
import { text } from 'node:stream/consumers';
import type { Agent } from '../../api/agent.ts';
import type { Instance } from '../../registry.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { Look } from './metrics.ts';

const filter = '\\.(circuit_breakers\\.default\\.remaining_(cx|pending)|upstream_cx_active|upstream_rq_pending_active)$';
const line =
  /^cluster\.(outbound\|\d+\|[^|]*\|(.+))\.(circuit_breakers\.default\.remaining_(?:cx|pending)|upstream_cx_active|upstream_rq_pending_active): (\d+)$/;

/** What is in use, and what is left of it. */
const kinds = [
  { metric: 'weft_connections_used_share', used: 'upstream_cx_active', left: 'circuit_breakers.default.remaining_cx' },
  { metric: 'weft_pending_requests_used_share', used: 'upstream_rq_pending_active', left: 'circuit_breakers.default.remaining_pending' },
] as const;

/** Envoy's own value where nobody said how many: 2^32 - 1. */
const nobodysLimit = 4_294_967_000;

interface Cluster {
  readonly host: string;
  readonly values: Map<string, number>;
}

export const breakersIn = (page: string): readonly { readonly metric: string; readonly host: string; readonly share: number }[] => {
  const clusters = new Map<string, Cluster>();
  for (const one of page.split('\n')) {
    const [, name = '', host = '', stat = '', value] = line.exec(one) ?? [];
    if (name === '') continue;
    const cluster = clusters.get(name) ?? { host, values: new Map() };
    clusters.set(name, cluster);
    cluster.values.set(stat, Number(value));
  }
  return [...clusters.values()].flatMap(({ host, values }) =>
    kinds.flatMap(({ metric, used, left }) => {
      const remaining = values.get(left);
      const active = values.get(used) ?? 0;
      if (remaining === undefined || remaining + active >= nobodysLimit) return [];
      return [{ metric, host, share: remaining + active === 0 ? 1 : active / (remaining + active) }];
    }),
  );
};

const looksOf = async (agent: Pick<Agent, 'get'>, instance: Instance, names: MeshNames): Promise<readonly Look[]> => {
  const { namespace, name } = instance.pod;
  const path = `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/envoy/stats?filter=${encodeURIComponent(filter)}`;
  const answer = await agent.get(path);
  const page = await text(answer);
  if (answer.statusCode !== 200) return [];
  const { workload } = labelsOf(instance.pod, names);
  return breakersIn(page).map(({ metric, host, share }) => ({
    metric,
    labels: { namespace, workload, destination_service: host },
    pod: name,
    value: share,
  }));
};

/** One after another: it is not urgent. Who does not answer says nothing. */
export const breakerLooks = async (
  agent: Pick<Agent, 'get'>,
  instances: readonly Instance[],
  names: MeshNames,
): Promise<readonly Look[]> => {
  const looks: Look[] = [];
  for (const instance of instances) looks.push(...(await looksOf(agent, instance, names).catch(() => [])));
  return looks;
};
