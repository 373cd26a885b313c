/**
 * Which endpoints of a cluster get how much: the nearest priority that has a ready endpoint takes all, localities share by weight
 * where they have one, endpoints by theirs (Envoy's load balancing; a ready half of a priority is overprovisioned enough for all).
 */
import { type Endpoint, type Group, groupsOf, isWeighted, type Standing } from '../mesh/index.ts';

export interface EndpointShare {
  readonly endpoint: Endpoint;
  /** 0 is the nearest. */
  readonly priority: number;
  readonly percent: number;
}

const total = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0);

const readyIn = (groups: readonly Group[]): readonly Endpoint[] =>
  groups.flatMap(({ endpoints }) => endpoints.filter(({ unhealthy }) => !unhealthy));

/** Envoy's overprovisioning: a priority takes 1.4 times what is ready of it, and the next ones what is left. */
const overprovisioning = 1.4;

const loads = (byPriority: readonly (readonly Group[])[]): readonly number[] => {
  const health = byPriority.map((groups) => {
    const all = groups.flatMap(({ endpoints }) => endpoints).length;
    return all === 0 ? 0 : Math.min(1, (overprovisioning * readyIn(groups).length) / all);
  });
  const sum = Math.min(1, total(health));
  let left = sum;
  return health.map((own) => {
    const taken = Math.min(own, left);
    left -= taken;
    return sum === 0 ? 0 : taken / sum;
  });
};

const sharesIn = (groups: readonly Group[], load: number, weighted: boolean): readonly EndpointShare[] => {
  const able = groups.filter(({ endpoints }) => endpoints.some(({ unhealthy }) => !unhealthy));
  const ofLocalities = total(able.map(({ weight }) => weight));
  const ofEndpoints = total(readyIn(able).map(({ weight }) => weight));
  return groups.flatMap(({ endpoints, priority, weight: ofLocality }) => {
    const own = total(endpoints.filter(({ unhealthy }) => !unhealthy).map(({ weight }) => weight));
    return endpoints.map((endpoint) => {
      const part = weighted ? (ofLocality / ofLocalities) * (endpoint.weight / own) : endpoint.weight / ofEndpoints;
      return { endpoint, priority, percent: endpoint.unhealthy ? 0 : 100 * load * part };
    });
  });
};

export const sharesOf = (endpoints: readonly Endpoint[], standing: Standing): readonly EndpointShare[] => {
  const weighted = standing.nearness !== undefined && isWeighted(standing.nearness);
  const groups = [...Map.groupBy(groupsOf(endpoints, standing), ({ priority }) => priority)].sort(([a], [b]) => a - b);
  const byPriority = groups.map(([, members]) => members);
  const load = loads(byPriority);
  return byPriority.flatMap((members, index) => sharesIn(members, load[index] ?? 0, weighted));
};
