import type { MeshChange, MeshChanges } from '@weft/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const service = (name: string, port: number): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{port: ${port}}]}\n`;
const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}-v1, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}, version: v1}}
    spec: {containers: [{name: main, command: [node, server.mjs]}]}
`;

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('shop.yaml', namespace);
  await weftd.start();
  await weftd.ask('/node', { body: { boot: 'b1', socket: weftd.files.agentSocket } });
});

afterAll(() => weftd.remove());

const changes = async (query = ''): Promise<MeshChanges> => (await weftd.ask(`/changes${query}`)).body;
const words = async (query = ''): Promise<readonly string[]> =>
  (await changes(query)).items.map(({ kind, words: said }) => `${kind}: ${said}`);

/** As the agent says it. */
const report = async (ready: boolean, restarts = 0): Promise<void> => {
  const pods = (await weftd.view()).pods.map(({ name, namespace: of, uid }) => ({
    ...{ name, namespace: of, uid, address: '10.244.0.9', phase: 'Running', ready, proxy: 'none', message: '', restarts, startedAt: 1 },
  }));
  await weftd.ask('/node/pods', { body: { boot: 'b1', pods } });
};

test('what happened is told in its order, of everything or of one service, also after a restart', async () => {
  await weftd.apply(`${service('web', 80)}---\n${deployment('web')}---\n${service('cart', 80)}`);
  await report(true, 1);
  const said = 'rollout: web-v1: 1 pod became ready';
  await vi.waitFor(async () => expect(await words()).toContain(said), 10_000);
  await weftd.apply(service('cart', 81));
  const ofCart = await words('?namespace=shop&service=cart');
  expect(ofCart).toContain('configuration: Service shop/cart changed');
  expect(ofCart).not.toContain(said);
  const ofWeb = await words('?namespace=shop&service=web');
  const restarted = expect.stringMatching(/^restart: web-v1-\S+ ended and was started again, once$/);
  expect(ofWeb).toEqual(expect.arrayContaining([said, 'rollout: version v1 of web appeared', restarted]));
  expect(ofWeb).not.toContain('configuration: Service shop/cart changed');
  expect(ofWeb).toContain('weftd: weftd test started');
  await weftd.stop();
  await weftd.start();
  await vi.waitFor(async () => expect((await words()).slice(-2)).toEqual(['weftd: weftd stopped', 'weftd: weftd test started']));
  const { items } = await changes();
  expect(items.map(({ at }) => at)).toEqual(items.map(({ at }) => at).toSorted((a, b) => a - b));
  const [change] = items.filter(({ words: text }) => text === 'Service shop/cart changed');
  expect(change).toMatchObject({
    kind: 'configuration',
    namespace: 'shop',
    objects: [{ name: 'cart' }],
    by: expect.any(String),
  } satisfies Partial<Record<keyof MeshChange, unknown>>);
  const { items: last, more } = await changes('?limit=1');
  expect([last, more]).toEqual([items.slice(-1), true]);
});

test('what cannot be asked is told in words', async () => {
  expect((await weftd.ask('/changes?service=web')).body.error).toBe('a service is named with its namespace');
  expect((await weftd.ask('/changes?from=2&to=1')).status).toBe(400);
});
