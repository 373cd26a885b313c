import { meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { build } from '../build.ts';
import { accessIn } from './access.ts';
import { assumedPods } from './assumed.ts';

const deployment = (name: string, namespace: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: ${name}, containers: [{name: a, command: [a]}]}}}`;

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: old}',
  deployment('web', 'shop'),
  deployment('cart', 'shop'),
  deployment('bank', 'shop'),
  deployment('legacy', 'old'),
  `apiVersion: v1
kind: Service
metadata: {name: bank, namespace: shop}
spec: {selector: {app: bank}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90, targetPort: 9090}]}`,
];

const policy = (name: string, spec: string) =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {matchLabels: {app: bank}}, ${spec}}`;
const strict =
  'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}';

/** `caller → port: decision`, of those who call the bank. */
const access = (...more: readonly string[]): readonly string[] => {
  const { resources, findings } = parse({ text: [...objects, ...more].join('\n---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const pods = assumedPods(resources);
  const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
  return accessIn({ mesh, resources, pods }, 'shop')
    .filter(({ to }) => to.workload === 'bank')
    .map(({ from, ports, decision }) => `${from.workload} ${ports.join('+')}: ${decision}`)
    .sort();
};

const whole = 'from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]';

test('without policies everybody may, and under STRICT only those who prove who they are', () => {
  expect(access()).toEqual(['cart 8080+9090: allowed', 'legacy 8080+9090: allowed', 'web 8080+9090: allowed']);
  expect(access(strict)).toEqual(['cart 8080+9090: allowed', 'legacy 8080+9090: denied', 'web 8080+9090: allowed']);
});

test('an ALLOW rule admits whom it names, and nobody else', () => {
  expect(access(policy('web', `rules: [{${whole}}]`))).toEqual([
    'cart 8080+9090: denied',
    'legacy 8080+9090: denied',
    'web 8080+9090: allowed',
  ]);
});

test('where a rule asks about the request it depends on that; connections have none, so that an ALLOW rule is never theirs [S106]', () => {
  expect(access(policy('get', `rules: [{${whole}, to: [{operation: {methods: [GET]}}]}]`))).toEqual([
    'cart 8080+9090: denied',
    'legacy 8080+9090: denied',
    'web 8080: depends',
    'web 9090: denied',
  ]);
  expect(access(policy('no-delete', 'action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]'))).toEqual([
    'cart 8080: depends',
    'cart 9090: denied',
    'legacy 8080: depends',
    'legacy 9090: denied',
    'web 8080: depends',
    'web 9090: denied',
  ]);
});

test('a port and a caller decide without the request', () => {
  expect(
    access(
      policy(
        'one',
        'action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/shop/sa/web]}}], to: [{operation: {ports: ["9090"]}}]}]',
      ),
    ),
  ).toEqual(['cart 8080: allowed', 'cart 9090: denied', 'legacy 8080: allowed', 'legacy 9090: denied', 'web 8080+9090: allowed']);
});

test('what is only tried decides nothing', () => {
  const tried = policy('tried', 'action: DENY, rules: [{}]').replace(
    'name: tried,',
    'name: tried, annotations: {istio.io/dry-run: "true"},',
  );
  expect(access(tried)).toEqual(['cart 8080+9090: allowed', 'legacy 8080+9090: allowed', 'web 8080+9090: allowed']);
});
