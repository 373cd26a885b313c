import { parse } from '@weft/model';
import { expect, test } from 'vitest';
import { concerns } from './concern.ts';

const subject = { namespace: 'shop', service: 'web', workloads: new Set(['web-v1', 'web-v2']), rootNamespace: 'istio-system' };

const resource = (text: string) => {
  const [found] = parse({ text, file: 'x.yaml', origin: { source: 'file' } }).resources;
  if (!found) throw new Error(text);
  return found;
};
const route = (namespace: string, host: string) =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: r, namespace: ${namespace}}, spec: {hosts: [${host}], http: [{route: [{destination: {host: ${host}}}]}]}}`;
const policy = (namespace: string) =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: ${namespace}}, spec: {}}`;
const service = (name: string, namespace = 'shop') =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {ports: [{port: 80}]}}`;

test.each([
  [route('shop', 'web'), true],
  [route('other', 'web.shop.svc.cluster.local'), true],
  [route('other', 'web.shop'), true],
  [route('other', 'web'), false],
  [route('shop', 'webshop'), false],
  [route('other', 'myweb.shop.svc.cluster.local'), false],
  [policy('shop'), true],
  [policy('istio-system'), true],
  [policy('other'), false],
  [service('web'), true],
  [service('web', 'other'), false],
  [service('cart'), false],
  ['{apiVersion: v1, kind: Namespace, metadata: {name: shop}}', true],
])('%s: %s', (text, expected) => expect(concerns(resource(text), subject)).toBe(expected));

test('of a whole namespace everything in it, and nothing else but what holds everywhere', () => {
  const { service: _, ...all } = subject;
  expect([service('cart'), service('cart', 'other'), policy('istio-system')].map((text) => concerns(resource(text), all))).toEqual([
    true,
    false,
    true,
  ]);
});
