/** What of the configuration is used, by what was counted. */
import { parse } from '@weft/model';
import type { Use } from '@weft/signals';
import { expect, test } from 'vitest';
import { usedIn } from './used.ts';

const text = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: bank, namespace: shop}
spec:
  hosts: [bank]
  http:
  - {name: old, match: [{uri: {prefix: /old}}], route: [{destination: {host: bank}}]}
  - {route: [{destination: {host: bank}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: db, namespace: shop}
spec:
  hosts: [db]
  tcp:
  - {match: [{port: 5432}], route: [{destination: {host: db, subset: a}, weight: 90}, {destination: {host: db, subset: b}, weight: 10}]}
  - {route: [{destination: {host: other.far.svc.cluster.local, port: {number: 9}}}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: bank, namespace: shop}
spec: {rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {methods: [DELETE]}}]}]}
`;

const { resources } = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });

const use = (more: Partial<Use>): Use => ({
  ...{ kind: 'request', object: 'shop/bank', place: '', route: '', cluster: 'outbound|80||bank.shop.svc.cluster.local' },
  ...{ count: 1, failed: 0, received: 10, sent: 20 },
  ...more,
});

test('a rule has what it led: one with a name wherever it stood, one without by its place', () => {
  const { routes } = usedIn(resources, [
    use({ place: 'spec.http[1]', route: 'old', count: 3 }),
    use({ place: 'spec.http[0]', route: 'old.match', count: 1, failed: 1 }),
    use({ place: 'spec.http[1]', count: 12 }),
    use({ object: 'other/bank', place: 'spec.http[1]', count: 100 }),
  ]);
  expect(routes).toMatchObject([
    { name: 'bank', path: 'spec.http[0]', route: 'old', requests: 4, failed: 1, share: 0.25 },
    { name: 'bank', path: 'spec.http[1]', route: '', requests: 12, failed: 0, share: 0.75, destinations: [{ requests: 12, share: 1 }] },
  ]);
});

test('a rule for connections has those that went where it sends them, with their bytes', () => {
  const to = (cluster: string, count: number) => use({ kind: 'connection', object: '', cluster, count, received: count, sent: 2 * count });
  const { connections } = usedIn(resources, [
    to('outbound|5432|a|db.shop.svc.cluster.local', 3),
    to('outbound|5432|b|db.shop.svc.cluster.local', 1),
    to('outbound|8|a|other.far.svc.cluster.local', 5),
  ]);
  expect(connections).toMatchObject([
    { path: 'spec.tcp[0]', connections: 4, received: 4, sent: 8, together: [], destinations: [{ share: 0.75 }, { share: 0.25 }] },
    { path: 'spec.tcp[1]', connections: 0, destinations: [] },
  ]);
});

test('rules of policies have what they decided, and nothing where nothing met them', () => {
  const { rules } = usedIn(resources, [use({ kind: 'policy', place: '0', cluster: '', count: 2 })]);
  expect(rules).toMatchObject([
    { name: 'bank', rule: 0, action: 'ALLOW', matched: 2, share: 1 },
    { name: 'bank', rule: 1, matched: 0, share: 0 },
  ]);
  expect(usedIn(resources, [], 'far')).toEqual({ routes: [], connections: [], rules: [] });
});
