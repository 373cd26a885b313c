/** A small mesh as weftd tells of it, for tests: who calls whom in the shop, an old program without a proxy, and a flow that vanished. */
import type { Edge, StoredObject, Topology, WorkloadStatus } from '@weft/model';
import { type GraphInput, graphOf } from './graph.ts';
import { placesOf } from './places.ts';

const begin = Date.UTC(2026, 0, 1);
const seconds = 600;

type Named = `${string}/${string}`;

const split = (key: Named): { readonly namespace: string; readonly name: string } => {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
};

export const edge = (from: Named, to: Named, more: Partial<Edge> & { readonly workload?: Named; readonly version?: string } = {}): Edge => {
  const { workload = to, version = 'v1', ...rest } = more;
  return {
    caller: { kind: 'workload', ...split(from), version: 'v1' },
    callee: {
      kind: 'service',
      host: `${split(to).name}.${split(to).namespace}.svc`,
      ...split(to),
      workload: { ...split(workload), version },
    },
    ...{ protocol: 'http', requests: 600, requestsPerSecond: 1, failed: 0, connectionsOpened: 1, bytesReceived: 600, bytesSent: 1_200 },
    latency: { p50: 1, p90: 2, p95: 3, p99: 4, mean: 1.5 },
    mtls: 'mutual',
    health: 'healthy',
    ...rest,
  };
};

const slow = { p50: 90, p90: 200, p95: 300, p99: 400, mean: 120 };

export const topology: Topology = {
  ...{ from: begin, to: begin + seconds * 1_000, since: begin, until: begin + seconds * 1_000, revisions: [1, 2] },
  protection: { mutual: 2_000, plaintext: 600, unknown: 0 },
  edges: [
    edge('shop/traffic', 'shop/web'),
    edge('shop/web', 'shop/cart'),
    edge('shop/web', 'shop/catalog', { workload: 'shop/catalog-v1', failed: 150, latency: slow, health: 'failing' }),
    edge('shop/web', 'shop/catalog', { workload: 'shop/catalog-v2', version: 'v2', requests: 200 }),
    edge('legacy/batch', 'shop/catalog', { workload: 'shop/catalog-v1', mtls: 'plaintext' }),
  ],
  vanished: [{ ...edge('shop/cart', 'warehouse/inventory', { protocol: 'tcp' }), lastSeen: begin - 60_000 }],
};

const labels: Readonly<Record<Named, Readonly<Record<string, string>>>> = {
  'shop/traffic': {},
  'shop/web': { app: 'web', version: 'v1', 'istio-locality': 'eu.north' },
  'shop/cart': { app: 'cart', version: 'v1', 'istio-locality': 'eu.south' },
  'shop/catalog-v1': { app: 'catalog', version: 'v1', 'istio-locality': 'eu.north' },
  'shop/catalog-v2': { app: 'catalog', version: 'v2', 'istio-locality': 'eu.north', 'topology.istio.io/cluster': 'west' },
  'warehouse/inventory': { app: 'inventory', version: 'v1' },
  'legacy/batch': { app: 'batch' },
};

const workloads = Object.entries(labels).map(([key, own]) => ({
  kind: 'Deployment',
  ...split(key as Named),
  labels: own,
  pods: [{ proxy: key === 'legacy/batch' ? 'none' : 'sidecar' }],
})) as unknown as readonly WorkloadStatus[];

const service = (key: Named): StoredObject =>
  ({ resource: { metadata: split(key), spec: { selector: { app: split(key).name } } } }) as unknown as StoredObject;

const services = (['shop/web', 'shop/cart', 'shop/catalog', 'warehouse/inventory', 'warehouse/ledger'] as const).map(service);

export const input: GraphInput = {
  topology,
  places: placesOf({ items: workloads, cluster: 'east' }, services),
  services: services.map(({ resource: { metadata } }) => `${metadata.namespace}/${metadata.name}`),
  boxBy: 'namespace',
  isExpanded: () => false,
  view: 'services',
  ruled: { routed: new Set(['shop/catalog']), limited: new Set() },
  judged: () => undefined,
  withIdle: true,
};

export const graph = graphOf(input);
