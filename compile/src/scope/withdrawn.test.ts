/** [G30]: a CUSTOM policy of before is asked on at the proxies that may not have what came instead, and changes nothing else of theirs. */
import { decidingPlace, typeUrls } from '@weft/envoy';
import { meshSettings, parse, type Resource } from '@weft/model';
import { expect, test } from 'vitest';
import { assumedPods, build, decode, emit, scope, type Withdrawal } from '../index.ts';

const provider = (name: string) => `{ name: ${name}, envoyExtAuthzGrpc: { service: judge.example, port: 9000 } }`;

const mesh = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  template: { metadata: { labels: { app: cart } }, spec: { containers: [{ name: cart, command: [cart] }] } }
---
apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata: { name: mesh }
spec: { extensionProviders: [${provider('one')}, ${provider('other')}] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: judge, namespace: shop }
spec: { hosts: [judge.example], resolution: STATIC, ports: [{ number: 9000, name: grpc, protocol: GRPC }], endpoints: [{ address: 10.0.0.1 }] }
`;

const policy = (spec: string, namespace = 'shop') => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: ${namespace} }
spec: ${spec}
`;

const asking = (name: string) => `{ action: CUSTOM, provider: { name: ${name} }, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }`;
const denying = '{ action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }';

const resourcesOf = (text: string): readonly Resource[] => parse({ text, file: 'mesh.yaml', origin: { source: 'file' } }).resources;

const policyOf = (text: string): Withdrawal['policy'] =>
  resourcesOf(text).find(({ kind }) => kind === 'AuthorizationPolicy') as Withdrawal['policy'];

const [late] = assumedPods(resourcesOf(mesh)).map(({ pod }) => pod.name);
const cart = `shop/${late}`;

const emitted = (text: string, withdrawn: readonly Withdrawal[], name = late ?? '') => {
  const resources = resourcesOf(mesh + text);
  const built = build({ resources, pods: assumedPods(resources), settings: meshSettings(resources), withdrawn });
  const view = scope(built.mesh, {
    ...{ id: name, role: 'sidecar', name, namespace: 'shop', serviceAccount: 'default', labels: {} },
    ...{ addresses: ['10.0.0.9'], cluster: '', network: '', locality: { region: '', zone: '', subzone: '' }, dnsDomain: '' },
  });
  return emit(view);
};

const filters = (resources: ReturnType<typeof emitted>, place: string): string => {
  const resource = resources.get(typeUrls.ECDS)?.get(place);
  if (!resource) throw new Error(`no ${place}`);
  return JSON.stringify(decode(resource));
};

test('beside what it became', () => {
  const withdrawn = [{ policy: policyOf(policy(asking('one'))), proxies: new Set([cart]) }];
  const [staged, settled] = [emitted(policy(denying), withdrawn), emitted(policy(denying), [])];
  expect(filters(staged, `${decidingPlace}.custom.one`)).toContain('ns[shop]-policy[p]-rule[0]-withdrawn-0');
  expect(filters(settled, `${decidingPlace}.custom.one`)).not.toContain('policy[p]');
  const besides = (resources: typeof staged) =>
    [...resources].flatMap(([type, map]) => [...map.values()].map(({ name, version }) => `${type} ${name} ${version}`));
  const different = besides(staged).filter((line) => !besides(settled).includes(line));
  expect(different.map((line) => line.split(' ')[1])).toEqual([`${decidingPlace}.custom.one`]);
});

test('of one authorizer and another, under one name', () => {
  const withdrawn = ['one', 'one', 'other'].map((name, index) => ({
    policy: { ...policyOf(policy(asking(name))), hash: `${index}` },
    proxies: new Set([cart]),
  }));
  const resources = emitted(policy(asking('one')), withdrawn);
  const names = (place: string) =>
    [...filters(resources, `${decidingPlace}.custom.${place}`).matchAll(/rule\[0\][^"]*/g)].map(([name]) => name);
  expect(names('one')).toEqual(['rule[0]', 'rule[0]-withdrawn-0', 'rule[0]-withdrawn-1']);
  expect(names('other')).toEqual(['rule[0]-withdrawn-0']);
});

test('not where it never was, nor at proxies that have what came instead; at those of which nobody knows', () => {
  const elsewhere = [{ policy: policyOf(policy(asking('one'), 'other')), proxies: new Set([cart]) }];
  expect(filters(emitted('', elsewhere), `${decidingPlace}.custom.one`)).not.toContain('policy[p]');
  const done = [{ policy: policyOf(policy(asking('one'))), proxies: new Set(['shop/other']) }];
  expect(filters(emitted('', done), `${decidingPlace}.custom.one`)).not.toContain('policy[p]');
  expect(filters(emitted('', done, 'stranger'), `${decidingPlace}.custom.one`)).toContain('withdrawn');
});
