/** A workload on the way to another mode of mutual TLS: its proxy takes what it says, its callers go by what they are told. */
import { meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { assumedPods, build, decode, emit, scope } from '../index.ts';
import type { PeerStage } from '../mesh/index.ts';

const text = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: db, namespace: shop }
spec:
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, command: [db] }] } }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { clusterIP: 10.96.0.20, selector: { app: db }, ports: [{ name: tcp, port: 5432 }, { name: http, port: 80 }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: shop }
spec: { mtls: { mode: STRICT } }
`;

const emitted = (stage?: PeerStage) => {
  const { resources } = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });
  const pods = assumedPods(resources).map((running) => ({ ...running, ...(stage && { stage }) }));
  const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
  const [{ pod, address }] = pods as [(typeof pods)[0]];
  const view = scope(mesh, {
    ...{ id: 'db', role: 'sidecar', name: pod.name, namespace: 'shop', serviceAccount: 'default', labels: pod.labels },
    ...{ addresses: [address], cluster: '', network: '', locality: { region: '', zone: '', subzone: '' }, dnsDomain: '' },
  });
  const all = new Map([...emit(view).values()].flatMap((map) => [...map].map(([name, resource]) => [name, resource] as const)));
  const shown = (name: string) => JSON.stringify(decode(all.get(name) as Parameters<typeof decode>[0]));
  return { listener: shown('virtualInbound'), endpoints: shown('outbound|5432||db.shop.svc.cluster.local') };
};

test('both ways are taken while callers are told to come without TLS, and a caller who waits for the server to speak is waited for', () => {
  const [settled, staged] = [emitted(), emitted({ accepts: { mode: 'PERMISSIVE', ports: {} }, told: { mode: 'DISABLE', ports: {} } })];
  expect(settled.listener).not.toContain('plain-tcp');
  expect(settled.listener).toContain('"listener_filters_timeout":"0s"');
  expect(settled.endpoints).toContain('tlsMode');
  expect(staged.listener).toContain('5432-plain-tcp');
  expect(staged.listener).toContain('5432-mtls-tcp');
  expect(staged.listener).toContain('"listener_filters_timeout":"1s"');
  expect(staged.endpoints).not.toContain('tlsMode');
});

test('ports have stages of their own', () => {
  const { listener, endpoints } = emitted({
    accepts: { mode: 'STRICT', ports: { 80: 'PERMISSIVE' } },
    told: { mode: 'PERMISSIVE', ports: { 80: 'DISABLE' } },
  });
  expect(listener).toContain('80-plain-http');
  expect(listener).not.toContain('5432-plain-tcp');
  expect(listener).toContain('"listener_filters_timeout":"0s"');
  expect(endpoints).toContain('tlsMode');
});
