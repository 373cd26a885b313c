/** Which changes of policies end streams, and which go unnoticed [G22]. */
import { meshSettings, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { assumedPods } from '../explain/index.ts';
import { policiesInForce } from '../scope/in-force.ts';
import { type Narrowed, narrowedAt, narrowedBy, narrowedElsewhere, type PoliciesInForce } from './narrowing.ts';

const mesh = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, command: [sleep, infinity]}]}}
---
apiVersion: v1
kind: Service
metadata: {name: judge, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: judge}, ports: [{name: grpc, port: 9000}]}
---
apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata: {name: mesh}
spec:
  extensionProviders:
  - {name: one, envoyExtAuthzGrpc: {service: judge.shop.svc.cluster.local, port: 9000}}
  - {name: other, envoyExtAuthzHttp: {service: judge.shop.svc.cluster.local, port: 9000}}
`;

const inForce = (...objects: readonly string[]): PoliciesInForce => {
  const { resources, findings } = parse({ text: [mesh, ...objects].join('---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { mesh: built } = build({ resources, pods: assumedPods(resources), settings: meshSettings(resources) });
  const [ruled] = policiesInForce(built).values();
  if (!ruled) throw new Error('nobody runs');
  return ruled.policies;
};

const policy = (spec: string, name = 'policy', more = ''): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: shop${more}}
spec: ${spec}
`;
const allow = (...rules: readonly string[]): string => policy(`{rules: [${rules.join(', ')}]}`);
const deny = (...rules: readonly string[]): string => policy(`{action: DENY, rules: [${rules.join(', ')}]}`, 'refuse');
const custom = (provider: string, ...rules: readonly string[]): string =>
  policy(`{action: CUSTOM, provider: {name: ${provider}}, rules: [${rules.join(', ')}]}`, 'asked');
const login = (rules: string): string => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: login, namespace: shop}
spec: {jwtRules: [${rules}]}
`;
const to = (operation: string): string => `{to: [{operation: {${operation}}}]}`;
const from = (source: string): string => `{from: [{source: {${source}}}]}`;

/** Whoever says the name, and whoever has it in a token. */
const byName = allow('{when: [{key: "request.headers[x-user]", values: [ann]}]}');
const named = '{issuer: a, outputClaimToHeaders: [{header: X-User, claim: sub}]}';

const dryRun = policy(`{action: DENY, rules: [{}]}`, 'tried', `, annotations: {"istio.io/dry-run": "true"}`);
const audit = policy('{action: AUDIT, rules: [{}]}', 'seen');
const elsewhere = policy('{action: DENY, selector: {matchLabels: {app: other}}, rules: [{}]}', 'elsewhere');

type Objects = readonly string[];

const isNarrower = (before: Objects, after: Objects): boolean =>
  Object.keys(narrowedBy(inForce(...before), inForce(...after), {})).length > 0;

describe('what can only allow more, or decides nothing here, ends no stream', () => {
  test.each<[string, Objects, Objects]>([
    ['a DENY that is no more', [deny('{}')], []],
    ['a DENY of less', [deny(to('paths: ["/a*"]'))], [deny(to('paths: [/a, "/ab*"]'))]],
    ['a DENY of less in every spelling', [deny(to('paths: ["/a*", "/b"], hosts: ["*.x"]'))], [deny(to('paths: [/ab], hosts: [a.x]'))]],
    ['one path of two', [deny(to('paths: [/a, /b]'))], [deny(to('paths: [/b]'))]],
    ['one rule of two', [deny(to('paths: [/a]'), to('paths: [/b]'))], [deny(to('paths: [/b]'))]],
    ['a condition more', [deny(to('paths: [/a]'))], [deny('{to: [{operation: {paths: [/a]}}], from: [{source: {namespaces: [bank]}}]}')]],
    ['an exception more', [deny(from('notNamespaces: [a]'))], [deny(from('notNamespaces: [a, b]'))]],
    ['another name', [deny(to('paths: [/a]'))], [policy(`{action: DENY, rules: [${to('paths: [/a]')}]}`, 'renamed')]],
    ['the last ALLOW that is no more', [allow(from('namespaces: [bank]'))], []],
    ['an ALLOW of more', [allow(from('namespaces: [bank]'))], [allow(from('namespaces: [bank]'), from('namespaces: [till]'))]],
    ['an ALLOW of more addresses', [allow(from('ipBlocks: [10.1.0.0/16]'))], [allow(from('ipBlocks: [10.0.0.0/8]'))]],
    ['an ALLOW of everybody', [], [allow('{}')]],
    ['an ALLOW where none was allowed', [allow()], [allow(to('paths: [/a]'))]],
    ['an exception less', [allow(from('notNamespaces: [a, b]'))], [allow(from('notNamespaces: [a]'))]],
    ['AUDIT', [], [audit]],
    ['a dry run', [], [dryRun]],
    ['others’ policies', [], [elsewhere]],
    ['CUSTOM that is no more', [custom('one', '{}')], []],
    ['what an authorizer was asked about, less', [custom('one', to('paths: ["/a*"]'))], [custom('one', to('paths: [/a]'))]],
    ['who was refused and is asked about now', [deny(to('paths: [/a]'))], [custom('one', to('paths: [/a]'))]],
    ['one issuer more', [login('{issuer: a}')], [login('{issuer: a}, {issuer: b}')]],
    ['one audience more', [login('{issuer: a, audiences: [one]}')], [login('{issuer: a, audiences: [one, two]}')]],
    ['any audience', [login('{issuer: a, audiences: [one]}')], [login('{issuer: a}')]],
    ['tokens that no policy asks for', [login('{issuer: a}')], []],
    ['claims in headers that no policy asks for', [login('{issuer: a}'), allow('{}')], [login(named), allow('{}')]],
    ['a token that is passed on', [login('{issuer: a}')], [login('{issuer: a, forwardOriginalToken: true}')]],
  ])('%s', (_, before, after) => {
    expect(isNarrower(before, after)).toBe(false);
  });
});

describe('what may refuse who was served ends streams', () => {
  test.each<[string, Objects, Objects]>([
    ['a DENY', [], [deny(to('paths: [/a]'))]],
    ['a DENY of more', [deny(to('paths: [/a]'))], [deny(to('paths: ["/a*"]'))]],
    ['a DENY whose escapes are read otherwise', [deny(to('paths: ["/a%C*"]'))], [deny(to('paths: ["/a%C3"]'))]],
    ['a condition less', [deny('{to: [{operation: {paths: [/a]}}], from: [{source: {namespaces: [bank]}}]}')], [deny(to('paths: [/a]'))]],
    ['an exception less', [deny(from('notNamespaces: [a, b]'))], [deny(from('notNamespaces: [a]'))]],
    ['a DENY in force after its dry run', [dryRun], [policy('{action: DENY, rules: [{}]}', 'tried')]],
    ['the first ALLOW', [], [allow(from('namespaces: [bank]'))]],
    ['an ALLOW of nothing', [], [allow()]],
    ['an ALLOW of less', [allow(from('namespaces: [bank, till]'))], [allow(from('namespaces: [bank]'))]],
    ['an ALLOW of others', [allow(from('namespaces: [bank]'))], [allow(from('namespaces: [till]'))]],
    ['an ALLOW of fewer addresses', [allow(from('ipBlocks: [10.0.0.0/8]'))], [allow(from('ipBlocks: [10.1.0.0/16]'))]],
    ['an ALLOW that asks for a header', [allow(to('methods: [GET]'))], [allow(to('methods: [GET], hosts: [a]'))]],
    [
      'an ALLOW that is a dry run now',
      [allow('{}')],
      [allow(), policy('{rules: [{}]}', 'tried', `, annotations: {"istio.io/dry-run": "true"}`)],
    ],
    ['an authorizer', [], [custom('one', '{}')]],
    ['another authorizer', [custom('one', '{}')], [custom('other', '{}')]],
    ['an authorizer that nobody knows', [custom('one', '{}')], [custom('unknown', '{}')]],
    ['tokens that are looked at', [], [login('{issuer: a}')]],
    ['an issuer less', [login('{issuer: a}, {issuer: b}')], [login('{issuer: a}')]],
    ['an audience less', [login('{issuer: a, audiences: [one, two]}')], [login('{issuer: a, audiences: [one]}')]],
    ['tokens looked for elsewhere too', [login('{issuer: a}')], [login('{issuer: a}, {issuer: b, fromParams: [t]}')]],
    ['a claim in a header that a policy asks for', [login('{issuer: a}'), byName], [login(named), byName]],
    ['a header that a policy asks for without its claim', [login(named), byName], [login('{issuer: a}'), byName]],
    [
      'tokens that a policy asks for and nobody reads any more',
      [login('{issuer: a}'), allow(from('requestPrincipals: ["*"]'))],
      [allow(from('requestPrincipals: ["*"]'))],
    ],
  ])('%s', (_, before, after) => {
    expect(isNarrower(before, after)).toBe(true);
  });
});

describe('at which ports', () => {
  const own = [8080, 9090];
  const at = (narrowed: Narrowed) => [...own.map((port) => narrowedAt(narrowed, port)), narrowedElsewhere(narrowed, own)];
  const steps = (...states: readonly Objects[]): readonly (readonly number[])[] => {
    let known: Narrowed = {};
    return states.slice(1).map((after, index) => {
      known = narrowedBy(inForce(...(states[index] ?? [])), inForce(...after), known);
      return at(known);
    });
  };

  test('that a DENY names', () => {
    expect(steps([], [deny(to('ports: ["9090"]'))])).toEqual([[0, 1, 0]]);
  });
  test('that an ALLOW does not name, though none declares them', () => {
    expect(steps([], [allow(to('ports: ["9090"]'))])).toEqual([[1, 0, 1]]);
    expect(steps([], [deny(to('ports: ["7070"]'))])).toEqual([[0, 0, 1]]);
  });
  test('each counts on from what it had', () => {
    const first = deny(to('ports: ["9090"]'));
    expect(steps([], [first], [first, allow(from('namespaces: [bank]'))], [], [allow(to('ports: ["8080"]'))], [])).toEqual([
      [0, 1, 0],
      [2, 2, 2],
      [2, 2, 2],
      [2, 3, 3],
      [2, 3, 3],
    ]);
  });
});
