/** The discovery service against the real Envoy. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { instance } from '../ca/fixture.ts';
import { ask, eventually, freePort, type MeshShape, type RealEnvoy, realResources, startEnvoy, upstream } from './envoy.fixture.ts';
import { certificateFor, restarted, type Served, serve } from './fixture.ts';

let served: Served;
let envoy: RealEnvoy;
let blue: Awaited<ReturnType<typeof upstream>>;
let green: typeof blue;
let mesh: MeshShape;

const change = (next: Partial<MeshShape>): void => {
  mesh = { ...mesh, ...next };
  served.plan.set(realResources(mesh));
};

const applied = async (): Promise<boolean> =>
  (await served.ads.waitApplied({ revision: served.plan.revision(), timeoutMs: 60_000 })).applied;

beforeAll(async () => {
  [blue, green] = [await upstream('blue'), await upstream('green')];
  mesh = { port: await freePort(), clusters: { blue: blue.port }, hosts: { a: ['a.test', 'blue'], b: ['b.test', 'blue'] } };
  served = await serve(realResources(mesh));
  served.ca.instances.push(instance('shop', 'web-1'));
  const certificate = await certificateFor(served, { namespace: 'shop', pod: { name: 'web-1', uid: 'uid-shop-web-1' } });
  envoy = await startEnvoy({ xdsPort: served.port, roots: served.ca.ca.serving.current().roots, certificate });
}, 60_000);

afterAll(async () => {
  await envoy?.stop();
  await served?.close();
  blue?.close();
  green?.close();
});

it('brings Envoy to life with clusters, endpoints, a listener, routes and virtual hosts', async () => {
  expect(await eventually(() => envoy.live())).toBe(true);
  expect(await ask(mesh.port, 'a.test')).toBe('blue');
  expect(await ask(mesh.port, 'unknown.test')).toBe('404 ');
  expect(await applied()).toBe(true);
  const [status] = served.ads.proxies();
  expect(Object.fromEntries(Object.entries(status?.types ?? {}).map(([type, { resources }]) => [type, resources]))).toEqual({
    CDS: 1,
    EDS: 1,
    LDS: 1,
    RDS: 1,
    VHDS: 2,
  });
});

it('[X14]: brings clusters to Envoy that change again while it waits for the endpoints of the last ones', async () => {
  for (let connectSeconds = 2; connectSeconds < 40; connectSeconds += 1) {
    change({ connectSeconds, clusters: connectSeconds % 2 === 0 ? { blue: blue.port, green: green.port } : { blue: blue.port } });
    await sleep(Math.random() * 6);
  }
  expect(await applied()).toBe(true);
  expect(await ask(mesh.port, 'a.test')).toBe('blue');
}, 120_000);

it('moves all traffic to a new cluster and removes the old one, and not one request fails', async () => {
  const seen: string[] = [];
  let over = false;
  const load = Promise.all(
    [0, 1].map(async () => {
      while (!over) seen.push(await ask(mesh.port, 'a.test'));
    }),
  );
  for (let round = 0; round < 20; round++) {
    const [name, port] = round % 2 === 0 ? (['green', green.port] as const) : (['blue', blue.port] as const);
    change({ clusters: { [name]: port }, hosts: { a: ['a.test', name], b: ['b.test', name] } });
    expect(await applied()).toBe(true);
    expect(await ask(mesh.port, 'a.test')).toBe(name);
  }
  over = true;
  await load;
  expect(seen.length).toBeGreaterThan(50);
  expect(seen.filter((answer) => answer !== 'blue' && answer !== 'green')).toEqual([]);
  expect(await envoy.stats(/^cluster_manager\.(active_clusters|warming_clusters)$/)).toEqual({
    'cluster_manager.active_clusters': 2,
    'cluster_manager.warming_clusters': 0,
  });
});

it('sends less than 1 KB for one changed virtual host', async () => {
  const received = /^cluster\.xds\.upstream_cx_rx_bytes_total$/;
  change({ clusters: { blue: blue.port, green: green.port } });
  expect(await applied()).toBe(true);
  await sleep(200);
  const before = await envoy.stats(received);
  change({ hosts: { ...mesh.hosts, a: ['a.test', 'green'] } });
  expect(await applied()).toBe(true);
  expect(await eventually(async () => (await ask(mesh.port, 'a.test')) === 'green')).toBe(true);
  const after = await envoy.stats(received);
  const bytes = Object.values(after)[0]! - Object.values(before)[0]!;
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1024);
});

it('a virtual host that Envoy refuses is named, and keeps nothing else back', async () => {
  const hosts = { ...mesh.hosts, a: ['a.test', 'blue'] as const, c: ['c.test', 'green'] as const };
  // Two hosts of one domain: Envoy refuses every response that has the second.
  change({ hosts: { ...hosts, bad: ['b.test', 'green'] } });
  expect(await eventually(async () => (await ask(mesh.port, 'c.test')) === 'green')).toBe(true);
  expect(await eventually(async () => (await ask(mesh.port, 'a.test')) === 'blue')).toBe(true);
  expect(await ask(mesh.port, 'b.test')).toBe('blue');
  const [status] = served.ads.proxies();
  expect(status).toMatchObject({ inStep: false, lastNack: { type: 'VHDS', message: expect.stringContaining('b.test') } });
  expect(status?.types['VHDS']?.refused).toEqual([expect.stringContaining('bad')]);
  const { nacks } = status!;
  await sleep(300);
  expect(served.ads.proxies()[0]?.nacks).toBe(nacks);
  change({ hosts });
  expect(await applied()).toBe(true);
});

it('a restarted server that wants the same changes nothing', async () => {
  const modified =
    /(listener_modified|listener_added|listener_removed|cluster_modified|cluster_added|cluster_removed|update_success|update_rejected)$/;
  const before = await envoy.stats(modified);
  served = await restarted(served, realResources(mesh));
  expect(await eventually(async () => served.ads.proxies()[0]?.inStep === true)).toBe(true);
  await sleep(300);
  expect(await envoy.stats(modified)).toEqual(before);
  expect(await ask(mesh.port, 'c.test')).toBe('green');
  change({ hosts: { ...mesh.hosts, c: ['c.test', 'blue'] } });
  expect(await applied()).toBe(true);
  expect(await ask(mesh.port, 'c.test')).toBe('blue');
});
