import { describe, expect, test } from 'vitest';
import type { AccessRecord, Party } from '../records/record.ts';
import { causeOf, endsOf, hopsOf } from './hops.ts';

const party = (workload: string, address: string): Party => ({
  principal: `spiffe://cluster.local/ns/shop/sa/${workload}`,
  ...{ namespace: 'shop', workload, app: workload, version: '', cluster: '', address },
});

interface Said {
  readonly from: string;
  readonly to: string;
  readonly at?: number;
  readonly status?: number;
  readonly flags?: string;
  readonly address?: string;
}

const record = (
  side: AccessRecord['side'],
  { from, to, at = 0, status = 200, flags = '', address = `${to}:8080` }: Said,
): AccessRecord => ({
  ...{ at, side, duration: 10, protocol: 'HTTP/2', received: 0, sent: 0, flags, details: '', route: '', upstreamCluster: '', mtls: true },
  source: { ...party(from, `${from}:40000`), client: from },
  destination: { ...party(to, address), service: `${to}.shop.svc.cluster.local` },
  request: { method: 'GET', host: to, path: '/', status, grpcStatus: '', id: 'one', trace: '', denial: '' },
  verdict: { kind: 'allowed' },
});
const call = (said: Said): readonly AccessRecord[] => [record('source', said), record('destination', { ...said, at: (said.at ?? 0) + 1 })];

describe('records of one request', () => {
  test('are put together hop by hop, whatever their order', () => {
    const hops = hopsOf([...call({ from: 'web', to: 'catalog', at: 5 }), ...call({ from: 'edge', to: 'web' })].toReversed());
    expect(hops.map(endsOf)).toEqual([
      { from: 'shop/edge', to: 'shop/web' },
      { from: 'shop/web', to: 'shop/catalog' },
    ]);
    expect(hops.every(({ caller, server }) => caller && server)).toBe(true);
    expect(causeOf(hops)).toBeUndefined();
  });

  test('of which a try failed: the last one is the call’s own, the others stand alone', () => {
    const [caller] = call({ from: 'web', to: 'catalog', address: '10.0.0.2:8080' });
    const tries = [
      record('destination', { from: 'web', to: 'catalog', at: 1, status: 503, flags: 'UC', address: '10.0.0.1:8080' }),
      record('destination', { from: 'web', to: 'catalog', at: 3, address: '10.0.0.2:8080' }),
    ];
    const hops = hopsOf([...(caller ? [caller] : []), ...tries]);
    expect(hops.map(({ caller: one, server }) => [one?.at, server?.at])).toEqual([
      [0, 3],
      [undefined, 1],
    ]);
  });

  test('of the same address but another time are of another call', () => {
    const hops = hopsOf([
      record('source', { from: 'web', to: 'catalog' }),
      record('destination', { from: 'web', to: 'catalog', at: 60_000 }),
    ]);
    expect(hops).toHaveLength(2);
  });

  test('show where it began: behind applications that only pass it on', () => {
    const hops = hopsOf([
      ...call({ from: 'edge', to: 'web', status: 503 }),
      ...call({ from: 'web', to: 'catalog', at: 3, status: 503 }),
      record('source', { from: 'catalog', to: 'db', at: 5, status: 503, flags: 'UO', address: '' }),
      ...call({ from: 'web', to: 'news', at: 8 }),
    ]);
    expect(hops[causeOf(hops) ?? -1]).toMatchObject({ caller: { flags: 'UO' }, diagnosis: { hop: 'caller' } });
  });

  test('show the application where nothing behind it failed', () => {
    const hops = hopsOf([...call({ from: 'edge', to: 'web', status: 500 }), ...call({ from: 'web', to: 'catalog', at: 3 })]);
    expect(causeOf(hops)).toBe(0);
  });

  test('name who was asked by the service where no proxy was reached', () => {
    const [hop] = hopsOf([{ ...record('source', { from: 'web', to: '', address: '' }) }]);
    const lost = {
      ...hop,
      caller: { ...hop?.caller, destination: { ...party('', ''), namespace: '', service: 'db.shop.svc' } } as AccessRecord,
    };
    expect(endsOf(lost)).toEqual({ from: 'shop/web', to: 'db.shop.svc' });
  });
});
