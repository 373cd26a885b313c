/** What applications tell of themselves, kept by a real store as somebody asks for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredShares } from '@weft/signals';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Metrics, openMetrics } from './metrics.ts';

const start = 1_800_000_000_000;
const options = { maxBytes: 1e9, maxAgeMs: 1e12, maxSeries: 10_000, topology: { maxBytes: 1e9, maxAgeMs: 1e12 }, now: start };

let folder: string;
let store: Metrics;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-told-'));
  store = openMetrics(join(folder, 'metrics.db'), options);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const page = ({ used, size, jobs }: Readonly<Record<string, number>>): string => `# TYPE pool_in_use gauge
pool_in_use{pool="main"} ${used}
pool_in_use{pool="main",namespace="bank",pod="forged"} 0
# TYPE pool_size gauge
pool_size{pool="main"} ${size}
# TYPE jobs_total counter
jobs_total ${jobs}
# TYPE other gauge
other 7
istio_requests_total{reporter="source"} 1e9
`;

const tell = (seconds: number, pod: string, text: string, metrics = ['pool_in_use', 'pool_size', 'jobs_total']): void => {
  const at = start + seconds * 1000;
  store.tell({ target: `shop/${pod} /metrics`, own: { namespace: 'shop', workload: 'pay', pod }, at, page: text, format: 'text', metrics });
  store.commit(at, 1);
};

const span = { from: start, to: start + 60_000, step: 10_000 };

test('gauges and counters are kept under the pod’s own name, and nothing that nobody asked for', () => {
  tell(10, 'pay-1', page({ used: 5, size: 10, jobs: 1000 }));
  tell(20, 'pay-1', page({ used: 8, size: 10, jobs: 1030 }));
  const { groups } = store.gauges({ metric: 'pool_in_use', by: ['namespace', 'workload', 'pod', 'pool'], whole: true, ...span });
  expect(groups.map(({ labels, steps }) => [Object.values(labels), steps[0]?.value.max])).toEqual([[['shop', 'pay', 'pay-1', 'main'], 8]]);
  const grown = () =>
    store.counters({ metric: 'jobs_total', ...span }).groups.flatMap(({ steps }) => steps.map(({ value }) => value.amount));
  // What it had counted before anybody looked is not new.
  expect(grown()).toEqual([30]);
  tell(30, 'pay-1', page({ used: 8, size: 10, jobs: 4 }));
  expect(grown()).toEqual([30, 4]);
  for (const metric of ['other', 'istio_requests_total']) {
    expect(store.gauges({ metric, ...span }).groups).toEqual([]);
    expect(store.counters({ metric, ...span }).groups).toEqual([]);
  }
});

test('what counted goes on over a restart', () => {
  tell(10, 'pay-1', page({ used: 5, size: 10, jobs: 1000 }));
  store.close();
  store = openMetrics(join(folder, 'metrics.db'), options);
  tell(20, 'pay-1', page({ used: 5, size: 10, jobs: 1010 }));
  expect(store.counters({ metric: 'jobs_total', ...span }).groups[0]?.steps[0]?.value.amount).toBe(10);
});

test('how full something is, is told of the fullest pod by its own limit', async () => {
  tell(10, 'pay-1', page({ used: 5, size: 10, jobs: 0 }));
  tell(10, 'pay-2', page({ used: 6, size: 8, jobs: 0 }));
  const query = { gauges: async (asked: never) => store.gauges(asked), counters: async (asked: never) => store.counters(asked) } as never;
  const pools = { namespace: 'shop', name: 'pools', used: { gauge: 'pool_in_use' }, limit: { gauge: 'pool_size' }, by: ['pool'] };
  expect(await measuredShares(query, [pools], { ...span, whole: true })).toEqual([
    { namespace: 'shop', workload: 'pay', name: 'pools', share: 0.75 },
  ]);
});

test('a page of a hundred thousand series takes no more than a thousand', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `queue{id="${index}"} 1`).join('\n');
  tell(10, 'pay-1', `# TYPE queue gauge\n${many}\n`, ['queue']);
  expect(store.state()).toMatchObject({ series: 1000, leftOut: 99_000 });
});
