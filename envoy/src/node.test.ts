import { describe, expect, test } from 'vitest';
import { formatMetadata, formatNodeId, parseMetadata, parseNodeId } from './node.ts';

describe('node id', () => {
  test.each([
    'sidecar~10.244.0.5~web-7d9f-x1.shop~shop.svc.cluster.local',
    'router~10.244.0.9~gw.0.istio-ingress~istio-ingress.svc.cluster.local',
  ])('%s is read and written back', (text) => {
    const id = parseNodeId(text);
    expect(id && formatNodeId(id)).toBe(text);
  });

  test('a dot in the pod name does not move the namespace', () => {
    expect(parseNodeId('router~1.2.3.4~gw.0.edge~edge.svc.cluster.local')).toMatchObject({ name: 'gw.0', namespace: 'edge' });
  });

  test.each([
    '',
    'ztunnel~1.2.3.4~a.b~c',
    'sidecar~1.2.3.4~noname~c',
    'sidecar~1.2.3.4~.ns~c',
    'sidecar~1.2.3.4~a.b~c~d',
    'sidecar~~a.b~c',
  ])('%j is refused', (text) => {
    expect(parseNodeId(text)).toBeUndefined();
  });
});

describe('node metadata', () => {
  const metadata = {
    name: 'web-1',
    namespace: 'shop',
    serviceAccount: 'web',
    labels: { app: 'web' },
    addresses: ['10.0.0.1', 'fd00::1'],
    clusterId: 'Kubernetes',
    network: '',
    meshId: 'cluster.local',
    workload: 'web',
    istioVersion: '1.29.0',
  };

  test('is read back', () => {
    expect(parseMetadata(formatMetadata(metadata))).toEqual(metadata);
  });

  test('values of a wrong type are as good as missing', () => {
    const parsed = parseMetadata({ NAMESPACE: ['shop'], LABELS: { app: 1, tier: 'a' }, INSTANCE_IPS: null });
    expect(parsed).toMatchObject({ namespace: '', labels: { tier: 'a' }, addresses: [] });
    expect(parseMetadata(undefined).labels).toEqual({});
  });
});
