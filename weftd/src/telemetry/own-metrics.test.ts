import { expect, test } from 'vitest';
import { grown, looked, measured } from '../../../signals/src/query.fixture.ts';
import { withOwnMetrics } from './own-metrics.ts';

const span = { from: 0, to: 60_000, step: 10_000 };

test('what weftd looks at itself is answered here, traffic and what is not known here by others', async () => {
  const own = measured([looked('weft_application_cpu_cores', {}, [0, 1]), grown('istio_requests_total', {}, [0, 1])]);
  const others = measured([
    looked('weft_application_cpu_cores', {}, [0, 2]),
    looked('node_load1', {}, [0, 3]),
    grown('istio_requests_total', {}, [0, 4]),
  ]);
  const query = withOwnMetrics(own, others);
  const gauge = async (metric: string) => (await query.gauges({ metric, ...span })).groups[0]?.steps[0]?.value.last;
  expect([await gauge('weft_application_cpu_cores'), await gauge('node_load1')]).toEqual([1, 3]);
  const { groups } = await query.counters({ metric: 'istio_requests_total', ...span });
  expect(groups[0]?.steps[0]?.value.amount).toBe(4);
});
