/** Recorded traffic, asked again of a mesh that there is not yet. */
import { assumedPods, build } from '@weft/compile';
import { meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { type AskedRecord, recordsChanges } from './preview.ts';

const deployment = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: ${name}, containers: [{name: a, command: [a]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}`;

const objects = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}',
  ...['web', 'bank', 'bank2'].map(deployment),
];

const situation = (...more: readonly string[]) => {
  const { resources } = parse({ text: [...objects, ...more].join('\n---\n'), file: 'mesh.yaml', origin: { source: 'file' } });
  const pods = assumedPods(resources);
  return { resources, pods, mesh: build({ resources, pods, settings: meshSettings(resources) }).mesh };
};

const before = situation();
const addressOf = (name: string): string => before.pods.find(({ pod }) => pod.workload.name === name)?.address ?? '';

const recorded = (id: number, side: 'source' | 'destination', method: string): AskedRecord => ({
  ...{ id, from: 'shop/web', to: 'shop/bank', what: `${method} /items` },
  recorded: {
    ...{
      side,
      at: id,
      identity: side === 'destination' ? 'spiffe://cluster.local/ns/shop/sa/web' : '',
      source: addressOf('web'),
      client: '',
    },
    proxy:
      side === 'source'
        ? { namespace: 'shop', workload: 'web', address: '' }
        : { namespace: 'shop', workload: 'bank', address: addressOf('bank') },
    ...{ port: side === 'source' ? 80 : 8080, serverName: '', mtls: side === 'destination' },
    request: { method, host: 'bank', path: '/items' },
  },
});

const records = [
  ...[1, 2, 3].map((id) => recorded(id, 'destination', 'GET')),
  ...[4, 5].map((id) => recorded(id, 'destination', 'DELETE')),
  recorded(6, 'source', 'GET'),
];

test('who would be refused is told, with some of what they asked', async () => {
  const after = situation(
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: shop}\nspec: {selector: {matchLabels: {app: bank}}, action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}',
  );
  const found = await recordsChanges(records, before, after);
  expect(found).toMatchObject({
    ...{ looked: 6, judged: 6 },
    changed: [
      { count: 2, before: { allowed: true }, after: { allowed: false, outcome: expect.stringMatching(/^refused 403: DENY shop\/p/) } },
    ],
  });
  expect(found.changed[0]?.examples).toEqual([4, 5].map((id) => ({ id, at: id, what: 'DELETE /items' })));
});

test('where it would go instead is told of what the caller’s proxy saw', async () => {
  const after = situation(
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: bank, namespace: shop}\nspec: {hosts: [bank], http: [{name: split, route: [{destination: {host: bank}, weight: 75}, {destination: {host: bank2}, weight: 25}]}]}',
  );
  const { changed } = await recordsChanges(records, before, after);
  expect(changed).toMatchObject([
    {
      count: 1,
      before: { destinations: { 'outbound|80||bank.shop.svc.cluster.local': 100 } },
      after: { destinations: { 'outbound|80||bank.shop.svc.cluster.local': 75, 'outbound|80||bank2.shop.svc.cluster.local': 25 } },
      examples: [{ id: 6 }],
    },
  ]);
});

test('of a proxy that nobody knows nothing is said', async () => {
  const [one] = records;
  if (!one) throw new Error('there are records');
  const unknown = { ...one, recorded: { ...one.recorded, proxy: { namespace: 'shop', workload: 'gone', address: '' } } };
  expect(await recordsChanges([unknown], before, before)).toEqual({ looked: 1, judged: 0, changed: [] });
});
