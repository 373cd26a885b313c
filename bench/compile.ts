/**
 * What compiling alone costs, in a process that has compiled nothing before: the whole mesh for a sidecar of every namespace, then
 * one changed object of each kind, policies included, or one changed pod. `node bench/compile.ts DIR` prints a line of JSON;
 * `npm run bench` shows it in its table.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, emit, type RunningPod, type Snapshot, scope } from '@weft/compile';
import { meshSettings, type Proxy, parse, type Resource } from '@weft/model';
import type { CompileFigures } from './table.ts';

/** Of which the mean is told: clocks of threads may tick every 4 ms. */
const rounds = 12;

const parsed = (text: string): readonly Resource[] => parse({ text, file: 'mesh.yaml', origin: { source: 'file' } }).resources;

const sidecarIn = (namespace: string): Proxy => ({
  id: `sidecar~10.200.0.1~load.${namespace}~${namespace}.svc.cluster.local`,
  role: 'sidecar',
  name: 'load',
  namespace,
  serviceAccount: 'default',
  labels: {},
  addresses: ['10.200.0.1'],
  cluster: 'local',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: `${namespace}.svc.cluster.local`,
});

const folder = process.argv[2] ?? '';
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));

let previous: Snapshot['previous'];

/** CPU of this thread, so that other work on the machine does not count. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

interface Desired {
  readonly resources: readonly Resource[];
  readonly pods: readonly RunningPod[];
}

/** Milliseconds for mesh, views and resources of all classes of proxies. */
const compile = ({ resources, pods }: Desired, proxies: readonly Proxy[]): number => {
  const start = cpuMs();
  const { mesh } = build({ resources, pods, settings: meshSettings(resources), ...(previous && { previous }) });
  previous = mesh;
  for (const proxy of proxies) emit(scope(mesh, proxy));
  return cpuMs() - start;
};

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256' }] });

/** A Service with pods in each namespace, beside the files' services. */
const serviceIn = (namespace: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: pods, namespace: ${namespace}}, spec: {selector: {app: pods}, ports: [{name: http, port: 80}]}}`;

/** Who may call the pods, and whose tokens count: what changes is one name. */
const policiesIn = (namespace: string, changed = 'web'): Readonly<Record<'AuthorizationPolicy' | 'RequestAuthentication', string>> => ({
  AuthorizationPolicy: `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: pods, namespace: ${namespace}},
    spec: {rules: [{from: [{source: {principals: [cluster.local/ns/${namespace}/sa/${changed}]}}], to: [{operation: {paths: [/items*]}}]}]}}`,
  RequestAuthentication: `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: pods, namespace: ${namespace}},
    spec: {jwtRules: [{issuer: https://${changed}.example, jwks: '${keys}'}]}}`,
});

const podIn = (namespace: string, index: number): RunningPod => ({
  pod: {
    name: `pods-${index}`,
    namespace,
    uid: `${namespace}-${index}`,
    serviceAccount: 'default',
    labels: { app: 'pods' },
    annotations: {},
    workload: { kind: 'Deployment', name: 'pods' },
    containers: [],
    terminationGracePeriodSeconds: 30,
    proxy: 'sidecar',
  },
  address: `10.244.${namespace.slice('ns-'.length)}.${index + 1}`,
  ready: true,
});

interface Edit {
  readonly what: string;
  readonly apply: (desired: Desired, round: number) => Desired;
}

const keyOf = ({ kind, metadata }: Resource): string => `${kind}/${metadata.namespace}/${metadata.name}`;

interface Text {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly to: (round: number) => string;
}

/** One of the files' objects of a kind, as an editor would change it. */
const inText =
  ({ kind, pattern, to }: Text) =>
  ({ resources, pods }: Desired, round: number): Desired => {
    const candidates = texts.filter((text) => pattern.test(text));
    const text = candidates[(round * 37) % candidates.length] ?? '';
    const changed = parsed(text.replace(pattern, to(round))).filter((resource) => resource.kind === kind);
    const objects = new Map(changed.map((resource) => [keyOf(resource), resource]));
    return { resources: resources.map((resource) => objects.get(keyOf(resource)) ?? resource), pods };
  };

const inPolicy =
  (kind: 'AuthorizationPolicy' | 'RequestAuthentication', namespaces: readonly string[]) =>
  ({ resources, pods }: Desired, round: number): Desired => {
    const namespace = namespaces[round % namespaces.length] ?? '';
    const [changed] = parsed(policiesIn(namespace, `caller-${round}`)[kind]);
    const isOld = (resource: Resource): boolean => changed !== undefined && keyOf(resource) === keyOf(changed);
    return { resources: resources.map((resource) => (changed && isOld(resource) ? changed : resource)), pods };
  };

const readiness = ({ resources, pods }: Desired, round: number): Desired => ({
  resources,
  pods: pods.map((running, index) => (index === round % pods.length ? { ...running, ready: !running.ready } : running)),
});

const [virtualService, rule, entry] = ['VirtualService', 'DestinationRule', 'ServiceEntry'] as const;

const editsOf = (namespaces: readonly string[]): readonly Edit[] => [
  {
    what: virtualService,
    apply: inText({ kind: virtualService, pattern: /x-user: \{exact: [\w-]+/, to: (round) => `x-user: {exact: tester-${round}` }),
  },
  {
    what: rule,
    apply: inText({ kind: rule, pattern: /consecutive5xxErrors: \d+/, to: (round) => `consecutive5xxErrors: ${round + 10}` }),
  },
  { what: entry, apply: inText({ kind: entry, pattern: /targetPort: \d+/, to: (round) => `targetPort: ${8100 + round}` }) },
  { what: 'endpoint', apply: inText({ kind: entry, pattern: /- address: [\d.]+/, to: (round) => `- address: 10.250.${round}.7` }) },
  { what: 'pod', apply: readiness },
  ...(['AuthorizationPolicy', 'RequestAuthentication'] as const).map((kind) => ({ what: kind, apply: inPolicy(kind, namespaces) })),
];

const writtenIn = (namespace: string): readonly Resource[] =>
  [serviceIn(namespace), ...Object.values(policiesIn(namespace))].flatMap(parsed);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const main = (): CompileFigures => {
  const written = texts.flatMap(parsed);
  const namespaces = [...new Set(written.map(({ metadata }) => metadata.namespace))].filter((name) => name.startsWith('ns-'));
  const resources = [...written, ...namespaces.flatMap(writtenIn)];
  const desired = { resources, pods: namespaces.flatMap((namespace) => [0, 1, 2].map((index) => podIn(namespace, index))) };
  const proxies = namespaces.map(sidecarIn);
  const scratchMs = Math.round(compile(desired, proxies));
  let current: Desired = desired;
  const changed = editsOf(namespaces).map(({ what, apply }) => {
    const times = Array.from({ length: rounds }, (_, round) => {
      current = apply(current, round);
      return compile(current, proxies);
    });
    return [what, Number(mean(times).toFixed(1))] as const;
  });
  return { scratchMs, classes: proxies.length, changedMs: Object.fromEntries(changed) };
};

console.log(JSON.stringify(main()));
