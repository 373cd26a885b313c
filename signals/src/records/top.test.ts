import { expect, test } from 'vitest';
import type { AccessRecord } from './record.ts';
import { topRows } from './top.ts';

const party = (workload: string, address = '10.244.0.8:8080') => ({
  ...{
    principal: workload === '' ? '' : `spiffe://cluster.local/ns/shop/sa/${workload}`,
    namespace: workload === '' ? '' : 'shop',
    workload,
  },
  ...{ app: '', version: '', cluster: '', address },
});

interface Said extends Partial<Pick<AccessRecord, 'at' | 'side' | 'duration' | 'flags' | 'verdict'>> {
  readonly path?: string;
  readonly status?: number;
  readonly grpc?: string;
  readonly to?: string;
}

const record = ({ path = '/', status = 200, grpc = '', to = 'ledger', ...more }: Said = {}): AccessRecord => ({
  ...{ at: 0, side: 'destination', duration: 5, protocol: 'HTTP/1.1', received: 0, sent: 0, flags: '', details: '', route: 'default' },
  ...{ upstreamCluster: '', mtls: true, verdict: { kind: 'allowed' } },
  source: { ...party('web', '10.244.0.7:40000'), client: '' },
  destination: { ...party(to), service: 'ledger.shop.svc.cluster.local' },
  request: { method: 'GET', host: 'ledger', path, status, grpcStatus: grpc, id: 'r1', trace: '', denial: '' },
  ...more,
});

test('requests are put together by who asked whom for what; the most frequent first', () => {
  const rows = topRows(
    [record({ path: '/b' }), record({ at: 2, duration: 9 }), record({ at: 3, duration: 2 }), record({ at: 1, duration: 4 })],
    10,
  );
  expect(rows).toEqual([
    {
      ...{ source: 'shop/web', destination: 'shop/ledger', method: 'GET', path: '/', route: 'default' },
      ...{ count: 3, best: 2, worst: 9, last: 2, success: 1 },
    },
    expect.objectContaining({ path: '/b', count: 1 }),
  ]);
  expect(topRows([record({ path: '/b' }), record(), record()], 1)).toHaveLength(1);
});

test('what both proxies tell counts once, and what reached no proxy counts too', () => {
  const lost = record({ side: 'source', to: '', status: 503, flags: 'UH' });
  const rows = topRows([record(), record({ side: 'source' }), lost], 10);
  expect(rows.map(({ count, success }) => [count, success])).toEqual([
    [1, 1],
    [1, 0],
  ]);
  expect(rows[1]).toMatchObject({ failure: { id: 'r1', words: expect.stringContaining('no endpoint of the service is ready') } });
});

test('failures are the server’s and refusals, and the last one is told in words with its id', () => {
  const denied = { kind: 'denied', by: 'policy', reason: '' } as const;
  const [row] = topRows(
    [record({ status: 404 }), record({ status: 500, at: 1 }), record({ status: 403, at: 2, verdict: denied }), record()],
    10,
  );
  expect(row).toMatchObject({ count: 4, success: 0.5, failure: { words: 'refused by policy: no ALLOW rule matched', id: 'r1' } });
  expect(topRows([record({ grpc: '14' })], 1)[0]?.success).toBe(0);
  expect(topRows([record({ grpc: '5' })], 1)[0]?.success).toBe(1);
  expect(topRows([record({ status: 0, flags: 'DC' })], 1)[0]?.success, 'a caller that went away').toBe(1);
});
