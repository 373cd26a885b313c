/** Who may call whom, by the graph of calls. */
import { assumedPods, build } from '@weft/compile';
import { type AccessMatrix, meshSettings, parse, type Topology } from '@weft/model';
import { expect, test } from 'vitest';
import { usesOf } from './use.ts';

const deployment = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: ${name}, containers: [{name: a, command: [a]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}`;

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  ...['web', 'bank', 'lonely'].map(deployment),
  'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: bank, namespace: shop}\nspec: {hosts: [bank], http: [{name: old, match: [{uri: {prefix: /old}}], route: [{destination: {host: bank}}]}, {route: [{destination: {host: bank}}]}]}',
  'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: bank, namespace: shop}\nspec: {selector: {matchLabels: {app: bank}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}, {to: [{operation: {methods: [DELETE]}}]}]}',
];

const { resources } = parse({ text: objects.join('\n---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
const pods = assumedPods(resources);
const situation = { resources, pods, mesh: build({ resources, pods, settings: meshSettings(resources) }).mesh };
const uses = usesOf(() => situation);

test('who may call whom stands beside who did, and beside services that nobody called', () => {
  const end = { namespace: 'shop', version: 'v1' };
  const topology: Topology = {
    ...{ from: 1, to: 2, until: 2, revisions: [], vanished: [], protection: { mutual: 7, plaintext: 0, unknown: 0 } },
    edges: [
      {
        caller: { ...end, kind: 'workload', name: 'web' },
        callee: {
          kind: 'service',
          host: 'bank.shop.svc.cluster.local',
          namespace: 'shop',
          name: 'bank',
          workload: { ...end, name: 'bank' },
        },
        ...{ protocol: 'http', mtls: 'mutual', health: 'healthy', requests: 7, requestsPerSecond: 7, failed: 1 },
        ...{ connectionsOpened: 0, bytesReceived: 0, bytesSent: 0 },
      },
    ],
  };
  const bytes = uses.matrix({ topology: new TextEncoder().encode(JSON.stringify(topology)), namespace: 'shop' });
  const { items, unused, leftOut } = JSON.parse(new TextDecoder().decode(bytes)) as AccessMatrix;
  const pair = (from: string, to: string) => items.find((one) => one.from.workload === from && one.to.workload === to);
  expect(pair('web', 'bank')).toMatchObject({ decision: 'allowed', seen: { requests: 7, failed: 1, mtls: 'mutual' } });
  expect(pair('lonely', 'bank')).toMatchObject({ decision: 'depends' });
  expect(pair('lonely', 'bank')).not.toHaveProperty('seen');
  expect(unused.map(({ name }) => name).sort()).toEqual(['lonely', 'web']);
  expect(leftOut).toBe(0);
});
