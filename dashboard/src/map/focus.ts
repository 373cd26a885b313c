/** A node and all that its failure would reach, or that it needs: the rest is left out. */
import type { Graph } from './graph.ts';

const reached = (from: string, links: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const met = new Set([from]);
  for (const node of met) for (const next of links.get(node) ?? []) met.add(next);
  return [...met].slice(1);
};

export interface Neighbourhood {
  /** Who calls it, directly or through others: they break if it stops. Nearest first. */
  readonly callers: readonly string[];
  /** Whom it needs. */
  readonly callees: readonly string[];
}

const linked = (graph: Graph, from: 'from' | 'to', to: 'from' | 'to'): ReadonlyMap<string, readonly string[]> => {
  const live = graph.edges.filter(({ lastSeen }) => lastSeen === undefined);
  return new Map([...Map.groupBy(live, (edge) => edge[from])].map(([id, edges]) => [id, [...new Set(edges.map((edge) => edge[to]))]]));
};

export const neighbourhoodOf = (graph: Graph, id: string): Neighbourhood => ({
  callers: reached(id, linked(graph, 'to', 'from')),
  callees: reached(id, linked(graph, 'from', 'to')),
});

export const focused = (graph: Graph, id: string): Graph => {
  if (!graph.nodes.some((node) => node.id === id)) return graph;
  const { callers, callees } = neighbourhoodOf(graph, id);
  const near = new Set([id, ...callers, ...callees]);
  return {
    nodes: graph.nodes.filter((node) => near.has(node.id)),
    edges: graph.edges.filter(({ from, to }) => near.has(from) && near.has(to)),
  };
};
