/** What a proxy's record tells, asked again: by the same policy, rule and condition as when it came in. */
import { type CameIn, meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { build } from '../build.ts';
import { enteredAgain } from './again.ts';
import { assumedPods } from './assumed.ts';
import { modesIn } from './modes.ts';

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  ...['web', 'bank'].map(
    (name) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: ${name}, containers: [{name: a, command: [a], ports: [{containerPort: 9000}]}]}}}`,
  ),
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: edge, namespace: shop}
spec: {selector: {matchLabels: {app: edge}}, template: {metadata: {labels: {app: edge}, annotations: {inject.istio.io/templates: gateway}}, spec: {containers: [{name: a, command: [a]}]}}}`,
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: shop}
spec: {selector: {matchLabels: {app: old}}, template: {metadata: {labels: {app: old}, annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: a, command: [a]}]}}}`,
  `apiVersion: v1
kind: Service
metadata: {name: bank, namespace: shop}
spec: {selector: {app: bank}, ports: [{name: http, port: 80, targetPort: 8080}]}`,
  `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {selector: {app: edge}, servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}]}`,
];

const situation = (...others: readonly string[]) => {
  const { resources, findings } = parse({ text: [...objects, ...others].join('\n---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const pods = assumedPods(resources);
  return { mesh: build({ resources, pods, settings: meshSettings(resources) }).mesh, resources, pods };
};

const policy = (spec: string, app = 'bank') =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: rules, namespace: shop}\nspec: {selector: {matchLabels: {app: ${app}}}, ${spec}}`;

const peers = (name: string, spec: string) =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}`;

const cameIn = (more: Partial<CameIn> = {}): CameIn => ({
  at: 0,
  proxy: { namespace: 'shop', workload: 'bank', address: '' },
  identity: 'spiffe://cluster.local/ns/shop/sa/web',
  ...{ source: '10.244.0.7', client: '10.244.0.7', port: 8080, serverName: '', mtls: true },
  request: { method: 'POST', host: 'bank:80', path: '/entries' },
  ...more,
});

test('a DENY is told with its first condition and its line', () => {
  const hop = enteredAgain(situation(policy('action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]')), cameIn());
  expect(hop?.verdict).toMatchObject({
    allowed: false,
    why: 'DENY shop/rules matches: the method is POST, one of [POST]',
    by: { policy: 'rules', namespace: 'shop', rule: 0, condition: 'spec.rules[0].to[0].operation.methods', file: 'mesh.yaml' },
  });
});

test('of the default deny the nearest rule and the smallest change are told', () => {
  const hop = enteredAgain(situation(policy('rules: [{to: [{operation: {methods: [GET]}}]}]')), cameIn());
  expect(hop?.verdict).toMatchObject({
    nearest: { policy: 'rules', rule: 0 },
    change: 'the method is POST, and has to be one of [GET]',
    caller: { identity: 'spiffe://cluster.local/ns/shop/sa/web', address: '10.244.0.7' },
  });
});

test('the client that a trusted proxy spoke of is who it was', () => {
  const blocks = policy('action: DENY, rules: [{from: [{source: {remoteIpBlocks: ["203.0.113.0/24"]}}]}]');
  expect(enteredAgain(situation(blocks), cameIn())?.verdict?.allowed).toBe(true);
  expect(enteredAgain(situation(blocks), cameIn({ client: '203.0.113.9' }))?.verdict?.allowed).toBe(false);
});

test('bytes are judged as bytes', () => {
  const { request: _request, ...bytes } = cameIn({ port: 9000 });
  const hop = enteredAgain(situation(policy('action: DENY, rules: [{from: [{source: {principals: ["*/web"]}}]}]')), bytes);
  expect(hop?.verdict).toMatchObject({ allowed: false, by: { policy: 'rules' } });
});

test('plaintext under STRICT is refused before any policy', () => {
  const hop = enteredAgain(situation(peers('default', '{mtls: {mode: STRICT}}')), cameIn({ identity: '', mtls: false }));
  expect(hop?.outcome).toEqual({ kind: 'refused', why: 'PeerAuthentication is STRICT, and the connection comes without mTLS' });
  expect(hop).not.toHaveProperty('verdict');
});

test('a gateway is asked as its client asked it', () => {
  const asked = cameIn({ proxy: { namespace: 'shop', workload: 'edge', address: '' }, identity: '', mtls: false, client: '203.0.113.9' });
  const blocks = policy('action: DENY, rules: [{from: [{source: {remoteIpBlocks: ["203.0.113.0/24"]}}]}]', 'edge');
  expect(enteredAgain(situation(blocks), { ...asked, source: '203.0.113.9' })).toMatchObject({
    role: 'gateway',
    verdict: { allowed: false, by: { policy: 'rules' } },
  });
});

test('of a workload that nobody knows nothing is said', () => {
  expect(enteredAgain(situation(), cameIn({ proxy: { namespace: 'shop', workload: 'gone', address: '' } }))).toBeUndefined();
});

test('modes are told for each port with the object that says so', () => {
  const all = modesIn(
    situation(
      peers('default', '{mtls: {mode: STRICT}}'),
      peers('bank', '{selector: {matchLabels: {app: bank}}, portLevelMtls: {9000: {mode: DISABLE}}}'),
    ),
  );
  const found = (name: string) => all.find(({ workload }) => workload === name);
  const from = (name: string, path: string) => ({ kind: 'PeerAuthentication', namespace: 'shop', name, path, file: 'mesh.yaml' });
  expect(found('bank')?.ports).toMatchObject([
    { port: 8080, protocol: 'http', mode: 'STRICT', from: from('default', 'spec.mtls.mode') },
    { port: 9000, protocol: 'auto', mode: 'DISABLE', from: from('bank', 'spec.portLevelMtls.9000.mode') },
    { mode: 'STRICT', from: from('default', 'spec.mtls.mode') },
  ]);
  expect([found('old')?.proxy, found('old')?.ports, found('edge')?.ports]).toEqual(['none', [], []]);
});

test('where nobody says anything, the mode is from nobody', () => {
  const [bank] = modesIn(situation());
  expect(bank?.ports.map(({ mode, from }) => [mode, from])).toEqual([
    ['PERMISSIVE', undefined],
    ['PERMISSIVE', undefined],
    ['PERMISSIVE', undefined],
  ]);
});
