/** What `weft explain request -o json` says: each field, on a request of which there is something to say in all of them. */
import { meshSettings, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { assumedPods } from './assumed.ts';
import { journey } from './journey.ts';

const deployment = (name: string, labels: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {v: ${name}}}, template: {metadata: {labels: {v: ${name}, ${labels}}}, spec: {containers: [{name: a, command: [a]}]}}}`;

const text = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  deployment('web', 'topology.istio.io/locality: eu.a.1'),
  deployment('near', 'app: catalog, topology.istio.io/locality: eu.a.2'),
  deployment('sick', 'app: catalog, topology.istio.io/locality: eu.a.2'),
  deployment('far', 'app: catalog, topology.istio.io/locality: us.b'),
  deployment('old', 'app: archive'),
  `apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: shop}
spec: {selector: {app: catalog}, trafficDistribution: PreferClose, ports: [{name: http, port: 80, targetPort: 8080}]}`,
  `apiVersion: v1
kind: Service
metadata: {name: archive, namespace: shop}
spec: {selector: {app: archive}, ports: [{name: http, port: 80, targetPort: 8080}]}`,
  `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: catalog, namespace: shop}
spec: {host: catalog, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}`,
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: catalog, namespace: shop}
spec:
  hosts: [catalog]
  http:
  - match: [{uri: {exact: /other}}]
    route: [{destination: {host: archive}}]
  - name: items
    match:
    - uri: {prefix: /items}
    timeout: 3s
    retries: {attempts: 4, perTryTimeout: 500ms, retryOn: "5xx,418"}
    rewrite: {uri: /v2/items, authority: inner.example}
    headers: {request: {set: {x-a: b}}}
    mirror: {host: archive}
    mirrorPercentage: {value: 25}
    fault: {delay: {fixedDelay: 2s, percentage: {value: 10}}}
    route:
    - {destination: {host: catalog}, weight: 30}
    - {destination: {host: archive}, weight: 10}`,
].join('\n---\n');

const lineOf = (part: string): number => text.split('\n').findIndex((line) => line.includes(part)) + 1;

const { resources, findings } = parse({ text, file: 'shop.yaml', origin: { source: 'file' } });
const pods = assumedPods(resources, ['sick']);
const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
const web = pods.find(({ pod }) => pod.workload.name === 'web');
const addressOf = (name: string) => pods.find(({ pod }) => pod.workload.name === name)?.address;

/** As it is written: what cannot stand in JSON is lost here. */
const said = JSON.parse(JSON.stringify(journey({ mesh, resources, pods }, { host: 'catalog', port: 80, path: '/items/7?a=b' }, web)));
const [hop, ...others] = said.hops;
const catalog = 'catalog.shop.svc.cluster.local';

describe('a journey', () => {
  test('has objects without mistakes behind it', () => expect(findings).toEqual([]));

  test('says who asks what, and what comes of it', () => {
    expect(said).toMatchObject({ from: 'shop/web-1', request: { host: 'catalog', port: 80, path: '/items/7?a=b' } });
    expect(said.outcome).toEqual({ kind: 'forward', why: '75 % to shop/near, shop/far; 25 % to shop/old' });
  });

  test('has a hop for each proxy, by the cluster that leads there', () => {
    expect(hop).toMatchObject({ proxy: 'shop/web-1', role: 'client' });
    expect(others.map(({ proxy, role, reachedBy }: Record<string, string>) => [proxy, role, reachedBy?.split('|')[3]])).toEqual([
      ['shop/near-1', 'server', catalog],
      ['shop/far-1', 'server', catalog],
      ['shop/old-1', 'server', 'archive.shop.svc.cluster.local'],
    ]);
  });
});

describe('a hop', () => {
  test('says where it is decided: listener, chain, virtual host, route', () =>
    expect(hop).toMatchObject({ listener: '0.0.0.0_80', filterChain: 'http', virtualHost: `${catalog}:80`, route: 'items' }));

  test('names the object, its part, its file and line', () =>
    expect(hop.object).toEqual({
      ...{ kind: 'VirtualService', namespace: 'shop', name: 'catalog', path: 'spec.http[1].match[0]' },
      ...{ file: 'shop.yaml', line: lineOf('prefix: /items') },
    }));

  test('says how long and how often', () => {
    expect(hop.timeout).toBe(3000);
    expect(hop.retries).toEqual({
      ...{ attempts: 4, on: ['5xx', 'retriable-status-codes'], statusCodes: [418] },
      ...{ perTryTimeout: 500, otherEndpoint: true },
    });
  });

  test('says what is changed, copied and broken on purpose', () => {
    expect(hop.rewrites).toEqual({
      ...{ path: '/v2/items/7?a=b', host: 'inner.example' },
      request: { set: { 'x-a': 'b' }, add: {}, remove: [] },
    });
    expect(hop.mirrors).toMatchObject([{ name: 'outbound|80||archive.shop.svc.cluster.local', percent: 25 }]);
    expect(hop.faults).toEqual({ delay: { time: 2000, percent: 10 } });
  });

  test('says what its listener does with TLS, and its own outcome', () => {
    expect(hop.tls).toBe('none');
    expect(others[0]).toMatchObject({ listener: 'virtualInbound', filterChain: '8080-mtls-http', tls: 'mTLS and plaintext (PERMISSIVE)' });
    expect(hop.outcome).toEqual({ kind: 'forward', why: 'first route that matches' });
  });
});

describe('a cluster', () => {
  test('has its name, weight and share, the balancing and the rule that says so', () => {
    expect(hop.clusters.map(({ name, weight, percent }: Record<string, unknown>) => [name, weight, percent])).toEqual([
      [`outbound|80||${catalog}`, 30, 75],
      ['outbound|80||archive.shop.svc.cluster.local', 10, 25],
    ]);
    expect(hop.clusters[0]).toMatchObject({
      loadBalancer: 'ROUND_ROBIN',
      connectTimeout: 10_000,
      object: { kind: 'DestinationRule', name: 'catalog', file: 'shop.yaml', line: lineOf('kind: DestinationRule') - 1 },
      tls: { mode: 'mTLS', sni: `outbound_.80_._.${catalog}`, identities: ['spiffe://cluster.local/ns/shop/sa/default'] },
    });
  });

  test('has endpoints with locality, health and share: the nearest get 1.4 times what is ready of them', () => {
    const step = (workload: string, locality: string, more: object) => ({
      ...{ address: addressOf(workload), port: 8080, namespace: 'shop', workload, locality, weight: 1, mtls: true },
      ...more,
    });
    expect(hop.clusters[0].endpoints).toEqual([
      step('near', 'eu/a/2', { health: 'ready', priority: 0, percent: 70 }),
      step('sick', 'eu/a/2', { health: 'not ready', priority: 0, percent: 0 }),
      step('far', 'us/b', { health: 'ready', priority: 1, percent: 30 }),
    ]);
  });
});
