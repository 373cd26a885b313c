import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignalsAnswer, Topology } from '@weft/model';
import { edgeOf, impactOf } from '@weft/signals';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Metrics, openMetrics } from './metrics.ts';
import { FakeEnvoy, web } from './page.fixture.ts';

const start = 1_800_000_000_000;
const minute = 60_000;
const options = { maxBytes: 1e9, maxAgeMs: 1e12, maxSeries: 10_000, topology: { maxBytes: 1e9, maxAgeMs: 30 * 86_400_000 }, now: start };

let folder: string;
let store: Metrics;
let server: FakeEnvoy;
let traffic: FakeEnvoy;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-topology-'));
  store = openMetrics(join(folder, 'metrics.db'), options);
  server = new FakeEnvoy('shop/web-1', start);
  const principal = 'spiffe://cluster.local/ns/shop/sa/traffic';
  traffic = new FakeEnvoy('shop/traffic-1', start, { ...web, workload: 'traffic', principal, app: 'traffic', canonicalService: 'traffic' });
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** Everybody calls, then all are read at the minute's end. */
const pass = (index: number, revision: number, calls: () => void): void => {
  calls();
  for (const second of [30, 60]) {
    const at = start + index * minute + second * 1_000;
    store.add([server.read(at), traffic.read(at)]);
    store.commit(at, revision);
  }
};

const edges = (from: number, to: number) => {
  const kept = store.edges(start + from * minute, start + to * minute);
  const length = (to - from) * minute;
  return kept.edges.map(({ labels, counts }) => edgeOf(labels, counts, { length, isGateway: () => false }));
};

const both = (requests: number, code = '200'): void => {
  traffic.call(requests, 'web', { code });
  server.serve(requests, { code });
};

test('before the first minute is over its edges are there', () => {
  both(60);
  store.add([server.read(start + 30_000), traffic.read(start + 30_000)]);
  store.commit(start + 30_000, 1);
  expect(edges(-9.5, 0.5)).toMatchObject([{ requests: 60 }]);
});

const told = <Answer>(bytes: Uint8Array | undefined): Answer => JSON.parse(Buffer.from(bytes ?? []).toString()) as Answer;

test('rates of a young mesh are over the time that somebody looked', async () => {
  both(60);
  store.add([server.read(start + 30_000), traffic.read(start + 30_000)]);
  store.commit(start + 30_000, 1);
  const hour = { from: start - 59 * minute, to: start + minute };
  const signals = async (step?: number) =>
    told<SignalsAnswer>(await store.goldenSignals({ of: 'service', ...hour, ...(step && { step }) }, []));
  expect(await signals()).toMatchObject({ since: start, items: [{ requests: 60, requestsPerSecond: 2 }] });
  // Also in a step that somebody looked in a part of only.
  expect((await signals(minute)).items[0]?.series).toMatchObject([{ at: start, requestsPerSecond: 2 }]);
  expect(told<Topology>(store.topology({ ...hour, gateways: [] }))).toMatchObject({
    ...{ since: start, until: start + 30_000 },
    edges: [{ requests: 60, requestsPerSecond: 2 }],
  });
});

test('edges by how they are protected, and how much of all traffic is', () => {
  pass(0, 1, () => {
    both(60);
    server.servePlaintext(5);
  });
  const asked = { from: start, to: start + minute, gateways: [] };
  const plain = told<Topology>(store.topology({ ...asked, mtls: ['plaintext', 'mixed'] }));
  expect(plain.edges.map(({ caller, mtls }) => [caller.kind, mtls])).toEqual([['outside', 'plaintext']]);
  expect(plain.protection).toEqual({ mutual: 60, plaintext: 5, unknown: 0 });
  expect(told<Topology>(store.topology({ ...asked, namespace: 'other' })).protection).toEqual({ mutual: 0, plaintext: 0, unknown: 0 });
});

test('each minute has its edges: both ends count a request once, and only the server knows of mutual TLS', () => {
  pass(0, 1, () => both(60));
  pass(1, 1, () => {
    both(20, '503');
    server.servePlaintext(5);
  });
  const [first, ...more] = edges(0, 1);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    caller: { kind: 'workload', namespace: 'shop', name: 'traffic', version: 'v1' },
    callee: { kind: 'service', namespace: 'shop', name: 'web', workload: { namespace: 'shop', name: 'web', version: 'v1' } },
    ...{ protocol: 'http', requests: 60, requestsPerSecond: 1, failed: 0, mtls: 'mutual', health: 'healthy' },
  });
  expect(first?.latency?.p50).toBeCloseTo(3, 0);
  expect(edges(1, 2).map(({ caller, requests, failed, mtls, health }) => [caller.kind, requests, failed, mtls, health])).toEqual([
    ['workload', 20, 20, 'mutual', 'failing'],
    ['outside', 5, 0, 'plaintext', 'healthy'],
  ]);
  expect(edges(0, 2).map(({ requests, failed }) => [requests, failed])).toEqual([
    [80, 20],
    [5, 0],
  ]);
});

test('since when it is kept is told, whatever is asked for', () => {
  expect(store.edges(start, start + minute).since).toBeUndefined();
  for (const index of [0, 1, 2]) pass(index, 1, () => both(1));
  expect([store.edges(start + minute, start + 2 * minute).since, store.edges(start - 9 * minute, start).since]).toEqual([start, start]);
});

test('the minute that is not over is told too', () => {
  pass(0, 1, () => both(10));
  both(4);
  const at = start + minute + 20_000;
  store.add([server.read(at), traffic.read(at)]);
  store.commit(at, 1);
  expect(edges(0, 2).map(({ requests }) => requests)).toEqual([14]);
});

test('the past stays when the finer steps are forgotten, with the revision in force; what is gone is told for a day', () => {
  pass(0, 7, () => both(60));
  for (let index = 1; index < 5; index += 1) pass(index, 8, () => traffic.call(1, 'cart'));
  store.maintain(start + 29 * 24 * 60 * minute);
  const asked = { metric: 'istio_requests_total', from: start, to: start + minute, step: 10_000 };
  expect(store.counters(asked).step).toBeGreaterThan(minute);
  expect(edges(0, 1).map(({ requests }) => requests)).toEqual([60]);
  const later = store.edges(start + 3 * minute, start + 5 * minute);
  expect([store.edges(start, start + 2 * minute).revisions, later.revisions]).toEqual([[7, 8], [8]]);
  expect(later.vanished.map(({ labels, last }) => [labels['destination_service_name'], last])).toEqual([['web', start]]);
  expect(store.edges(start + 3 * 1440 * minute, start + 3 * 1440 * minute + 1).vanished).toEqual([]);
});

test('a day is the sum of its minutes, wherever it begins', () => {
  let all = 0;
  for (const index of [0, 1, 3, 12, 64, 130, 1450, 1451, 1530]) {
    all += index + 1;
    // Pods of that minute: of older ones it would not be known when in between they counted.
    server = new FakeEnvoy(`shop/web-${index}`, start + index * minute);
    traffic = new FakeEnvoy(`shop/traffic-${index}`, start + index * minute, traffic.own);
    pass(index, 1, () => both(index + 1));
  }
  const requests = (from: number, to: number): number => edges(from, to).reduce((sum, edge) => sum + edge.requests, 0);
  expect(requests(0, 1531)).toBe(all);
  for (const cut of [1, 7, 60, 65, 1439, 1440, 1460]) expect(requests(0, cut) + requests(cut, 1531), String(cut)).toBe(all);
  const [edge] = edges(0, 1531);
  expect([edge?.latency?.p50, edge?.mtls]).toEqual([edges(0, 1)[0]?.latency?.p50 ?? 3, 'mutual']);
});

test('an edge that was away and came back was gone in between', () => {
  pass(0, 1, () => both(60));
  for (let index = 1; index < 40; index += 10) pass(index, 1, () => traffic.call(1, 'cart'));
  pass(41, 1, () => both(60));
  const gone = (from: number, to: number) => {
    const { vanished } = store.edges(start + from * minute, start + to * minute);
    return vanished.map(({ labels, last }) => [labels['destination_service_name'], (last - start) / minute]);
  };
  expect(gone(20, 30)).toEqual([['web', 0]]);
  expect(gone(35, 42)).toEqual([['cart', 31]]);
  expect(gone(0, 10)).toEqual([]);
});

test('it has its bounds of time and size', () => {
  for (let index = 0; index < 40; index += 1) pass(index, 1, () => both(60));
  const kept = () => Array.from({ length: 40 }, (_, index) => edges(index, index + 1).length).filter((count) => count > 0).length;
  expect(kept()).toBe(40);
  store.close();
  store = openMetrics(join(folder, 'metrics.db'), { ...options, topology: { ...options.topology, maxBytes: 300 } });
  store.maintain(start + 40 * minute);
  expect(kept()).toBeLessThan(20);
  expect(kept()).toBeGreaterThan(2);
  store.maintain(start + 31 * 1440 * minute);
  expect(kept()).toBe(0);
});

test('impact goes through everybody in between', () => {
  pass(0, 1, () => {
    both(1);
    traffic.call(1, 'cart');
  });
  const all = edges(0, 1);
  expect(impactOf('shop/web', all)).toEqual({ node: 'shop/web', upstream: ['shop/traffic'], downstream: [] });
  expect(impactOf('shop/traffic', all).downstream.toSorted()).toEqual(['shop/cart', 'shop/web']);
});
