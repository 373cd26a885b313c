/** The mesh that every random set stands in, and the proxies that it is emitted for. */
import type { JsonObject } from '@weft/envoy';
import { type Finding, meshSettings, type PodSpec, type Proxy, parse, type Resource } from '@weft/model';
import { build, emit, type RunningPod, scope, staticBootstrap } from '../src/index.ts';
import type { Written } from './objects.ts';

const deployment = (namespace: string, name: string, labels: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: ${labels}}
  template: {metadata: {labels: ${labels}}, spec: {containers: [{name: app, command: [serve], ports: [{containerPort: 8080}]}]}}`;

const base: readonly Resource[] = parse({
  file: 'world.yaml',
  origin: { source: 'file' },
  text: `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
${deployment('shop', 'web', '{app: web, version: v1}')}
---
${deployment('shop', 'web-2', '{app: web, version: v2}')}
---
${deployment('shop', 'cart', '{app: cart}')}
---
${deployment('istio-system', 'gateway', '{istio: ingressgateway}')}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-x, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {clusterIP: 10.96.0.2, selector: {app: cart}, ports: [{name: unnamed, port: 8080}, {name: https, port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: cart}, ports: [{name: mysql, port: 3306}, {name: grpc, port: 9000}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: shop}
spec: {hosts: [api.example.com], resolution: DNS, location: MESH_EXTERNAL, ports: [{number: 443, name: tls, protocol: TLS}, {number: 80, name: http, protocol: HTTP}]}
`,
}).resources;

const pod = (name: string, labels: Readonly<Record<string, string>>, proxy: PodSpec['proxy']): PodSpec => ({
  name,
  namespace: proxy === 'gateway' ? 'istio-system' : 'shop',
  uid: name,
  serviceAccount: name,
  labels,
  annotations: {},
  workload: { kind: 'Deployment', name },
  containers: [],
  terminationGracePeriodSeconds: 30,
  proxy,
});

const pods: readonly RunningPod[] = [
  { pod: pod('web', { app: 'web', version: 'v1' }, 'sidecar'), address: '10.244.0.1', ready: true },
  { pod: pod('web-2', { app: 'web', version: 'v2' }, 'sidecar'), address: '10.244.0.2', ready: true },
  { pod: pod('cart', { app: 'cart' }, 'none'), address: '10.244.0.3', ready: true },
  { pod: pod('gateway', { istio: 'ingressgateway' }, 'gateway'), address: '10.244.0.4', ready: true },
];

const proxyOf = ({ pod: { name, namespace, labels, serviceAccount, proxy }, address }: RunningPod): Proxy => ({
  id: name,
  role: proxy === 'gateway' ? 'gateway' : 'sidecar',
  name,
  namespace,
  serviceAccount,
  labels,
  addresses: [address],
  cluster: 'Kubernetes',
  network: '',
  locality: { region: 'r1', zone: 'z1', subzone: '' },
  dnsDomain: `${namespace}.svc.cluster.local`,
});

const proxies = pods.filter(({ pod: { name } }) => name === 'web' || name === 'gateway').map(proxyOf);

interface Found {
  readonly findings: readonly Finding[];
  /** What a sidecar and a gateway run with what was accepted, beside the base. */
  readonly bootstraps: readonly JsonObject[];
}

export const foundWith = (manifest: string): Found => {
  const parsed = parse({ text: manifest, file: 'own.yaml', origin: { source: 'file' } });
  const resources = [...base, ...parsed.resources];
  const { mesh, findings } = build({ resources, pods, settings: meshSettings(resources) });
  const bootstraps = proxies.map((proxy) => staticBootstrap(emit(scope(mesh, proxy))));
  const own = findings.filter(({ file }) => file === 'own.yaml');
  return { findings: [...parsed.findings, ...own], bootstraps };
};

export const bootstrapsOf = (written: readonly Written[]): readonly JsonObject[] =>
  foundWith(written.map((object) => JSON.stringify(object)).join('\n---\n')).bootstraps;
