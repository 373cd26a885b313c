import { expect, test } from 'vitest';
import { boxed } from './boxes.ts';
import { focused, neighbourhoodOf } from './focus.ts';
import { edge, graph, input, topology } from './graph.fixture.ts';
import { type GraphInput, graphOf } from './graph.ts';
import { isPlain } from './scene.ts';
import { sendersOf, withSenders } from './senders.ts';

const ids = (more: Partial<GraphInput> = {}): readonly string[] =>
  graphOf({ ...input, ...more })
    .nodes.map(({ id }) => id)
    .sort();
const edgeIds = (more: Partial<GraphInput> = {}): readonly string[] =>
  graphOf({ ...input, ...more })
    .edges.map(({ id }) => id)
    .sort();
const node = (id: string, more: Partial<GraphInput> = {}) => graphOf({ ...input, ...more }).nodes.find((one) => one.id === id);

test('a workload is shown as its service; what calls nobody and what nobody calls are there, too', () => {
  expect(ids()).toEqual([
    ...['service:shop/cart', 'service:shop/catalog', 'service:shop/web', 'service:warehouse/inventory', 'service:warehouse/ledger'],
    ...['workload:legacy/batch', 'workload:shop/traffic'],
  ]);
  expect(node('service:warehouse/ledger')?.isUnused).toBe(true);
  expect(node('service:shop/web')?.isUnused).toBe(false);
  expect(ids({ withIdle: false })).not.toContain('service:warehouse/ledger');
});

test('edges of one pair and protocol are one, with the worst of what they are', () => {
  const one = graph.edges.find(({ id }) => id === 'service:shop/web > service:shop/catalog http');
  expect(one).toMatchObject({ requests: 800, failed: 150, mtls: 'mutual', health: 'failing', latency: { p95: 300, p99: 400 } });
  expect(one?.latency?.mean).toBeCloseTo((120 * 600 + 1.5 * 200) / 800);
  expect(one?.requestsPerSecond).toBeCloseTo(800 / 600);
  const mixed = graphOf({
    ...input,
    topology: { ...topology, vanished: [], edges: [edge('a/a', 'a/b'), edge('a/a', 'a/b', { mtls: 'plaintext' })] },
  });
  expect(mixed.edges.map(({ mtls }) => mtls)).toEqual(['mixed']);
  expect(mixed.edges.every(isPlain)).toBe(true);
});

test('rates count the time that is known', () => {
  const later = { ...topology, since: topology.from + 300_000 };
  expect(graphOf({ ...input, topology: later }).edges.find(({ to }) => to === 'service:shop/web')?.requestsPerSecond).toBe(2);
});

test('what vanished is drawn unless it came back, or is not wanted', () => {
  const gone = 'service:shop/cart > service:warehouse/inventory tcp';
  expect(graph.edges.find(({ id }) => id === gone)).toMatchObject({ lastSeen: topology.from - 60_000, requests: 0, health: 'idle' });
  expect(edgeIds({ withIdle: false })).not.toContain(gone);
  const back = { ...topology, edges: [...topology.edges, edge('shop/cart', 'warehouse/inventory', { protocol: 'tcp' })] };
  expect(
    graphOf({ ...input, topology: back })
      .edges.filter(({ id }) => id === gone)
      .map(({ lastSeen }) => lastSeen),
  ).toEqual([undefined]);
});

test('a service that is expanded hands its requests to its versions', () => {
  const isExpanded = (service: string): boolean => service === 'shop/catalog';
  expect(edgeIds({ isExpanded })).toEqual(
    expect.arrayContaining([
      'service:shop/catalog > version:shop/catalog-v1@v1 http',
      'service:shop/catalog > version:shop/catalog-v2@v2 http',
      'service:shop/web > service:shop/catalog http',
    ]),
  );
  expect(ids({ view: 'versions' })).toEqual(expect.arrayContaining(['version:shop/web@v1', 'version:shop/catalog-v2@v2']));
});

test('nodes are workloads or applications where they are asked for', () => {
  expect(ids({ view: 'workloads' })).toEqual([
    ...['legacy/batch', 'shop/cart', 'shop/catalog-v1', 'shop/catalog-v2', 'shop/traffic', 'shop/web', 'warehouse/inventory'].map(
      (key) => `workload:${key}`,
    ),
  ]);
  expect(edgeIds({ view: 'applications' })).toContain('application:shop/web > application:shop/catalog http');
  expect(node('application:shop/catalog', { view: 'applications' })?.workloads).toEqual(['shop/catalog-v1', 'shop/catalog-v2']);
});

test('health is that of its objectives before that of thresholds, and marks say what is special', () => {
  expect(node('service:shop/catalog')?.health).toBe('failing');
  const judged = () => ({ health: 'healthy', words: 'promised less' }) as const;
  expect(node('service:shop/catalog', { judged })).toMatchObject({ health: 'healthy', healthWords: 'promised less', marks: ['routed'] });
  expect(node('workload:legacy/batch')?.marks).toEqual(['bare']);
});

test('boxes are namespaces, localities, clusters or applications; a closed one is a node with the sums that pass its border', () => {
  const boxOf = (boxBy: GraphInput['boxBy']) => node('service:shop/web', { boxBy })?.box;
  expect((['namespace', 'locality', 'cluster', 'application', 'none'] as const).map(boxOf)).toEqual([
    'shop',
    'eu/north',
    'east',
    'web',
    undefined,
  ]);
  const scene = boxed(graph, ['shop']);
  const shop = scene.nodes.find(({ id }) => id === 'group:shop');
  expect(shop).toMatchObject({ kind: 'group', members: 4, health: 'failing', healthWords: '1 of 4 failing', inbound: { requests: 600 } });
  expect(scene.edges.map(({ id }) => id).sort()).toEqual([
    'group:shop > service:warehouse/inventory tcp',
    'workload:legacy/batch > group:shop http',
  ]);
  expect(scene.boxes).toEqual(['legacy', 'warehouse']);
  expect([...scene.groups]).toEqual(expect.arrayContaining([['shop', 4]]));
  expect(boxed(graph, undefined).nodes).toHaveLength(graph.nodes.length);
});

test('more nodes than can be read are boxes until somebody opens one', () => {
  const services = Array.from({ length: 200 }, (_, index) => `ns-${index % 4}/s-${index}`);
  const large = graphOf({ ...input, services });
  expect(boxed(large, undefined).nodes.every(({ kind }) => kind === 'group')).toBe(true);
  expect(boxed(large, []).nodes).toHaveLength(large.nodes.length);
});

test('who breaks when something stops, and whom it needs; what vanished counts no more', () => {
  expect(neighbourhoodOf(graph, 'service:shop/catalog')).toEqual({
    callers: ['service:shop/web', 'workload:legacy/batch', 'workload:shop/traffic'],
    callees: [],
  });
  expect(neighbourhoodOf(graph, 'service:shop/cart').callees).toEqual([]);
  expect(
    focused(graph, 'service:shop/cart')
      .nodes.map(({ id }) => id)
      .sort(),
  ).toEqual(['service:shop/cart', 'service:shop/web', 'workload:shop/traffic']);
  expect(focused(graph, 'service:not/there')).toBe(graph);
});

test('plaintext from outside is told apart by whose pods sent it', () => {
  const outside = edge('x/x', 'shop/catalog', { mtls: 'plaintext', caller: { kind: 'outside', namespace: '', name: '', version: '' } });
  const client = (workload: string | undefined, count: number) => ({ workload, count, address: '10.0.0.1', last: 0, refused: false });
  const report = {
    workloads: [{ namespace: 'shop', workload: 'catalog', ports: [{ clients: [client('legacy/batch', 3), client(undefined, 1)] }] }],
  } as unknown as Parameters<typeof sendersOf>[0];
  const told = withSenders([outside, edge('shop/web', 'shop/catalog')], sendersOf(report));
  expect(told.map(({ caller, requests }) => [caller.kind, caller.name, requests])).toEqual([
    ['workload', 'batch', 450],
    ['outside', '', 150],
    ['workload', 'web', 600],
  ]);
});
