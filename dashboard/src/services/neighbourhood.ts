/** Which edges begin or end at a service, or at one workload. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { Edge, ServingWorkload, Topology } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { rhythmOf, useSpan } from '../shell/time.ts';

export interface Neighbourhood {
  /** Of which edges are asked. */
  readonly namespace: string;
  /** Whether it was called there. */
  readonly isCalled: (edge: Edge) => boolean;
  /** Who calls others in its name. */
  readonly workloads: readonly Pick<ServingWorkload, 'namespace' | 'name'>[];
}

export const useEdges = (namespace: string): UseQueryResult<Topology> => {
  const span = useSpan();
  const { from, to } = span;
  return useAsk<Topology>({ path: '/edges', query: { from, to, namespace }, ...rhythmOf(span) });
};

export const isBehind = ({ caller }: Edge, { workloads }: Neighbourhood): boolean =>
  workloads.some(({ namespace, name }) => caller.namespace === namespace && caller.name === name);
