/** What is kept of edges → the mesh's topology, as it is told. */
import type { Callee, Caller, Edge, Topology } from '@weft/model';
import { edgeEnds, edgeOf, impactOf } from '@weft/signals';
import type { KeptEdges } from './topology.ts';

export interface TopologySearch {
  readonly from: number;
  readonly to: number;
  /** Edges with an end there. */
  readonly namespace?: string;
  /** Whose impact is asked for. */
  readonly node?: string;
  /** `namespace/name`: what is a gateway now was one before, its name says so. */
  readonly gateways: readonly string[];
}

const isIn =
  (namespace: string | undefined) =>
  ({ caller, callee }: { readonly caller: Caller; readonly callee: Callee }): boolean =>
    namespace === undefined || [caller.namespace, callee.namespace, callee.workload?.namespace].includes(namespace);

const busiest = (a: Edge, b: Edge): number =>
  b.requests + b.connectionsOpened - a.requests - a.connectionsOpened || (a.callee.host < b.callee.host ? -1 : 1);

/** @returns undefined where nobody called the node whose impact is asked for, nor did it call anybody */
export const topologyOf = (kept: KeptEdges, { from, to, namespace, node, gateways }: TopologySearch): Topology | undefined => {
  const known = new Set(gateways);
  const isGateway = (ofNamespace: string, name: string): boolean => known.has(`${ofNamespace}/${name}`);
  const all = kept.edges.map(({ labels, counts }) => edgeOf(labels, counts, { length: to - from, isGateway })).sort(busiest);
  const vanished = kept.vanished.map(({ labels, last }) => ({ ...edgeEnds(labels, isGateway), lastSeen: last }));
  const impact = node === undefined ? undefined : impactOf(node, all);
  if (impact && impact.upstream.length + impact.downstream.length === 0) return undefined;
  return {
    ...{ from, to, revisions: kept.revisions },
    ...(kept.since !== undefined && { since: kept.since }),
    edges: all.filter(isIn(namespace)),
    vanished: vanished.filter(isIn(namespace)),
    ...(impact && { impact }),
  };
};
