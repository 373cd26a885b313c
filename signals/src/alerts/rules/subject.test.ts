/** What rules are about: a route, a workload, a version, and what is full. */
import { describe, expect, test } from 'vitest';
import { looked } from '../../query.fixture.ts';
import { ago, judged, nothing, requests, service } from './rules.fixture.ts';

const errors = { errors: { above: 9 } };

describe('a route', () => {
  const to = (route: string, response_code: string, amount: number) => requests({ ...service('pay'), route, response_code }, 3, amount);
  const all = [to('checkout', '503', 10), to('checkout', '200', 90), to('search', '200', 1000)];

  test('is judged by itself, or each of a service is', async () => {
    expect(await judged(errors, { all, subject: { service: 'pay', route: 'checkout' } })).toEqual([
      'shop/pay/checkout: true, 10 % of 100 requests failed in 5m; limit 9',
    ]);
    expect(await judged(errors, { all, subject: { service: 'pay', route: '*' } })).toEqual([
      'shop/pay/checkout: true, 10 % of 100 requests failed in 5m; limit 9',
      'shop/pay/search: false, 0 % of 1000 requests failed in 5m; limit 9',
    ]);
  });

  test('is counted by the minute, and its window is a little longer rather than shorter', async () => {
    const counted = requests({ ...service('pay'), route: 'checkout', response_code: '503' }, 3, 1);
    expect(await judged(errors, { all: [counted], subject: { service: 'pay', route: 'checkout' }, window: '2m' })).toEqual([
      'shop/pay/checkout: unknown, nothing was counted',
    ]);
    expect(await judged(errors, { all: [counted], subject: { service: 'pay', route: 'checkout' }, window: '3m' })).toEqual([
      'shop/pay/checkout: true, 100 % of 1 requests failed in 3m; limit 9',
    ]);
  });
});

describe('workloads and versions', () => {
  const at = (workload: string, version: string, response_code: string, amount: number) =>
    requests(
      {
        ...service('pay'),
        ...{ reporter: 'destination', connection_security_policy: 'mutual_tls', response_code },
        ...{ destination_workload: workload, destination_workload_namespace: 'shop', destination_version: version },
      },
      1,
      amount,
    );
  const all = [
    at('pay-1', 'v1', '200', 100),
    at('pay-2', 'v2', '200', 80),
    at('pay-2', 'v2', '500', 20),
    // As callers saw it, which is not asked for here.
    requests({ ...service('pay'), response_code: '500' }, 1, 1000),
  ];

  test('are judged by what their own proxies saw', async () => {
    expect(await judged(errors, { all, subject: { workload: 'pay-2' } })).toEqual([
      'shop/pay-2: true, 20 % of 100 requests failed in 5m; limit 9',
    ]);
    expect(await judged(errors, { all, subject: { workload: '*', version: '*' } })).toEqual([
      'shop/pay-1/v1: false, 0 % of 100 requests failed in 5m; limit 9',
      'shop/pay-2/v2: true, 20 % of 100 requests failed in 5m; limit 9',
    ]);
    expect(await judged(errors, { all, subject: { service: 'pay', version: 'v2' } })).toEqual([
      'shop/pay/v2: true, 20 % of 100 requests failed in 5m; limit 9',
    ]);
    expect(await judged(errors, { all, subject: { service: 'pay', workload: 'pay-1' } })).toEqual([
      'shop/pay/pay-1: false, 0 % of 100 requests failed in 5m; limit 9',
    ]);
  });

  test('of other namespaces are the root namespace’s to judge', async () => {
    expect(await judged(errors, { all, subject: { workload: 'pay-2' }, namespace: 'bank' })).toEqual([]);
    expect(await judged(errors, { all, subject: { workload: 'pay-2' }, namespace: 'istio-system' })).toHaveLength(1);
  });
});

test('of one caller is what that one saw', async () => {
  const by = (source_workload: string, response_code: string) => requests({ ...service('pay'), source_workload, response_code }, 1, 50);
  const all = [by('web', '200'), by('batch', '503')];
  expect(await judged(errors, { all, subject: { service: 'pay', caller: { workload: 'web' } } })).toEqual([
    'shop/pay: false, 0 % of 50 requests failed in 5m; limit 9',
  ]);
});

test('a short name is of the rule’s own namespace, also in the root namespace', async () => {
  const all = [requests({ ...service('gate', 'istio-system'), response_code: '503' }, 1, 5)];
  expect(await judged(errors, { all, subject: { service: 'gate' }, namespace: 'istio-system' })).toHaveLength(1);
});

describe('saturation', () => {
  const share = (metric: string, workload: string, value: number) =>
    looked(metric, { namespace: 'web', workload, destination_service: 'pay.shop.svc.cluster.local' }, [ago(1), value]);
  const full = { saturation: { above: 80 } };

  test('of a service is that of the fullest caller’s circuit breakers', async () => {
    const all = [
      share('weft_connections_used_share', 'web', 0.5),
      share('weft_connections_used_share', 'batch', 0.9),
      share('weft_pending_requests_used_share', 'web', 0.1),
    ];
    expect(await judged(full, { all })).toEqual([
      'shop/pay/connections: true, connections: 90 % in use in 5m; limit 80',
      'shop/pay/requests that wait: false, requests that wait: 10 % in use in 5m; limit 80',
    ]);
    expect(await judged(full, { all, namespace: 'bank' })).toEqual([]);
    expect(await judged(full, { all, subject: { service: 'cart' } })).toEqual([]);
  });

  test('is what was refused for want of room, too', async () => {
    const all = [requests({ ...service('pay'), response_code: '503', response_flags: 'UO' }, 1, 7), requests(service('pay'), 1, 100)];
    expect(await judged(full, { all })).toEqual([
      'shop/pay/requests refused: true, 7 requests were refused in 5m, since there was no more room',
    ]);
  });

  const pool = (metric: string, pod: string, name: string, value: number) =>
    looked(metric, { namespace: 'shop', workload: 'pay', pod, pool: name }, [ago(1), value]);
  const all = [
    ...[pool('in_use', 'pay-1', 'main', 5), pool('size', 'pay-1', 'main', 10)],
    ...[pool('in_use', 'pay-2', 'main', 9), pool('size', 'pay-2', 'main', 10)],
    ...[pool('in_use', 'pay-2', 'idle', 1), pool('size', 'pay-2', 'idle', 100)],
    pool('in_use', 'pay-3', 'main', 99),
  ];
  const measure = { namespace: 'shop', name: 'pools', used: { gauge: 'in_use' }, limit: { gauge: 'size' }, by: ['pool'] };

  test('is what users measure: each pod by its own limit, the fullest counts', async () => {
    expect(await judged(full, { all, sight: { ...nothing, saturations: [measure] } })).toEqual([
      'shop/pay/pools: true, pools: 90 % in use in 5m; limit 80',
    ]);
    const plain = { ...measure, used: { gauge: 'in_use', where: { pool: ['idle'] } }, limit: { value: 4 } };
    expect(await judged(full, { all, sight: { ...nothing, saturations: [plain] }, subject: { workload: 'pay' } })).toEqual([
      'shop/pay/pools: false, pools: 25 % in use in 5m; limit 80',
    ]);
    expect(await judged(full, { all, sight: { ...nothing, saturations: [measure] }, subject: { workload: 'web' } })).toEqual([]);
  });
});
