import { expect, test } from 'vitest';
import { grown, looked, measured, observed } from './query.fixture.ts';

const span = { from: 65_000, to: 180_000, step: 60_000 };

const told = measured([
  grown('istio_requests_total', { service: 'ledger', code: '200' }, [30_000, 100]),
  grown('istio_requests_total', { service: 'ledger', code: '200' }, [60_000, 5]),
  grown('istio_requests_total', { service: 'ledger', code: '503' }, [70_000, 2]),
  grown('istio_requests_total', { service: 'web' }, [130_000, 7]),
  grown('istio_requests_total', { service: 'web' }, [180_000, 100]),
  observed('took', {}, [60_000, { bounds: [1], counts: [1, 2], sum: 9 }]),
  observed('took', {}, [70_000, { bounds: [1], counts: [3, 4], sum: 9 }]),
  looked('memory', { pod: 'a' }, [60_000, 3]),
  looked('memory', { pod: 'b' }, [60_000, 5]),
]);

test('counters are summed by group and step; steps that are partly within count as a whole', async () => {
  const { groups } = await told.counters({ metric: 'istio_requests_total', by: ['service'], ...span });
  expect(groups).toEqual([
    { labels: { service: 'ledger' }, steps: [{ at: 60_000, value: { kind: 'amount', amount: 7 } }] },
    { labels: { service: 'web' }, steps: [{ at: 120_000, value: { kind: 'amount', amount: 7 } }] },
  ]);
});

test('a label that is missing is the empty text', async () => {
  const { groups } = await told.counters({ metric: 'istio_requests_total', where: { code: ['', '503'] }, ...span });
  expect(groups.map(({ steps }) => steps.map(({ value }) => value.amount))).toEqual([[2, 7]]);
});

test('histograms are merged, gauges kept apart by what is asked', async () => {
  const took = await told.histograms({ metric: 'took', ...span });
  expect(took.groups[0]?.steps[0]?.value.histogram).toEqual({ bounds: [1], counts: [4, 6], sum: 18 });
  const memory = await told.gauges({ metric: 'memory', by: ['pod'], ...span });
  expect(memory.groups.map(({ labels, steps }) => [labels['pod'], steps[0]?.value.max])).toEqual([
    ['a', 3],
    ['b', 5],
  ]);
});
