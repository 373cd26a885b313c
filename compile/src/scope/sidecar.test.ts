/** Who shares what: proxies that are told the same get the same object, also where Sidecars tell them. */
import { meshSettings, type Proxy, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import type { Mesh } from '../mesh/index.ts';
import { scope } from './index.ts';

const service = (namespace: string, name: string): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { clusterIP: 10.96.0.${name.length}, ports: [{ name: http, port: 80 }] }
`;

const sidecar = (app: string, rest: string): string => `---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${app}, namespace: shop }
spec:
  workloadSelector: { labels: { app: ${app} } }
${rest}
`;

const proxy = (app: string, role: Proxy['role'] = 'sidecar'): Proxy => ({
  id: app,
  role,
  name: app,
  namespace: 'shop',
  serviceAccount: 'default',
  labels: { app },
  addresses: ['10.244.0.1'],
  cluster: 'Kubernetes',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: 'shop.svc.cluster.local',
});

const meshOf = (text: string, previous?: Mesh): Mesh => {
  const { resources } = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });
  return build({ resources, pods: [], settings: meshSettings(resources), ...(previous && { previous }) }).mesh;
};

const base = service('shop', 'web') + service('bank', 'ledger') + service('bank', 'audits-all');
const bank = '  egress: [{ hosts: [bank/ledger.bank.svc.cluster.local] }]';
const hostsOf = (mesh: Mesh, one: Proxy) => scope(mesh, one).outbound.services.map(({ service: { hostname } }) => hostname);

describe('Sidecars [S20-S22]', () => {
  test('equal ones give one slice, other policies another, and asking again changes nothing', () => {
    const text = base + sidecar('a', bank) + sidecar('b', bank) + sidecar('c', `${bank}\n  outboundTrafficPolicy: { mode: REGISTRY_ONLY }`);
    const mesh = meshOf(text);
    const [a, b, c] = ['a', 'b', 'c'].map((app) => scope(mesh, proxy(app)).outbound);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    expect(c?.services).toBe(a?.services);
    expect(scope(mesh, proxy('a')).outbound).toBe(a);
    expect(scope(mesh, proxy('c')).outbound).toBe(c);
  });

  test('a change of what is not imported changes nothing for its proxies', () => {
    const text = base + sidecar('a', bank);
    const before = meshOf(text);
    const seen = scope(before, proxy('a')).outbound;
    const after = meshOf(text + service('bank', 'another'), before);
    expect(hostsOf(after, proxy('other'))).toHaveLength(4);
    expect(scope(after, proxy('a')).outbound).toBe(seen);
  });

  test('the namespace’s own beats that of the root for whom no selector names, and of two the older counts', () => {
    const whole = (namespace: string, name: string, spec: string) =>
      `---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { egress: [{ hosts: ['${spec}'] }] }\n`;
    const root = base + sidecar('a', bank) + whole('istio-system', 'default', '~/*');
    expect(hostsOf(meshOf(root), proxy('b'))).toEqual([]);
    const both = root + whole('shop', 'young', '*/*') + whole('shop', 'all', './*');
    expect(hostsOf(meshOf(both), proxy('b'))).toEqual(['web.shop.svc.cluster.local']);
    expect(hostsOf(meshOf(both), proxy('a'))).toEqual(['ledger.bank.svc.cluster.local']);
  });

  test('gateways know nothing of them', () => {
    const text = `${base}---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ['~/*'] }] }
`;
    expect(hostsOf(meshOf(text), proxy('a'))).toEqual([]);
    expect(hostsOf(meshOf(text), proxy('a', 'gateway'))).toHaveLength(3);
  });
});
