import { latencyBounds } from '@weft/model';
import { describe, expect, test } from 'vitest';
import type { AccessRecord } from './record.ts';
import { type KeptRoutes, routeCounters, routeCounts, routeHistograms, routeStep } from './routes.ts';

interface Said extends Partial<Pick<AccessRecord, 'at' | 'side' | 'duration' | 'route' | 'flags'>> {
  readonly status?: number;
}

const record = ({ status = 200, ...more }: Said = {}): AccessRecord => {
  const party = (workload: string) => ({ principal: '', namespace: 'shop', workload, app: '', version: '', cluster: '', address: '' });
  return {
    ...{ at: 0, side: 'source', duration: 3, protocol: 'HTTP/1.1', received: 0, sent: 0, flags: '', details: '', route: 'slow' },
    ...{ upstreamCluster: '', mtls: true, verdict: { kind: 'allowed' } },
    source: { ...party('web'), client: '' },
    destination: { ...party('ledger'), service: 'ledger.shop.svc.cluster.local' },
    request: { method: 'GET', host: 'ledger', path: '/', status, grpcStatus: '', id: '', trace: '', denial: '' },
    ...more,
  };
};

const kept = (...said: readonly Said[]): KeptRoutes => ({ rows: routeCounts(said.map(record)), step: routeStep });
const asked = { metric: 'istio_requests_total', from: 0, to: 10 * routeStep, step: routeStep };

describe('requests of a route', () => {
  test('are counted under the labels of metrics, by callers alone', () => {
    const { groups } = routeCounters(kept({}, {}, { route: 'fast' }, { side: 'destination' }), {
      ...asked,
      where: { route: ['slow'], destination_service: ['ledger.shop.svc.cluster.local'], reporter: ['source'] },
      by: ['route', 'destination_service_name', 'destination_service_namespace', 'source_workload', 'response_flags'],
    });
    const labels = { route: 'slow', destination_service_name: 'ledger', destination_service_namespace: 'shop', source_workload: 'web' };
    expect(groups).toEqual([{ labels: { ...labels, response_flags: '-' }, steps: [{ at: 0, value: { kind: 'amount', amount: 2 } }] }]);
  });

  test('keep their answers apart, and their minutes', () => {
    const found = kept({}, { status: 503, flags: 'UH' }, { at: routeStep + 7 });
    const { groups } = routeCounters(found, { ...asked, by: ['response_code'] });
    expect(groups.map(({ labels, steps }) => [labels['response_code'], steps.map(({ at, value }) => [at, value.amount])])).toEqual([
      [
        '200',
        [
          [0, 1],
          [routeStep, 1],
        ],
      ],
      ['503', [[0, 1]]],
    ]);
  });

  test('are put together in longer steps, and in one for all of the time', () => {
    const found = kept({}, { at: routeStep }, { at: 3 * routeStep });
    const longer = routeCounters(found, { ...asked, step: 2 * routeStep });
    expect([longer.step, longer.groups[0]?.steps.map(({ at, value }) => [at, value.amount])]).toEqual([
      2 * routeStep,
      [
        [0, 2],
        [2 * routeStep, 1],
      ],
    ]);
    const whole = routeCounters(found, { ...asked, whole: true });
    expect([whole.step, whole.groups[0]?.steps]).toEqual([10 * routeStep, [{ at: 0, value: { kind: 'amount', amount: 3 } }]]);
  });

  test('last as long as proxies count it: in their buckets', () => {
    const [group] = routeHistograms(kept({ duration: 5 }, { duration: 6 }, { duration: 9e9 }), {
      ...asked,
      metric: 'istio_request_duration_milliseconds',
    }).groups;
    const { counts, sum, bounds } = group?.steps[0]?.value.histogram ?? { counts: [], sum: 0, bounds: [] };
    expect([bounds, sum]).toEqual([latencyBounds, 9e9 + 11]);
    expect(counts.flatMap((count, index) => Array<number>(count).fill(bounds[index] ?? Infinity))).toEqual([5, 10, Infinity]);
  });

  test('have no bytes: other metrics of routes are nobody’s', () => {
    expect(routeCounters(kept({}), { ...asked, metric: 'istio_tcp_sent_bytes_total' }).groups).toEqual([]);
  });
});
