/** What of the configuration is used: recorded traffic by the routes and rules that it met, and pairs that may call by those that do. */
import { accessIn, type Situation } from '@weft/compile';
import { type AccessMatrix, type AccessPair, ofKind, refKey, type SeenCalls, type Topology, type TrafficUse } from '@weft/model';
import type { Use } from '@weft/signals';
import { usedIn } from './used.ts';

export interface UseAsked {
  readonly uses: readonly Use[];
  readonly namespace?: string;
}

export interface MatrixAsked {
  /** JSON of a `Topology`: this thread reads it, so that the one that serves proxies need not. */
  readonly topology: Uint8Array;
  readonly namespace?: string;
}

export interface Uses {
  /** Undefined: nothing was compiled yet. */
  used(asked: UseAsked): Pick<TrafficUse, 'routes' | 'connections' | 'rules'> | undefined;
  /** JSON of an `AccessMatrix`. */
  matrix(asked: MatrixAsked): Uint8Array | undefined;
}

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
  used: ({ uses, namespace }) => {
    const known = situation();
    return known && usedIn(known.resources, uses, namespace);
  },
  matrix: ({ topology, namespace }) => {
    const known = situation();
    if (!known) return undefined;
    const answer = matrixOf(known, JSON.parse(new TextDecoder().decode(topology)) as Topology, namespace);
    return new TextEncoder().encode(JSON.stringify(answer));
  },
});
