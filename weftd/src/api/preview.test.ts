import { readFileSync } from 'node:fs';
import type { Preview, PreviewRequest } from '@weft/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt, createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;
let port: number;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n';
const workload = (name: string): string => `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {serviceAccountName: ${name}, containers: [{name: main, command: [node, server.mjs]}]}
`;
const route = (host: string, to = host): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${host}, namespace: shop}\nspec: {hosts: [${host}], http: [{name: all, route: [{destination: {host: ${to}}}]}]}\n`;
const onlyCart =
  'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: bank, namespace: shop}\nspec: {selector: {matchLabels: {app: bank}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]}]}\n';

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('shop.yaml', `${namespace}${workload('web')}${workload('cart')}${workload('bank')}`);
  weftd.write('routes.yaml', route('web'));
  const { addresses } = await weftd.start();
  port = Number(new URL(addresses.api).port);
  await weftd.ask('/node', { body: { boot: 'b1', socket: weftd.files.agentSocket } });
  const pods = (await weftd.view()).pods.map(({ name, namespace: of, uid }, index) => ({
    ...{ name, namespace: of, uid, address: `10.244.0.${10 + index}`, phase: 'Running', ready: true, proxy: 'sidecar' },
    ...{ message: '', restarts: 0, startedAt: 1 },
  }));
  expect(pods).toHaveLength(3);
  await weftd.ask('/node/pods', { body: { boot: 'b1', pods } });
  await weftd.ask('/wait?timeoutMs=0');
});

afterAll(() => weftd.remove());

const preview = async (body: PreviewRequest): Promise<Preview> => {
  const answer = await weftd.ask('/preview', { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};

test('a policy: whom it keeps out, and which proxies are told', async () => {
  const { revision } = (await weftd.ask('/status')).body;
  const found = await preview({ text: onlyCart });
  expect(found.pairs).toMatchObject([
    {
      from: { namespace: 'shop', workload: 'web' },
      to: { namespace: 'shop', workload: 'bank' },
      ports: [8080],
      before: 'allowed',
      after: 'denied',
    },
  ]);
  expect(found.changes).toMatchObject([{ action: 'created', after: expect.stringContaining('kind: AuthorizationPolicy') }]);
  expect(found.proxies.all).toBe(3);
  expect(found.proxies.changed.map(({ proxies }) => proxies.map((name) => name.replace(/-[^/]*$/, '')))).toEqual([['shop/bank']]);
  const after = (await weftd.ask('/status')).body;
  expect([after.revision, found.revision]).toEqual([revision, revision]);
  expect((await weftd.ask('/resources/authorizationpolicy')).body.items).toEqual([]);
});

test('a route: what all callers would have of it, and one resource in full', async () => {
  const found = await preview({ text: route('cart', 'bank') });
  const [{ proxies, types } = { proxies: [], types: {} }] = found.proxies.changed;
  expect(proxies).toHaveLength(3);
  const [[type, { changed, added }] = ['', { changed: [], added: [] }]] = Object.entries(types).filter(([name]) =>
    /^(RDS|VHDS)$/.test(name),
  );
  const [name = ''] = [...changed, ...added];
  const { resource } = await preview({ text: route('cart', 'bank'), resource: { proxy: proxies[0] ?? '', type, name } });
  expect(JSON.stringify(resource?.before)).not.toContain('outbound|80||bank');
  expect(JSON.stringify(resource?.after)).toContain('outbound|80||bank.shop.svc.cluster.local');
});

test('what is broken is said, and what would be in order again', async () => {
  const broken = await preview({ text: route('cart', 'nowhere') });
  expect(broken.findings.added).toMatchObject([{ code: 'IST0101', resource: { name: 'cart' } }]);
  expect((await preview({ text: 'kind: [' })).findings.added).toMatchObject([{ severity: 'error' }]);
  const refused = await preview({ text: onlyCart.replace('principals', 'prinzipals') });
  expect([refused.refused, refused.changes, refused.pairs]).toEqual([true, [], []]);
  await weftd.apply(route('cart', 'nowhere'));
  const mended = await preview({ text: route('cart') });
  expect(mended.findings).toMatchObject({ added: [], gone: [{ code: 'IST0101' }] });
});

test('of what a file says the effect is told too, and that it is the file’s', async () => {
  const found = await preview({ text: route('web', 'bank') });
  expect(found.items).toMatchObject([{ action: 'refused', owner: { source: 'file' } }]);
  expect(found.changes).toHaveLength(1);
  expect(found.proxies.changed).toHaveLength(1);
});

test('a deletion, and taking back a revision', async () => {
  const { revision } = (await weftd.apply(onlyCart)).body;
  for (const asked of [{ delete: [{ kind: 'AuthorizationPolicy', namespace: 'shop', name: 'bank' }] }, { undo: revision }]) {
    const found = await preview(asked);
    expect(found.pairs).toMatchObject([{ before: 'denied', after: 'allowed' }]);
    expect(found.changes).toMatchObject([{ action: 'deleted' }]);
  }
  expect((await weftd.ask('/resources/authorizationpolicy')).body.items).toHaveLength(1);
});

test('recorded traffic is for operators, and one thing is asked at a time', async () => {
  const headers = { host: `127.0.0.1:${port}`, authorization: `Bearer ${readFileSync(weftd.files.viewerToken, 'utf8').trim()}` };
  const asViewer = (body: PreviewRequest) => askAt({ port }, '/preview', { headers, body });
  expect((await asViewer({ text: onlyCart })).status).toBe(200);
  expect((await asViewer({ text: onlyCart, records: 10 })).body.error).toBe('recorded traffic is for operators');
  expect((await preview({ text: onlyCart, records: 10 })).records).toEqual({ looked: 0, judged: 0, changed: [] });
  for (const body of [{}, { text: '', undo: 1 }]) expect((await weftd.ask('/preview', { body })).status).toBe(400);
  expect((await weftd.ask('/preview', { body: { undo: 100_000 } })).status).toBe(404);
});
