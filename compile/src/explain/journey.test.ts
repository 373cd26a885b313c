import { meshSettings, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { assumedPods } from './assumed.ts';
import { journey } from './journey.ts';

const deployment = (name: string, namespace: string, more = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}${more}}, spec: {containers: [{name: a, command: [a]}]}}}`;

const service = (name: string, namespace: string, port = 'name: http, port: 8080') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {selector: {app: ${name}}, ports: [{${port}}]}`;

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: old}',
  deployment('web', 'shop'),
  deployment('bank', 'shop'),
  deployment('edge', 'shop', ', annotations: {inject.istio.io/templates: gateway}'),
  deployment('legacy', 'old'),
  deployment('apart', 'shop'),
  service('web', 'shop'),
  service('bank', 'shop'),
  service('edge', 'shop', 'name: http, port: 80, targetPort: 8080'),
  service('legacy', 'old'),
  service('apart', 'shop', 'name: http, port: 80, targetPort: 9080'),
  `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: apart, namespace: shop}
spec:
  workloadSelector: {labels: {app: apart}}
  ingress: [{port: {number: 9080, protocol: HTTP}, captureMode: NONE, defaultEndpoint: "127.0.0.1:8080"}]`,
  `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: bank, namespace: shop}
spec: {selector: {matchLabels: {app: bank}}, mtls: {mode: STRICT}}`,
  `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {selector: {app: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}`,
  deployment('exit', 'shop', ', annotations: {inject.istio.io/templates: gateway}'),
  service('exit', 'shop', 'name: tls, port: 443, targetPort: 8443'),
  `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: exit, namespace: shop}
spec: {selector: {app: exit}, servers: [{port: {number: 443, name: tls, protocol: HTTPS}, hosts: ["*"], tls: {mode: ISTIO_MUTUAL}}]}`,
  `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: exit, namespace: shop}
spec: {host: exit, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: partner.example}}}`,
  `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner, namespace: shop}
spec: {hosts: [partner.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC, endpoints: [{address: 192.0.2.1}]}`,
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: partner, namespace: shop}
spec:
  hosts: [partner.example]
  gateways: [mesh, exit]
  http:
  - {match: [{gateways: [mesh]}], route: [{destination: {host: exit, port: {number: 443}}}]}
  - {match: [{gateways: [exit]}], route: [{destination: {host: partner.example, port: {number: 80}}}]}`,
  `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: shop}
spec:
  workloadSelector: {labels: {app: web}}
  egress:
  - {port: {number: 7000, protocol: HTTP, name: http}, bind: 127.0.0.1, captureMode: NONE, hosts: [./*]}
  - {port: {number: 3128, protocol: HTTP_PROXY, name: proxy}, bind: 127.0.0.1, captureMode: NONE, hosts: [./*]}
  - {hosts: [./*]}`,
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: entrance, namespace: shop}
spec:
  hosts: [shop.example]
  gateways: [edge]
  http:
  - match: [{uri: {prefix: /bank}}]
    rewrite: {uri: /}
    route: [{destination: {host: bank}}]
  - match: [{uri: {prefix: /legacy}}]
    route: [{destination: {host: legacy.old.svc.cluster.local}}]`,
].join('\n---\n');

const { resources } = parse({ text: objects, file: 'shop.yaml', origin: { source: 'file' } });
const pods = assumedPods(resources);
const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
const situation = { mesh, resources, pods };
const pod = (name: string) => pods.find((one) => one.pod.workload.name === name);

describe('the way of a request', () => {
  test('leads from a sidecar into the server’s, in mesh TLS; the object is the Service where no rule speaks', () => {
    const { hops, outcome } = journey(situation, { host: 'bank', port: 8080 }, pod('web'));
    expect(hops.map(({ proxy, role, listener, filterChain }) => [proxy, role, listener, filterChain])).toEqual([
      ['shop/web-1', 'client', '0.0.0.0_8080', 'http'],
      ['shop/bank-1', 'server', 'virtualInbound', '8080-mtls-http'],
    ]);
    expect(hops[0]?.object).toMatchObject({ kind: 'Service', name: 'bank', file: 'shop.yaml' });
    expect(hops[0]?.clusters[0]).toMatchObject({ tls: { mode: 'mTLS', identities: ['spiffe://cluster.local/ns/shop/sa/default'] } });
    expect(outcome).toEqual({ kind: 'forward', why: '100 % to shop/bank' });
  });

  test('ends where the server’s Sidecar says [S21, S23]', () => {
    const { hops } = journey(situation, { host: 'apart', port: 80 }, pod('web'));
    expect(hops[1]).toMatchObject({
      listener: `inbound_${pod('apart')?.address}_9080`,
      clusters: [{ name: 'inbound|9080||', endpoints: [{ address: '127.0.0.1', port: 8080 }] }],
    });
  });

  test('enters through the gateway of the port, by the rule and its line', () => {
    const { hops, outcome } = journey(situation, { host: 'shop.example', port: 80, path: '/bank/account' });
    expect(hops.map(({ proxy, role }) => [proxy, role])).toEqual([
      ['shop/edge-1', 'gateway'],
      ['shop/bank-1', 'server'],
    ]);
    const line = objects.split('\n').findIndex((text) => text.includes('prefix: /bank')) + 1;
    expect(hops[0]).toMatchObject({ object: { kind: 'VirtualService', name: 'entrance', line }, rewrites: { path: '//account' } });
    expect(outcome.kind).toBe('forward');
  });

  test('ends at the server that wants mTLS and gets none', () => {
    const { hops, outcome } = journey(situation, { host: 'bank.shop', port: 8080 }, pod('legacy'));
    expect(hops).toMatchObject([{ proxy: 'shop/bank-1', role: 'server', filterChain: '', outcome: { kind: 'refused' } }]);
    expect(outcome.kind).toBe('refused');
    expect(outcome.why).toContain('STRICT');
  });

  test('ends with the endpoint where that has no sidecar', () => {
    const { hops, outcome } = journey(situation, { host: 'shop.example', port: 80, path: '/legacy' });
    expect(hops).toMatchObject([{ role: 'gateway', clusters: [{ tls: { mode: 'plaintext' } }] }]);
    expect(outcome).toEqual({ kind: 'forward', why: '100 % to old/legacy' });
  });

  test('is none from outside to a port that no gateway has', () => {
    expect(journey(situation, { host: 'shop.example', port: 81 })).toMatchObject({ hops: [], outcome: { kind: 'refused' } });
  });

  test('of TLS that a program speaks itself is one of bytes', () => {
    const { hops } = journey(situation, { host: 'shop.example', port: 443, scheme: 'https' }, pod('web'));
    expect(hops).toMatchObject([{ listener: 'virtualOutbound', outcome: { kind: 'passthrough' } }]);
  });

  test('through a gateway begins at the port that its Service has, or at its own', () => {
    const request = { host: 'shop.example', path: '/bank' };
    for (const port of [80, 8080]) {
      const told = journey(situation, { ...request, port }, pod('edge'));
      expect(told.hops[0]).toMatchObject({ proxy: 'shop/edge-1', listener: '0.0.0.0_8080', object: { name: 'entrance' } });
      expect(told).toMatchObject({ from: 'shop/edge-1', request: { port }, outcome: { kind: 'forward' } });
      expect(journey(situation, { ...request, port }).hops).toEqual(told.hops);
    }
    const none = journey(situation, { ...request, port: 81 }, pod('edge'));
    expect(none.outcome.why).toContain('does not listen on port 81, but on 8080');
  });

  test('into a gateway’s TLS shows the mesh’s certificate there, and is plain HTTP behind it', () => {
    const { hops } = journey(situation, { host: 'partner.example', port: 80 }, pod('web'));
    expect(hops.map(({ proxy, role, tls, outcome }) => [proxy, role, tls, outcome.kind])).toEqual([
      ['shop/web-1', 'client', 'none', 'forward'],
      ['shop/exit-1', 'gateway', 'ISTIO_MUTUAL, ended here', 'forward'],
    ]);
    const outside = journey(situation, { host: 'partner.example', port: 443, scheme: 'https' });
    expect(outside.outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining('demands a certificate') });
    const shown = journey(situation, { host: 'partner.example', port: 443, scheme: 'https', certificate: 'mesh' });
    expect(shown.hops[0]).toMatchObject({ proxy: 'shop/exit-1', outcome: { kind: 'forward' } });
  });

  test('begins at a Sidecar’s listener where its address is dialled [S23]', () => {
    const dialled = { host: '127.0.0.1', address: '127.0.0.1' };
    expect(journey(situation, { ...dialled, port: 3128, authority: 'bank.shop:8080' }, pod('web')).hops[0]).toMatchObject({
      ...{ listener: '127.0.0.1_3128', virtualHost: 'bank.shop.svc.cluster.local:8080' },
    });
    const proxied = journey(situation, { ...dialled, port: 3128, authority: 'bank.shop:81' }, pod('web'));
    expect(proxied.hops[0]).toMatchObject({ listener: '127.0.0.1_3128', virtualHost: 'allow_any' });
    expect(journey(situation, { host: 'bank', port: 8080 }, pod('web')).hops[0]).toMatchObject({ listener: '0.0.0.0_8080' });
  });

  test.each([
    ['get', 'knows no method get'],
    ['PATCH', 'to shop/bank'],
  ])('by the method as it is written: %s', (method, why) => {
    expect(journey(situation, { host: 'bank', port: 8080, method }, pod('web')).outcome.why).toContain(why);
  });

  test('tells a path and a name that the server’s proxy puts right', () => {
    const { hops } = journey(
      situation,
      { host: 'bank', port: 8080, path: '/a//b', authority: 'bank.shop.svc.cluster.local.', headers: { x_role: 'a' } },
      pod('web'),
    );
    expect(hops[1]?.rewrites).toEqual({
      path: '/a/b',
      host: 'bank.shop.svc.cluster.local',
      request: { set: {}, add: {}, remove: ['x_role'] },
    });
  });
});

describe('the trace that a proxy tells whom it calls', () => {
  const told = (values: string, headers: Readonly<Record<string, string>>, more = '') => {
    const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: traces, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, action: DENY, rules: [{when: [${values}]}]}`;
    const { resources } = parse({
      text: [objects, policy, ...(more ? [more] : [])].join('\n---\n'),
      file: 'mesh.yaml',
      origin: { source: 'file' },
    });
    const pods = assumedPods(resources);
    const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
    const bank = pods.find(({ pod }) => pod.workload.name === 'bank');
    const { hops } = journey({ mesh, resources, pods }, { host: 'web', port: 8080, headers }, bank);
    return hops.at(-1)?.verdict?.allowed;
  };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const state = '{key: "request.headers[tracestate]", values: [x=no]}';
  const off = `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: quiet, namespace: shop}
spec: {tracing: [{disableSpanReporting: true}]}`;

  test.each([
    ['state of a trace that there is', state, { traceparent, tracestate: 'x=no' }, false],
    ['state of no trace', state, { tracestate: 'x=no' }, true],
    ['state of a trace that nobody can read', state, { traceparent: 'abc', tracestate: 'x=no' }, false],
    ['the trace', '{key: "request.headers[traceparent]", values: [00-0af7651916cd43dd8448eb211c80319c-*]}', { traceparent }, false],
    ['the caller’s own span', `{key: "request.headers[traceparent]", values: [${traceparent}]}`, { traceparent }, true],
    ['that there is any trace', '{key: "request.headers[traceparent]", values: ["*"]}', {}, false],
  ])('%s', (_, values, headers, allowed) => expect(told(values, headers)).toBe(allowed));

  test('is what the caller said where its proxy does not trace', () => {
    expect(told(state, { tracestate: 'x=no' }, off)).toBe(false);
    expect(told('{key: "request.headers[traceparent]", values: ["*"]}', {}, off)).toBe(true);
  });
});
