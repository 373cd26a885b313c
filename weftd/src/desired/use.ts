/** What of the configuration is used: recorded traffic by the routes and rules that it met, and pairs that may call by those that do. */
import { setImmediate as immediate } from 'node:timers/promises';
import { accessIn, decisionOf, type Recorded, type Situation } from '@weft/compile';
import {
  type AccessMatrix,
  type AccessPair,
  ofKind,
  type RouteUse,
  type RuleUse,
  refKey,
  type SeenCalls,
  type Topology,
  type TrafficUse,
} from '@weft/model';

/** Of a record what is counted. */
export interface UsedRecord {
  readonly recorded: Recorded;
  readonly cluster: string;
  readonly failed: boolean;
  /** The rule that decided. */
  readonly rule?: { readonly namespace: string; readonly name: string; readonly rule: number };
}

export interface UseAsked {
  readonly records: readonly UsedRecord[];
  readonly namespace?: string;
}

export interface MatrixAsked {
  /** JSON of a `Topology`: this thread reads it, so that the one that serves proxies need not. */
  readonly topology: Uint8Array;
  readonly namespace?: string;
}

export interface Uses {
  /** Undefined: nothing was compiled yet. */
  used(asked: UseAsked): Promise<Pick<TrafficUse, 'routes' | 'rules'> | undefined>;
  /** JSON of an `AccessMatrix`. */
  matrix(asked: MatrixAsked): Uint8Array | undefined;
}

const atOnce = 20;

const routeKey = (namespace: string, name: string, path: string): string => `${namespace}/${name} ${path}`;

/** `spec.http[1]` of `spec.http[1].match[0]`. */
const routePath = (path: string): string => /^spec\.http\[\d+\]/.exec(path)?.[0] ?? path;

interface Met {
  requests: number;
  failed: number;
  readonly clusters: Map<string, number>;
}

/** By the route that the configuration, as it is now, leads them to. */
const routesMet = async (records: readonly UsedRecord[], situation: Situation): Promise<ReadonlyMap<string, Met>> => {
  const keys = new Map<string, string | undefined>();
  const met = new Map<string, Met>();
  for (const { recorded, cluster, failed } of records) {
    if (recorded.side !== 'source') continue;
    const { at: _, source: __, ...sort } = recorded;
    const text = JSON.stringify(sort);
    if (!keys.has(text)) {
      const object = decisionOf(situation, recorded)?.object;
      keys.set(text, object?.kind === 'VirtualService' ? routeKey(object.namespace, object.name, routePath(object.path)) : undefined);
      if (keys.size % atOnce === 0) await immediate();
    }
    const key = keys.get(text);
    if (key === undefined) continue;
    const one = met.get(key) ?? { requests: 0, failed: 0, clusters: new Map<string, number>() };
    one.requests += 1;
    one.failed += failed ? 1 : 0;
    one.clusters.set(cluster, (one.clusters.get(cluster) ?? 0) + 1);
    met.set(key, one);
  }
  return met;
};

const routesIn = ({ resources }: Situation, met: ReadonlyMap<string, Met>, namespace?: string): readonly RouteUse[] =>
  ofKind(resources, 'VirtualService')
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .flatMap(({ metadata, spec }) => {
      const routes = (spec.http ?? []).map((route, index) => {
        const path = `spec.http[${index}]`;
        const found = met.get(routeKey(metadata.namespace, metadata.name, path));
        const { requests = 0, failed = 0, clusters = new Map<string, number>() } = found ?? {};
        const destinations = [...clusters].map(([cluster, count]) => ({ cluster, requests: count, share: count / requests }));
        return { path, route: route.name ?? '', requests, failed, destinations: destinations.toSorted((a, b) => b.requests - a.requests) };
      });
      const all = routes.reduce((sum, { requests }) => sum + requests, 0);
      return routes.map(
        (route): RouteUse => ({
          ...{ kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name, hosts: spec.hosts ?? [] },
          ...route,
          ...(all > 0 && { share: route.requests / all }),
        }),
      );
    });

const ruleKey = ({ namespace, name, rule }: { readonly namespace: string; readonly name: string; readonly rule: number }): string =>
  `${namespace}/${name}/${rule}`;

const rulesIn = ({ resources }: Situation, records: readonly UsedRecord[], namespace?: string): readonly RuleUse[] => {
  const decided = records.flatMap(({ rule }) => (rule ? [ruleKey(rule)] : []));
  const counts = Map.groupBy(decided, (key) => key);
  return ofKind(resources, 'AuthorizationPolicy')
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .flatMap(({ metadata, spec }) =>
      (spec.rules ?? []).map((_, rule): RuleUse => {
        const ref = { namespace: metadata.namespace, name: metadata.name, rule };
        const matched = counts.get(ruleKey(ref))?.length ?? 0;
        return {
          ...{ kind: 'AuthorizationPolicy', ...ref, action: spec.action ?? 'ALLOW', matched },
          ...(decided.length > 0 && { share: matched / decided.length }),
        };
      }),
    );
};

/** More nobody reads, and they would be some hundred megabytes. */
const mostPairs = 20_000;

const pairKey = (from: string, to: string): string => `${from} ${to}`;
const endText = ({ namespace, workload }: AccessPair['from']): string => `${namespace}/${workload}`;

const seenIn = ({ edges }: Topology): ReadonlyMap<string, SeenCalls> => {
  const ofPair = Map.groupBy(edges, ({ caller, callee: { workload } }) =>
    workload ? pairKey(`${caller.namespace}/${caller.name}`, `${workload.namespace}/${workload.name}`) : '',
  );
  const sum = (all: Topology['edges'], of: 'requests' | 'failed' | 'connectionsOpened'): number =>
    all.reduce((total, edge) => total + edge[of], 0);
  return new Map(
    [...ofPair].map(([key, same]) => {
      const modes = new Set(same.map(({ mtls }) => mtls).filter((mode) => mode !== 'unknown'));
      const [mtls = 'unknown' as const] = modes;
      return [
        key,
        {
          ...{ requests: sum(same, 'requests'), failed: sum(same, 'failed'), connectionsOpened: sum(same, 'connectionsOpened') },
          mtls: modes.size > 1 ? ('mixed' as const) : mtls,
        },
      ] as const;
    }),
  );
};

const unusedIn = ({ resources }: Situation, { edges }: Topology, namespace?: string): AccessMatrix['unused'] => {
  const called = new Set(edges.map(({ callee }) => refKey({ kind: 'Service', namespace: callee.namespace, name: callee.name })));
  return ofKind(resources, 'Service')
    .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name }))
    .filter((one) => (namespace === undefined || one.namespace === namespace) && !called.has(refKey({ kind: 'Service', ...one })));
};

const matrixOf = (situation: Situation, topology: Topology, namespace?: string): AccessMatrix => {
  const seen = seenIn(topology);
  const pairs = accessIn(situation, namespace);
  return {
    ...{ from: topology.from, to: topology.to },
    items: pairs.slice(0, mostPairs).map((pair) => {
      const calls = seen.get(pairKey(endText(pair.from), endText(pair.to)));
      return { ...pair, ...(calls && { seen: calls }) };
    }),
    unused: unusedIn(situation, topology, namespace),
    leftOut: Math.max(0, pairs.length - mostPairs),
  };
};

export const usesOf = (situation: () => Situation | undefined): Uses => ({
  used: async ({ records, namespace }) => {
    const known = situation();
    if (!known) return undefined;
    return { routes: routesIn(known, await routesMet(records, known), namespace), rules: rulesIn(known, records, namespace) };
  },
  matrix: ({ topology, namespace }) => {
    const known = situation();
    if (!known) return undefined;
    const answer = matrixOf(known, JSON.parse(new TextDecoder().decode(topology)) as Topology, namespace);
    return new TextEncoder().encode(JSON.stringify(answer));
  },
});
