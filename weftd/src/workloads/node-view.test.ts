import { allocate, build } from '@weft/compile';
import { meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import type { Instance } from '../registry.ts';
import { reconcile } from './controller.ts';
import { nodeView } from './node-view.ts';

const mesh = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.7.7, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: peers, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: tcp, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: both, namespace: shop}
spec: {clusterIP: None, ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{name: tcp, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: six, namespace: shop}
spec: {ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4], selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: abroad, namespace: shop}
spec: {type: ExternalName, externalName: WWW.example.com}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, command: [serve], ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ingress}
spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http2, port: 80, targetPort: 8081}, {name: admin, port: 9443}, {name: low, port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: another, namespace: ingress}
spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http, port: 8443, targetPort: 8082}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ingress}
spec:
  replicas: 2
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata: {labels: {istio: ingressgateway}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside, namespace: shop}
spec: {hosts: [API.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild, namespace: shop}
spec: {hosts: ["*.example.org"], addresses: [240.0.0.9, 10.9.0.0/16], resolution: NONE, ports: [{number: 443, name: tls, protocol: TLS}]}
`;

const { resources } = parse({ text: mesh, file: '/mesh/shop.yaml', origin: { source: 'file' } });
const settings = meshSettings(resources);
let count = 0;
const powers = { now: () => 0, uid: () => `u${count++}`, letters: () => String(count), hash: () => 'h' };
const pods = reconcile({ resources, previous: [], reports: [], restarts: new Map(), settings }, powers).flatMap(
  ({ instances }) => instances,
);

/** Of the pods, those that are named are ready. */
const view = (...ready: string[]) => {
  const instances: Instance[] = pods.map(({ pod }, index) => ({
    pod,
    address: `10.244.0.${index + 1}`,
    ipv6: `fd00:10:244::${index + 1}`,
    ready: ready.includes(pod.name),
  }));
  const built = build({ resources, pods: instances, settings, assignments: allocate(resources) });
  return nodeView({
    mesh: built.mesh,
    resources,
    instances,
    trustDomain: 'cluster.local',
    clusterId: 'local',
    dnsDomain: 'cluster.local',
    gatewayPort: 18080,
  });
};
const namesOf = (workload: string): string[] => pods.filter(({ pod }) => pod.workload.name === workload).map(({ pod }) => pod.name);

test('every host has a name: services, headless ones, entries with and without addresses, wildcards', () => {
  const [first = ''] = namesOf('web');
  const { names } = view(first);
  expect(Object.keys(names)).toEqual([
    '*.example.org',
    'another.ingress.svc.cluster.local',
    'api.example.com',
    'both.shop.svc.cluster.local',
    'gateway.ingress.svc.cluster.local',
    'peers.shop.svc.cluster.local',
    'six.shop.svc.cluster.local',
    `${first}.both.shop.svc.cluster.local`,
    `${first}.peers.shop.svc.cluster.local`,
    'web.shop.svc.cluster.local',
  ]);
  expect(names['web.shop.svc.cluster.local']).toEqual(['10.96.7.7']);
  expect(names['*.example.org']).toEqual(['240.0.0.9']);
  expect(names['api.example.com']).toEqual([expect.stringMatching(/^2001:2::/), expect.stringMatching(/^240\.24\d\./)]);
  expect(names[`${first}.peers.shop.svc.cluster.local`]).toEqual(names['peers.shop.svc.cluster.local']);
  expect(names['peers.shop.svc.cluster.local']).toEqual([`10.244.0.${pods.findIndex(({ pod }) => pod.name === first) + 1}`]);
});

test('an ExternalName Service is another name of its host', () => {
  expect(view().aliases).toEqual({ 'abroad.shop.svc.cluster.local': 'www.example.com' });
});

test('a virtual address leads to the ready pods and their own port', () => {
  const [first = ''] = namesOf('web');
  const address = `10.244.0.${pods.findIndex(({ pod }) => pod.name === first) + 1}`;
  expect(view(first).services).toContainEqual({ address: '10.96.7.7', port: 80, endpoints: [{ address, port: 8080 }] });
  expect(view().services).toContainEqual({ address: '10.96.7.7', port: 80, endpoints: [] });
});

test('a Service of both families has names, addresses and endpoints of both; one of IPv4 alone has none of IPv6', () => {
  const [first = ''] = namesOf('web');
  const last = pods.findIndex(({ pod }) => pod.name === first) + 1;
  const { names, services } = view(first);
  expect(names['both.shop.svc.cluster.local']).toEqual([`10.244.0.${last}`, `fd00:10:244::${last}`]);
  expect(names[`${first}.both.shop.svc.cluster.local`]).toEqual(names['both.shop.svc.cluster.local']);
  const own = names['six.shop.svc.cluster.local'] ?? [];
  expect(own).toEqual([expect.stringMatching(/^10\./), expect.stringMatching(/^fd00:10:96::/)]);
  const behind = (address = '') => services.filter((service) => service.address === address).map(({ endpoints }) => endpoints);
  expect(own.map(behind)).toEqual([[[{ address: `10.244.0.${last}`, port: 8080 }]], [[{ address: `fd00:10:244::${last}`, port: 8080 }]]]);
});

test('the host’s ports lead to a gateway pod that is ready; low ones are moved as far as the first', () => {
  const [first, second = ''] = namesOf('gateway');
  expect(view().hostPorts).toEqual([
    { hostPort: 18080, namespace: 'ingress', pod: first, port: 8081 },
    { hostPort: 9443, namespace: 'ingress', pod: first, port: 9443 },
    { hostPort: 18443, namespace: 'ingress', pod: first, port: 443 },
    { hostPort: 8443, namespace: 'ingress', pod: first, port: 8082 },
  ]);
  expect(view(second).hostPorts[0]?.pod).toBe(second);
});
