import type { Callee, Caller, Edge, Topology } from '@weft/model';
import { edgeEnds, edgeOf, impactOf } from '@weft/signals';
import { onlyThese, type Query, spanIn, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;

/** What is a gateway now was one before: its name says so. */
const gatewaysOf = ({ desired }: ApiParts) => {
  const gateways = new Set(
    desired
      .node()
      .instances.filter(({ pod }) => pod.proxy === 'gateway')
      .map(({ pod }) => `${pod.namespace}/${pod.workload.name}`),
  );
  return (namespace: string, name: string): boolean => gateways.has(`${namespace}/${name}`);
};

const isIn =
  (namespace: string | undefined) =>
  ({ caller, callee }: { readonly caller: Caller; readonly callee: Callee }): boolean =>
    namespace === undefined || [caller.namespace, callee.namespace, callee.workload?.namespace].includes(namespace);

const busiest = (a: Edge, b: Edge): number =>
  b.requests + b.connectionsOpened - a.requests - a.connectionsOpened || a.callee.host.localeCompare(b.callee.host);

export const edgeRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/edges', async ({ query }): Promise<Topology> => {
    onlyThese(query, 'namespace', 'node', 'to', 'from');
    const { from, to } = spanIn(query, tenMinutes);
    const kept = await parts.telemetry.metrics.edges(from, to);
    const isGateway = gatewaysOf(parts);
    const [namespace, node] = [textIn(query, 'namespace'), textIn(query, 'node')];
    const all = kept.edges.map(({ labels, counts }) => edgeOf(labels, counts, { length: to - from, isGateway })).sort(busiest);
    const vanished = kept.vanished.map(({ labels, last }) => ({ ...edgeEnds(labels, isGateway), lastSeen: last }));
    const impact = node === undefined ? undefined : impactOf(node, all);
    if (impact && impact.upstream.length + impact.downstream.length === 0)
      throw new Refusal(404, `nobody called ${node} in this time, nor did it call anybody`);
    return {
      ...{ from, to, revisions: kept.revisions },
      edges: all.filter(isIn(namespace)),
      vanished: vanished.filter(isIn(namespace)),
      ...(impact && { impact }),
    };
  });
};
