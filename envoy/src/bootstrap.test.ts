import { fromJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { bootstrap } from './bootstrap.ts';
import { BootstrapSchema } from './gen/envoy/config/bootstrap/v3/bootstrap_pb.js';
import { socketMark } from './names.ts';
import { registry } from './registry.ts';

const input = {
  node: { role: 'sidecar', address: '10.244.0.5', name: 'web-1', namespace: 'shop', dnsDomain: 'shop.svc.cluster.local' },
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    serviceAccount: 'web',
    labels: {},
    addresses: ['10.244.0.5'],
    clusterId: 'Kubernetes',
    network: '',
    meshId: '',
    workload: 'web',
    istioVersion: '1.29.0',
  },
  agentSocket: '/run/mesh/xds.sock',
  adminSocket: '/run/mesh/admin.sock',
} as const;

// Unknown fields are errors: this is Envoy's own schema.
const read = (json: ReturnType<typeof bootstrap>) => fromJson(BootstrapSchema, json, { registry });

test('every field is one that Envoy has, and the agent is the only static cluster', () => {
  const message = read(bootstrap({ ...input, mark: socketMark }));
  expect(message.staticResources?.clusters.map(({ name }) => name)).toEqual(['sds-grpc']);
  expect(message.staticResources?.listeners).toEqual([]);
  expect(message.node?.id).toBe('sidecar~10.244.0.5~web-1.shop~shop.svc.cluster.local');
  expect(message.clusterManager?.upstreamBindConfig?.socketOptions[0]?.value.value).toBe(1337n);
});

test('nobody but the owner opens the admin socket', () => {
  const { address } = read(bootstrap(input)).admin?.address ?? {};
  expect(address).toMatchObject({ case: 'pipe', value: { mode: 0o600, path: '/run/mesh/admin.sock' } });
});

test('a proxy without capture marks nothing', () => {
  expect(bootstrap(input)).not.toHaveProperty('cluster_manager');
});
