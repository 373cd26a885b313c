/** Laws of `build` and `scope`: the order of objects says nothing, and what did not change stays the same object. */
import { meshSettings, type Proxy, parse, type Resource } from '@weft/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build, type Mesh, type RunningPod, scope, type View } from './index.ts';

const proxy = (namespace: string, over: Partial<Proxy> = {}): Proxy => ({
  id: 'test',
  role: 'sidecar',
  name: 'nobody',
  namespace,
  serviceAccount: 'default',
  labels: {},
  addresses: ['10.9.9.9'],
  cluster: 'c',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: `${namespace}.svc.cluster.local`,
  ...over,
});

const object = (text: string): Resource => {
  const { resources, findings } = parse({ text, file: 'test.yaml', origin: { source: 'file' } });
  if (!resources[0]) throw new Error(JSON.stringify(findings));
  return resources[0];
};

const namespaces = ['a', 'b', 'c'];
const host = (i: number): string => `s${i}.${namespaces[i % 3]}.svc.cluster.local`;

const service = (i: number): Resource =>
  object(
    `{apiVersion: v1, kind: Service, metadata: {name: s${i}, namespace: ${namespaces[i % 3]}}, spec: {selector: {app: s${i}}, ports: [{name: http, port: 80, targetPort: 8080}]}}`,
  );
const routing = (i: number, weight = 90, name = `s${i}`): Resource =>
  object(
    `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: ${namespaces[i % 3]}}, spec: {hosts: [${host(i)}], http: [{name: ${name}, route: [{destination: {host: ${host(i)}, subset: v1}, weight: ${weight}}, {destination: {host: ${host(i)}, subset: v2}, weight: ${100 - weight}}]}]}}`,
  );
const rule = (i: number, connections = 10, name = `s${i}`): Resource =>
  object(
    `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: ${name}, namespace: ${namespaces[i % 3]}}, spec: {host: ${host(i)}, trafficPolicy: {connectionPool: {tcp: {maxConnections: ${connections}}}}, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}}`,
  );

const pod = (i: number, version: string): RunningPod => ({
  pod: {
    name: `s${i}-${version}`,
    namespace: namespaces[i % 3] ?? 'a',
    uid: `${i}-${version}`,
    serviceAccount: `s${i}`,
    labels: { app: `s${i}`, version },
    annotations: {},
    workload: { kind: 'Deployment', name: `s${i}` },
    containers: [],
    terminationGracePeriodSeconds: 30,
    proxy: 'sidecar',
  },
  address: `10.244.${i}.${version === 'v1' ? 1 : 2}`,
  ready: true,
});

const count = 6;
const numbers = Array.from({ length: count }, (_, i) => i);
/** Rivals for one host, so that winners have to be chosen. */
const rivals = [routing(0, 10, 'rival'), rule(1, 99, 'rival')];
const resources = [...numbers.flatMap((i) => [service(i), routing(i), rule(i)]), ...rivals];
const pods = numbers.flatMap((i) => [pod(i, 'v1'), pod(i, 'v2')]);
const settings = meshSettings([]);

const built = (of: readonly Resource[], running: readonly RunningPod[] = pods, previous?: Mesh) =>
  build({ resources: of, pods: running, settings, ...(previous ? { previous } : {}) });

const views = (mesh: Mesh): readonly View[] => namespaces.map((namespace) => scope(mesh, proxy(namespace)));

/** What a view says, its functions asked. */
const said = (view: View): unknown => ({
  ...view,
  outbound: {
    ...view.outbound,
    endpoints: [...view.outbound.endpoints].sort(),
    services: view.outbound.services.map(({ service: shape, aliases, destination, routes }) => ({
      shape,
      aliases,
      routes: [...routes],
      policy: shape.ports.map(({ number }) => destination.policy(number)),
      subsets: destination.subsets.map((subset) => [subset.name, subset.labels, shape.ports.map(({ number }) => subset.policy(number))]),
    })),
  },
});

const serviceOf = (view: View, i: number) => view.outbound.services.find(({ service: { hostname } }) => hostname === host(i));

describe('build', () => {
  it('does not depend on the order of objects', () => {
    const expected = built(resources);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(resources, { minLength: resources.length }),
        fc.shuffledSubarray(pods, { minLength: pods.length }),
        (shuffled, running) => {
          const { mesh, findings } = built(shuffled, running);
          expect(views(mesh).map(said)).toEqual(views(expected.mesh).map(said));
          expect(findings).toEqual(expected.findings);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gives the identical views for the same objects, parsed again or not', () => {
    const first = built(resources);
    const again = [...numbers.flatMap((i) => [service(i), routing(i), rule(i)]), routing(0, 10, 'rival'), rule(1, 99, 'rival')];
    const second = built(
      again,
      numbers.flatMap((i) => [pod(i, 'v1'), pod(i, 'v2')]),
      first.mesh,
    );
    const [before, after] = [views(first.mesh), views(second.mesh)];
    before.forEach((view, i) => {
      expect(after[i]).toBe(view);
    });
  });

  it('takes the change of an object that was read again unchanged before', () => {
    const port = (number: number) =>
      object(`{apiVersion: v1, kind: Service, metadata: {name: web, namespace: a}, spec: {ports: [{port: ${number}}]}}`);
    const settings = meshSettings([]);
    let previous: Mesh | undefined;
    const ports = [80, 80, 81, 81, 80].map((number) => {
      const { mesh } = build({ resources: [service(1), port(number)], pods: [], settings, ...(previous && { previous }) });
      previous = mesh;
      return mesh.services.find(({ shortName }) => shortName === 'web')?.ports.map((one) => one.number);
    });
    expect(ports).toEqual([[80], [80], [81], [81], [80]]);
  });

  it('says of rules for an ExternalName whether it is another name of a service, whenever that changes', () => {
    const named = object(
      `{apiVersion: v1, kind: Service, metadata: {name: old, namespace: a}, spec: {type: ExternalName, externalName: ${host(1)}, ports: [{name: http, port: 80}]}}`,
    );
    const hosts = object(
      '{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: old, namespace: a}, spec: {hosts: [old], http: [{route: [{destination: {host: old}}]}]}}',
    );
    const policy = object(
      '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: old, namespace: a}, spec: {host: old, trafficPolicy: {loadBalancer: {simple: RANDOM}}}}',
    );
    const settings = meshSettings([]);
    let previous: Mesh | undefined;
    const told = [[service(1)], [], [service(1)]].map((others) => {
      const built = build({ resources: [...others, named, hosts, policy], pods: [], settings, ...(previous && { previous }) });
      previous = built.mesh;
      return built.findings.filter(({ resource }) => resource?.kind !== 'Service').map(({ code, resource }) => `${code} ${resource?.kind}`);
    });
    const asAlias = ['WEFT0203 VirtualService', 'IST0174 DestinationRule'];
    expect(told).toEqual([asAlias, [], asAlias]);
  });

  it('changes only what a changed VirtualService is about', () => {
    const first = built(resources);
    const before = views(first.mesh);
    const changed = resources.map((resource) =>
      resource.kind === 'VirtualService' && resource.metadata.name === 's2' ? routing(2, 50) : resource,
    );
    const after = views(built(changed, pods, first.mesh).mesh);
    after.forEach((view, v) => {
      expect(view.outbound.endpoints).toBe(before[v]?.outbound.endpoints);
      for (const i of numbers) {
        const [old, now] = [serviceOf(before[v] as View, i), serviceOf(view, i)];
        if (i !== 2) expect(now).toBe(old);
      }
      const [old, now] = [serviceOf(before[v] as View, 2), serviceOf(view, 2)];
      expect(now).not.toBe(old);
      expect(now?.service).toBe(old?.service);
      expect(now?.destination).toBe(old?.destination);
    });
  });

  it('changes only endpoints when an instance comes or goes', () => {
    const first = built(resources);
    const before = views(first.mesh);
    const gone = pods.map((running) => (running.pod.name === 's3-v2' ? { ...running, ready: false } : running));
    const after = views(built(resources, gone, first.mesh).mesh);
    after.forEach((view, v) => {
      expect(view.outbound.services).toBe(before[v]?.outbound.services);
      expect(view.inbound).toBe(before[v]?.inbound);
      for (const [key, endpoints] of view.outbound.endpoints) {
        const old = before[v]?.outbound.endpoints.get(key);
        if (key.includes('/s3.')) expect(endpoints.endpoints.length).toBe(1);
        else expect(endpoints).toBe(old);
      }
    });
  });

  it('forgets nothing over many changes, and remembers nothing that is gone', () => {
    let mesh = built(resources).mesh;
    for (let weight = 1; weight < 40; weight += 1) {
      const changed = resources.map((resource) =>
        resource.kind === 'VirtualService' && resource.metadata.name === 's4' ? routing(4, weight) : resource,
      );
      const next = built(changed, pods, mesh).mesh;
      const [old, now] = [views(mesh)[1] as View, views(next)[1] as View];
      expect(serviceOf(now, 5)).toBe(serviceOf(old, 5));
      mesh = next;
    }
    expect(views(mesh).map(said)).toEqual(
      views(
        built(
          resources.map((resource) => (resource.kind === 'VirtualService' && resource.metadata.name === 's4' ? routing(4, 39) : resource)),
        ).mesh,
      ).map(said),
    );
  });

  it('gives what a build from nothing gives, whatever came before', () => {
    const step = fc.record({
      i: fc.nat(count - 1),
      weight: fc.integer({ min: 1, max: 99 }),
      connections: fc.integer({ min: 1, max: 5 }),
      ready: fc.boolean(),
      drop: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        let current: readonly Resource[] = resources;
        let running: readonly RunningPod[] = pods;
        let mesh = built(current, running).mesh;
        views(mesh);
        for (const { i, weight, connections, ready, drop } of steps) {
          current = current
            .filter(({ metadata, kind }) => !(drop && kind === 'DestinationRule' && metadata.name === `s${i}`))
            .map((resource) => {
              if (resource.metadata.name !== `s${i}`) return resource;
              if (resource.kind === 'VirtualService') return routing(i, weight);
              return resource.kind === 'DestinationRule' ? rule(i, connections) : resource;
            });
          running = running.map((one) => (one.pod.name === `s${i}-v1` ? { ...one, ready } : one));
          mesh = built(current, running, mesh).mesh;
          expect(views(mesh).map(said)).toEqual(views(built(current, running).mesh).map(said));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('scope', () => {
  const text = (clients: string) =>
    object(
      `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: s0, namespace: a}, spec: {hosts: [${host(0)}], http: [{match: [{sourceLabels: {tier: ${clients}}}], name: near, route: [{destination: {host: ${host(0)}}}]}, {name: far, route: [{destination: {host: ${host(0)}}}]}]}}`,
    );

  it('shares one slice between the proxies of a namespace that no rule tells apart', () => {
    const { mesh } = built(resources);
    const slices = new Set(
      Array.from(
        { length: 30 },
        (_, i) => scope(mesh, proxy(namespaces[i % 3] ?? 'a', { name: `p${i}`, labels: { app: `p${i}` } })).outbound,
      ),
    );
    expect(slices.size).toBe(3);
  });

  it('tells clients apart by the labels that rules name, and only those', () => {
    const { mesh } = built(
      [...resources.filter(({ kind, metadata }) => kind !== 'VirtualService' || metadata.name !== 's0'), text('web')].filter(
        ({ metadata }) => metadata.name !== 'rival',
      ),
    );
    const view = (labels: Record<string, string>) => scope(mesh, proxy('b', { labels }));
    expect(view({ tier: 'web', app: 'x' })).toBe(view({ tier: 'web', app: 'y' }));
    expect(view({ tier: 'db' })).toBe(view({}));
    expect(view({ tier: 'web' }).outbound).not.toBe(view({}).outbound);
    const names = (labels: Record<string, string>) =>
      serviceOf(view(labels), 0)
        ?.routes.get(80)
        ?.map(({ name }) => name);
    expect(names({ tier: 'web' })).toEqual(['near']);
    expect(names({})).toEqual(['far']);
    expect(serviceOf(view({ tier: 'web' }), 1)).toBe(serviceOf(view({}), 1));
  });

  it('joins ServiceEntries of one host in every order, and keeps what a changed part says nothing of [S71]', () => {
    const entry = (name: string, port: number, address: string) =>
      object(
        `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: a}, spec: {hosts: [x.example.com], ports: [{number: ${port}, name: p${port}, protocol: HTTP}], resolution: STATIC, endpoints: [{address: ${address}}]}}`,
      );
    const [first, second] = [entry('one', 80, '192.0.2.1'), entry('two', 81, '192.0.2.2')];
    const backendIn = ({ mesh }: ReturnType<typeof built>) => mesh.backends.get('a/x.example.com');
    const before = built([first, second]);
    expect(backendIn(before)?.service.ports.map(({ number }) => number)).toEqual([80, 81]);
    expect(backendIn(built([second, first]))).toEqual(backendIn(before));
    const after = built([first, entry('two', 81, '192.0.2.3')], pods, before.mesh);
    expect(backendIn(after)?.service).toBe(backendIn(before)?.service);
    expect(after.mesh.endpoints.get('a/x.example.com:80')).toBe(before.mesh.endpoints.get('a/x.example.com:80'));
    expect(after.mesh.endpoints.get('a/x.example.com:81')?.endpoints.map(({ address }) => address)).toEqual(['192.0.2.3']);
  });

  it('shares what clients of other namespaces are told', () => {
    const { mesh } = built(resources);
    const [, b, c] = views(mesh) as [View, View, View];
    expect(serviceOf(b, 0)).toBe(serviceOf(c, 0));
    expect(serviceOf(b, 1)).not.toBe(serviceOf(c, 1));
  });
});
