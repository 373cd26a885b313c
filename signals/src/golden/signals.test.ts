import { expect, test } from 'vitest';
import type { Labels } from '../prometheus/exposition.ts';
import { grown, looked, type Measurement, measured, observed } from '../query.fixture.ts';
import { goldenSignals } from './signals.ts';

const minute = 60_000;
const span = { from: 0, to: 10 * minute };

const call: Labels = {
  reporter: 'source',
  source_workload: 'web',
  source_workload_namespace: 'shop',
  destination_service: 'ledger.shop.svc.cluster.local',
  destination_service_name: 'ledger',
  destination_service_namespace: 'shop',
  destination_workload: 'ledger',
  destination_workload_namespace: 'shop',
  destination_version: 'v1',
  connection_security_policy: 'unknown',
  response_code: '200',
  response_flags: '-',
};
const served: Labels = { ...call, reporter: 'destination', connection_security_policy: 'mutual_tls' };
const plain: Labels = { ...served, source_workload: 'unknown', connection_security_policy: 'none' };
const unsent: Labels = { ...call, destination_workload: 'unknown', response_code: '503', response_flags: 'UO' };

const requests = (labels: Labels, amount: number, at = minute): Measurement => grown('istio_requests_total', labels, [at, amount]);
const took = (labels: Labels, counts: readonly number[]): Measurement =>
  observed('istio_request_duration_milliseconds', labels, [minute, { bounds: [10, 100], counts, sum: 0 }]);

const told = measured([
  requests(call, 90),
  requests(call, 6, 5 * minute),
  requests(served, 96),
  requests(plain, 4),
  requests(unsent, 10),
  took(call, [96, 0, 0]),
  took(plain, [0, 4, 0]),
  took(served, [50, 46, 0]),
]);

test('a service’s are as its callers saw it: each request once, also what never arrived and who has no proxy', async () => {
  const { items, known } = await goldenSignals(told, { of: 'service', ...span });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    labels: { destination_service_name: 'ledger', destination_service_namespace: 'shop' },
    requests: 110,
    failed: 10,
    requestsPerSecond: 110 / 600,
  });
  expect(items[0]?.failedShare).toBeCloseTo(10 / 110, 9);
  expect(items[0]?.reasons).toEqual([
    { flag: 'UO', code: '503', words: 'a limit on connections or requests was reached: this one was not sent', requests: 10 },
  ]);
  expect(items[0]?.latency?.p50).toBeCloseTo(5.2, 1);
  expect(items[0]?.latency?.p99).toBeCloseTo(77.5, 1);
  expect(known).toBe(1);
});

test('a workload’s are as its own proxy saw it', async () => {
  const { items } = await goldenSignals(told, { of: 'version', ...span });
  expect(items.map(({ labels, requests: all, failed }) => [labels['destination_workload'], labels['destination_version'], all, failed])).toEqual([
    ['ledger', 'v1', 100, 0],
  ]);
});

test('edges and callers tell who called, and steps when', async () => {
  const edges = await goldenSignals(told, { of: 'edge', ...span });
  expect(edges.items.map(({ labels, requests: all }) => [labels['source_workload'], all])).toEqual([
    ['web', 106],
    ['unknown', 4],
  ]);
  const { items } = await goldenSignals(told, { of: 'mesh', step: 5 * minute, ...span, where: { source_workload: ['web'] } });
  expect(items[0]?.series?.map(({ at, requests: all, failed }) => [at, all, failed])).toEqual([
    [0, 100, 10],
    [5 * minute, 6, 0],
  ]);
});

test('gRPC’s own failures count though they come with 200', async () => {
  const grpc = { ...call, request_protocol: 'grpc', grpc_response_status: '14' };
  const { items } = await goldenSignals(measured([requests(grpc, 3), requests({ ...grpc, grpc_response_status: '5' }, 2)]), { of: 'mesh', ...span });
  expect(items[0]).toMatchObject({ requests: 5, failed: 3 });
  expect(items[0]?.reasons[0]?.words).toMatch(/UNAVAILABLE/);
});

test('connections have their bytes', async () => {
  const tcp = { ...call, response_code: '' };
  const of = (name: string, amount: number) => grown(`istio_tcp_${name}_total`, tcp, [minute, amount]);
  const { items } = await goldenSignals(
    measured([of('connections_opened', 5), of('connections_closed', 4), of('received_bytes', 25), of('sent_bytes', 70)]),
    { of: 'service', ...span },
  );
  expect(items[0]).toMatchObject({ connectionsOpened: 5, connectionsClosed: 4, bytesReceived: 25, bytesSent: 70, requests: 0 });
  expect(items[0]).not.toHaveProperty('failedShare');
});

test('requests have theirs', async () => {
  const all = measured([requests(call, 2), grown('istio_request_bytes_sum', call, [minute, 300]), grown('istio_response_bytes_sum', call, [minute, 9000])]);
  expect((await goldenSignals(all, { of: 'service', ...span })).items[0]).toMatchObject({ requests: 2, bytesReceived: 300, bytesSent: 9000 });
});

test('how full things are: the most that any pod used, and what was refused for want of room', async () => {
  const all = measured([
    requests(served, 1),
    requests(unsent, 3),
    looked('weft_proxy_cpu_cores', { namespace: 'shop', workload: 'ledger' }, [minute, 0.2]),
    looked('weft_proxy_cpu_cores', { namespace: 'shop', workload: 'ledger' }, [2 * minute, 0.7]),
    looked('weft_connections_used_share', { destination_service: 'ledger.shop.svc.cluster.local' }, [minute, 0.5]),
  ]);
  expect((await goldenSignals(all, { of: 'workload', ...span })).items[0]?.saturation).toEqual({ proxyCpu: 0.7 });
  expect((await goldenSignals(all, { of: 'service', ...span })).items[0]?.saturation).toEqual({ connections: 0.5, overflowed: 3 });
});

test('a workload that nobody calls is there with what it uses, unless other traffic is asked for', async () => {
  const cores = (workload: string): Measurement => looked('weft_application_cpu_cores', { namespace: 'shop', workload }, [minute, 0.5]);
  const query = measured([requests(served, 1), cores('ledger'), cores('batch')]);
  const names = async (where = {}) =>
    (await goldenSignals(query, { of: 'workload', ...span, where })).items.map(({ labels, requests: count, saturation }) => [
      ...[labels['destination_workload'], count, saturation?.applicationCpu],
    ]);
  expect(await names()).toEqual([
    ['ledger', 1, 0.5],
    ['batch', 0, 0.5],
  ]);
  expect(await names({ destination_workload: ['batch'] })).toEqual([['batch', 0, 0.5]]);
  expect(await names({ source_workload: ['web'] })).toEqual([['ledger', 1, 0.5]]);
});

test('users’ own measures of what is full stand by their names', async () => {
  const gauge = (metric: string, value: number): Measurement =>
    looked(metric, { namespace: 'shop', workload: 'ledger', pod: 'ledger-1' }, [minute, value]);
  const query = measured([requests(served, 1), gauge('pool_in_use', 3), gauge('pool_size', 4)]);
  const pool = { namespace: 'shop', name: 'pool', used: { gauge: 'pool_in_use' }, limit: { gauge: 'pool_size' } };
  const { items } = await goldenSignals(query, { of: 'workload', ...span }, [pool]);
  expect(items[0]?.saturation).toEqual({ measured: { pool: 0.75 } });
});
