/** What is kept of edges → the mesh's topology, as it is told. */
import type { Callee, Caller, Edge, MtlsState, Protection, Topology } from '@weft/model';
import { type EdgeCounts, edgeEnds, edgeOf, impactOf } from '@weft/signals';
import type { KeptEdges } from './topology.ts';

export interface TopologySearch {
  readonly from: number;
  readonly to: number;
  /** Edges with an end there. */
  readonly namespace?: string;
  /** Only edges that are in one of these. */
  readonly mtls?: readonly MtlsState[];
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

const protectionOf = (all: readonly EdgeCounts[]): Protection => {
  const sum = (amountOf: (counts: EdgeCounts) => number): number => all.reduce((amount, counts) => amount + amountOf(counts), 0);
  const [mutual, plaintext] = [sum((counts) => counts.mutual), sum((counts) => counts.plaintext)];
  return { mutual, plaintext, unknown: Math.max(0, sum(({ requests, opened }) => requests + opened) - mutual - plaintext) };
};

/** @returns undefined where nobody called the node whose impact is asked for, nor did it call anybody */
export const topologyOf = (kept: KeptEdges, { from, to, namespace, node, mtls, gateways }: TopologySearch): Topology | undefined => {
  const gates = new Set(gateways);
  const isGateway = (ofNamespace: string, name: string): boolean => gates.has(`${ofNamespace}/${name}`);
  // What was before anybody looked, or is still to come, is not counted as time without requests.
  const known = kept.until - Math.max(from, kept.since ?? from);
  const length = known > 0 ? known : to - from;
  const counted = kept.edges.map(({ labels, counts }) => ({ edge: edgeOf(labels, counts, { length, isGateway }), counts }));
  const all = counted.map(({ edge }) => edge).sort(busiest);
  const vanished = kept.vanished.map(({ labels, last }) => ({ ...edgeEnds(labels, isGateway), lastSeen: last }));
  const impact = node === undefined ? undefined : impactOf(node, all);
  if (impact && impact.upstream.length + impact.downstream.length === 0) return undefined;
  return {
    ...{ from, to, revisions: kept.revisions },
    ...(kept.since !== undefined && { since: kept.since }),
    until: kept.until,
    protection: protectionOf(counted.filter(({ edge }) => isIn(namespace)(edge)).map(({ counts }) => counts)),
    edges: all.filter(isIn(namespace)).filter(({ mtls: state }) => mtls === undefined || mtls.includes(state)),
    vanished: mtls === undefined ? vanished.filter(isIn(namespace)) : [],
    ...(impact && { impact }),
  };
};
