import { expect, test } from 'vitest';
import type { Labels } from '../prometheus/exposition.ts';
import { grown, looked, measured, observed } from '../query.fixture.ts';
import { seriesBy } from './by-labels.ts';

const minute = 60_000;
const span = { from: 0, to: 10 * minute };
const sent: Labels = { reporter: 'source', destination_service_name: 'ledger', response_code: '200' };
const plain: Labels = { ...sent, reporter: 'destination', connection_security_policy: 'none' };
const served: Labels = { ...plain, connection_security_policy: 'mutual_tls' };

const told = measured([
  grown('istio_requests_total', sent, [minute, 90]),
  grown('istio_requests_total', { ...sent, response_code: '503' }, [2 * minute, 30]),
  grown('istio_requests_total', served, [minute, 88]),
  grown('istio_requests_total', plain, [minute, 4]),
  grown('istio_requests_total', { ...sent, destination_service_name: 'other' }, [minute, 7]),
  observed('istio_request_bytes', sent, [minute, { bounds: [10, 100], counts: [1, 3, 0], sum: 120 }]),
  looked('weft_proxy_cpu_cores', { workload: 'ledger' }, [minute, 0.5]),
  looked('weft_proxy_cpu_cores', { workload: 'ledger' }, [2 * minute, 0.1]),
]);

test('requests by answer, as callers saw them and of callers without a proxy as the server did, over time', async () => {
  const { items, step } = await seriesBy(told, {
    ...{ metric: 'istio_requests_total', by: ['response_code'], seenBy: 'callers', ...span, step: minute },
    where: { destination_service_name: ['ledger'] },
  });
  expect(step).toBe(minute);
  expect(items).toEqual([
    { labels: { response_code: '200' }, count: 94, series: [{ at: minute, count: 94 }] },
    { labels: { response_code: '503' }, count: 30, series: [{ at: 2 * minute, count: 30 }] },
  ]);
});

test('as servers saw them, in one figure where nobody asks for steps', async () => {
  const { items } = await seriesBy(told, { metric: 'istio_requests_total', by: ['connection_security_policy'], seenBy: 'servers', ...span });
  expect(items).toEqual([
    { labels: { connection_security_policy: 'mutual_tls' }, count: 88 },
    { labels: { connection_security_policy: 'none' }, count: 4 },
  ]);
});

test('of sizes the mean and quantiles, of what is looked at the most', async () => {
  const sizes = await seriesBy(told, { metric: 'istio_request_bytes', by: [], seenBy: 'callers', ...span });
  expect(sizes.items).toMatchObject([{ labels: {}, count: 4, mean: 30, quantiles: { p50: 40 } }]);
  const cpu = await seriesBy(told, { metric: 'weft_proxy_cpu_cores', by: ['workload'], seenBy: 'callers', ...span });
  expect(cpu.items).toEqual([{ labels: { workload: 'ledger' }, count: 2, max: 0.5, mean: 0.3 }]);
});
