/** Who sends plaintext: edges say "outside" of whoever has no proxy; records know the address, and whose pod has it. */
import type { Edge } from '@weft/model';
import type { MtlsReport, PlainClient } from '@weft/signals';

/** Those without a proxy, by `namespace/name` of the workload that they came to. */
export type Senders = ReadonlyMap<string, readonly PlainClient[]>;

export const sendersOf = ({ workloads }: MtlsReport): Senders =>
  new Map(
    workloads.flatMap(({ namespace, workload, ports }) => {
      const clients = ports.flatMap(({ clients }) => clients.filter(({ refused }) => !refused));
      return clients.length > 0 ? [[`${namespace}/${workload}`, clients] as const] : [];
    }),
  );

const part = (edge: Edge, share: number): Edge => ({
  ...edge,
  requests: edge.requests * share,
  requestsPerSecond: edge.requestsPerSecond * share,
  failed: edge.failed * share,
  connectionsOpened: edge.connectionsOpened * share,
  bytesReceived: edge.bytesReceived * share,
  bytesSent: edge.bytesSent * share,
});

/** What came from outside is told apart by workload, in the proportion in which records name them. */
export const withSenders = (edges: readonly Edge[], senders: Senders): readonly Edge[] =>
  edges.flatMap((edge) => {
    const { caller, callee, mtls } = edge;
    const clients = callee.workload && senders.get(`${callee.workload.namespace}/${callee.workload.name}`);
    if (caller.kind !== 'outside' || mtls === 'mutual' || !clients) return [edge];
    const all = clients.reduce((sum, { count }) => sum + count, 0);
    const byWorkload = Map.groupBy(clients, ({ workload }) => workload ?? '');
    return [...byWorkload].map(([workload, same]) => {
      const share = same.reduce((sum, { count }) => sum + count, 0) / all;
      const [namespace = '', name = ''] = workload.split('/');
      const known = workload === '' ? caller : { kind: 'workload' as const, namespace, name, version: '' };
      return { ...part(edge, share), caller: known };
    });
  });
