/** Who suffers when a node of the graph fails, and whom it needs itself: through everybody in between. */
import type { Callee, Caller, Edge, Impact } from '@weft/model';

const callerNode = ({ kind, namespace, name }: Caller): string => (kind === 'outside' ? 'outside' : `${namespace}/${name}`);
const serviceNode = ({ kind, host, namespace, name }: Callee): string => (kind === 'external' ? host : `${namespace}/${name}`);
const workloadNode = ({ workload }: Callee): string | undefined => workload && `${workload.namespace}/${workload.name}`;

type Ends = Pick<Edge, 'caller' | 'callee'>;

/** From each node to those that are one step away. A service and the workload behind it often have one name, and are one node then. */
const steps = (edges: readonly Ends[]): readonly (readonly [from: string, to: string])[] =>
  edges.flatMap(({ caller, callee }) => {
    const service = serviceNode(callee);
    const workload = workloadNode(callee);
    return [[callerNode(caller), service] as const, ...(workload === undefined ? [] : [[service, workload] as const])];
  });

/** Nearest first; who calls in a circle is met once. */
const reached = (from: string, links: readonly (readonly [from: string, to: string])[]): readonly string[] => {
  const next = Map.groupBy(links, ([start]) => start);
  const met = new Set([from]);
  for (const node of met) for (const [, to] of next.get(node) ?? []) met.add(to);
  return [...met].slice(1);
};

export const impactOf = (node: string, edges: readonly Ends[]): Impact => {
  const links = steps(edges);
  return {
    node,
    downstream: reached(node, links),
    upstream: reached(
      node,
      links.map(([from, to]) => [to, from] as const),
    ),
  };
};
