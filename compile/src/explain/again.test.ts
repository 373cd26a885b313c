/** What a proxy's record tells, asked again: by the same policy, rule and condition as when it came in. */
import { type CameIn, meshSettings, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { enteredAgain, podAt } from './again.ts';
import { assumedPods } from './assumed.ts';
import { concernedIn } from './concerned.ts';
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

describe('what a record does not hold', () => {
  const byPolicy = (rule?: number): Partial<CameIn> => ({
    decided: { by: 'policy', reason: '', ...(rule !== undefined && { rule: { namespace: 'shop', name: 'rules', rule } }) },
  });
  const judged = (spec: string, more: Partial<CameIn>) => enteredAgain(situation(policy(spec)), cameIn(more))?.verdict;

  test('follows from the rule that the proxy named', () => {
    const spec = 'action: DENY, rules: [{when: [{key: "request.headers[x-role]", values: [guest]}]}]';
    expect(judged(spec, byPolicy(0))).toMatchObject({
      allowed: false,
      why: 'DENY shop/rules matches, so header x-role was one of [guest]',
      by: { policy: 'rules', rule: 0 },
      amendments: [{ path: 'spec.rules[0].from[0].source.notPrincipals', add: 'cluster.local/ns/shop/sa/web' }],
    });
  });

  test('is not taken for missing where nothing allowed it', () => {
    const claims = 'rules: [{to: [{operation: {paths: [/entries]}}], when: [{key: "request.auth.claims[group]", values: [a]}]}]';
    expect(judged(claims, { ...byPolicy(), token: { issuer: 'https://i', subject: 's' } })?.change).toBe(
      'the token’s claim group is not in the record, and has to be one of [a]',
    );
    expect(judged(claims, byPolicy())?.change).toBe('the token’s claim group is none (no verified token), and has to be one of [a]');
  });

  test('weighs less than what is known to be otherwise', () => {
    const two = 'rules: [{to: [{operation: {methods: [GET]}}]}, {when: [{key: "request.headers[x-team]", values: [a]}]}]';
    expect(judged(two, byPolicy())?.nearest?.rule).toBe(1);
  });

  test('is no agreement where what is known says otherwise', () => {
    const other = 'action: DENY, rules: [{to: [{operation: {methods: [GET]}}], when: [{key: "request.headers[x-role]", values: [guest]}]}]';
    expect(judged(other, byPolicy(0))?.allowed).toBe(true);
    expect(judged('rules: [{to: [{operation: {methods: [POST]}}]}]', byPolicy())?.allowed).toBe(true);
  });
});

describe('the change to a policy', () => {
  const decided: CameIn['decided'] = { by: 'policy', reason: '' };
  const rules =
    'rules: [{from: [{source: {principals: ["*/bank"], namespaces: [shop]}}], to: [{operation: {methods: [GET], paths: [/a*]}}]}]';

  test('names each field and value', () => {
    expect(enteredAgain(situation(policy(rules)), cameIn({ decided }))?.verdict?.amendments).toMatchObject([
      { path: 'spec.rules[0].from[0].source.principals', add: 'cluster.local/ns/shop/sa/web', file: 'mesh.yaml' },
      { path: 'spec.rules[0].to[0].operation.methods', add: 'POST' },
      { path: 'spec.rules[0].to[0].operation.paths', add: '/entries' },
    ]);
  });

  test('made, lets in what was refused, and nothing that has other values', () => {
    const made = rules
      .replace('"*/bank"', '"*/bank", cluster.local/ns/shop/sa/web')
      .replace('[GET]', '[GET, POST]')
      .replace('[/a*]', '[/a*, /entries]');
    const [before, after] = [situation(policy(rules)), situation(policy(made))];
    const identities = ['web', 'bank', 'edge', ''].map((name) => (name === '' ? '' : `spiffe://cluster.local/ns/shop/sa/${name}`));
    let more = 0;
    for (const identity of identities)
      for (const method of ['GET', 'POST', 'PUT'])
        for (const path of ['/a', '/entries', '/entries/1', '/']) {
          const asked = cameIn({ identity, mtls: identity !== '', request: { method, host: 'bank', path } });
          const [was, is] = [before, after].map((one) => enteredAgain(one, asked)?.verdict?.allowed);
          if (was === is) continue;
          more += 1;
          expect([was, is]).toEqual([false, true]);
          expect(identity.endsWith('web') || method === 'POST' || path === '/entries').toBe(true);
        }
    expect(enteredAgain(after, cameIn())?.verdict?.allowed).toBe(true);
    expect(more).toBeGreaterThan(0);
  });

  test('is not told where something else refuses it all the same', () => {
    const deny = policy('action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]').replace('name: rules', 'name: no-posts');
    expect(enteredAgain(situation(policy(rules), deny), cameIn({ decided }))?.verdict).not.toHaveProperty('amendments');
  });

  test('is not told of a caller whom nobody knows', () => {
    const plain = cameIn({ decided, identity: '', mtls: false });
    expect(enteredAgain(situation(policy(rules)), plain)?.verdict).not.toHaveProperty('amendments');
  });
});

test('objects that have a say are named for each proxy', () => {
  const sidecar =
    'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: own, namespace: shop}\nspec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: ["./*"]}]}';
  const routes = (name: string, gateways: string) =>
    `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}, namespace: shop}\nspec: {hosts: [bank], gateways: [${gateways}], http: [{route: [{destination: {host: bank}}]}]}`;
  const all = situation(sidecar, routes('inside', 'mesh'), routes('entry', 'edge'));
  const named = (workload: string, host: string, known = all) => {
    const pod = podAt(known.pods, { namespace: 'shop', workload, address: '' });
    return pod ? concernedIn(known, pod, host).map(({ kind, name }) => `${kind} ${name}`) : [];
  };
  expect(named('web', 'bank')).toEqual(['Sidecar own', 'VirtualService inside', 'Service bank']);
  expect(named('bank', 'bank.shop:80')).toEqual(['VirtualService inside', 'Service bank']);
  expect(named('edge', 'bank')).toEqual(['Gateway edge', 'VirtualService entry', 'Service bank']);
  expect(named('web', 'nobody.example')).toEqual(['Sidecar own']);
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
