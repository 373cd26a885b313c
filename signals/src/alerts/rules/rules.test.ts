/** What each kind of rule says of what was measured, with its reason. */
import { describe, expect, test } from 'vitest';
import { grown, looked, type Measurement, measured, observed } from '../../query.fixture.ts';
import type { Observation } from '../alert.ts';
import { type Book, emptyBook, reduce } from '../book.ts';
import { builtInRules } from './built-in.ts';
import { judgements } from './judge.ts';
import { ago, hour, judged, minute, nothing, now, requests, service } from './rules.fixture.ts';
import { watchOf } from './watch.ts';

describe('errors', () => {
  const all = [
    requests(service('pay'), 1, 90),
    requests({ ...service('pay'), response_code: '503' }, 2, 10),
    requests({ ...service('pay'), response_code: '404' }, 2, 10),
    requests({ ...service('pay'), response_code: '0' }, 2, 1000),
    requests({ ...service('pay'), response_code: '503' }, 20, 1000),
    requests(service('cart'), 30, 5),
    requests({ ...service('gone', 'bank'), response_code: '503' }, 1, 5),
  ];

  test('are what servers are to blame for, of each service in the namespace', async () => {
    expect(await judged({ errors: { above: 9 } }, { all })).toEqual([
      'shop/pay: true, 9.09 % of 110 requests failed in 5m; limit 9',
      'shop/cart: unknown, nothing was counted',
    ]);
    expect(await judged({ errors: { above: 10 } }, { all, subject: { service: 'pay' } })).toEqual([
      'shop/pay: false, 9.09 % of 110 requests failed in 5m; limit 10',
    ]);
  });

  test('are seen in the whole mesh by a rule of the root namespace', async () => {
    expect((await judged({ errors: { above: 50 } }, { all, namespace: 'istio-system' })).at(-1)).toBe(
      'bank/gone: true, 100 % of 5 requests failed in 5m; limit 50',
    );
  });

  test('are counted once, as the caller saw them; by the server for callers in plaintext', async () => {
    const twice = [
      requests({ ...service('pay'), response_code: '503' }, 1, 1),
      requests({ ...service('pay'), reporter: 'destination', connection_security_policy: 'mutual_tls' }, 1, 100),
      requests({ ...service('pay'), reporter: 'destination', connection_security_policy: 'none' }, 1, 3),
    ];
    expect(await judged({ errors: { above: 1 } }, { all: twice })).toEqual(['shop/pay: true, 25 % of 4 requests failed in 5m; limit 1']);
  });

  test('of the last seconds are not counted yet', async () => {
    expect(await judged({ errors: { above: 1 } }, { all: [requests(service('pay'), -1, 5)], now: now + minute })).toEqual([]);
  });
});

test('latency is a percentile of all callers together', async () => {
  const took = (counts: readonly number[]) =>
    observed('istio_request_duration_milliseconds', { reporter: 'source', ...service('pay') }, [
      ago(1),
      { bounds: [100, 1000], counts, sum: 0 },
    ]);
  const all = [took([90, 0, 0]), took([0, 10, 0])];
  expect(await judged({ latency: { percentile: 95, above: '500ms' } }, { all })).toEqual([
    'shop/pay: true, p95 was 550 ms in 5m; limit 500',
  ]);
  expect(await judged({ latency: { percentile: 50, above: '500ms' } }, { all })).toEqual([
    'shop/pay: false, p50 was 55.6 ms in 5m; limit 500',
  ]);
});

describe('traffic', () => {
  const all = [requests(service('pay'), 1, 600), requests(service('cart'), 30, 5)];

  test('is held against a bound', async () => {
    expect(await judged({ traffic: { below: 1 } }, { all })).toEqual([
      'shop/pay: false, 2 requests a second in 5m; limit is at least 1',
      'shop/cart: true, 0 requests a second in 5m; limit is at least 1',
    ]);
  });

  test('of a window in which nobody looked is not known', async () => {
    const query = measured(all);
    const blind = {
      ...query,
      counters: async (question: Parameters<typeof query.counters>[0]) => {
        const answered = await query.counters(question);
        const gaps = [1, 2, 3, 4, 5].map(ago);
        return { ...answered, groups: answered.groups.map((group) => ({ ...group, steps: [] })), gaps };
      },
    };
    expect(await judged({ traffic: { below: 1 } }, { query: blind })).toEqual([
      'shop/pay: unknown, nothing was counted',
      'shop/cart: unknown, nothing was counted',
    ]);
  });
});

describe('no traffic', () => {
  const every = (minutes: number, from: number, to: number) =>
    Array.from({ length: Math.floor((to - from) / minutes) + 1 }, (_, index) => requests(service('pay'), from + index * minutes, 1));
  const silent = (all: readonly Measurement[]) => judged({ noTraffic: {} }, { all, window: '10m' });

  test.each([
    ['after an hour of it', every(5, 15, 75), 'shop/pay: true, no request for 14m, after requests in each 10m before'],
    ['is none while there is some', every(5, 3, 75), 'shop/pay: false, there is traffic'],
    ['is none where there is some now and then', every(25, 15, 75), 'shop/pay: false, no request for 14m, as before now and then'],
    ['is none of who has just begun', every(5, 15, 30), 'shop/pay: false, no request for 14m, as before now and then'],
  ])('%s', async (_, all, said) => expect(await silent(all)).toEqual([said]));

  test('is forgotten in the end', async () => {
    expect(await silent(every(5, 400, 500))).toEqual([]);
  });
});

test('plaintext is told where mutual TLS is not turned off', async () => {
  const to = (workload: string, policy: string, minutes = 1) =>
    requests(
      {
        reporter: 'destination',
        destination_workload: workload,
        destination_workload_namespace: 'shop',
        connection_security_policy: policy,
      },
      minutes,
      7,
    );
  const all = [to('pay', 'none'), to('pay', 'mutual_tls'), to('old', 'none'), to('web', 'none', 30), to('cart', 'mutual_tls')];
  const sight = { ...nothing, plaintextWanted: new Set(['shop/old']) };
  expect(await judged({ plaintext: {} }, { all, sight })).toEqual([
    'shop/pay: true, 7 requests and connections came without mutual TLS in 5m',
    'shop/old: false, 7 requests and connections came without mutual TLS in 5m, where it is turned off',
    'shop/web: false, 0 requests and connections came without mutual TLS in 5m',
  ]);
});

test('certificates and proxies are looked at as they are now', async () => {
  const certificates = [
    { namespace: 'shop', name: 'pod web-1', notAfter: now + 12 * hour },
    { namespace: 'shop', name: 'Secret web', notAfter: now + hour },
    { namespace: '', name: 'root', notAfter: now - hour },
  ];
  const sight = { ...nothing, certificates };
  expect(await judged({ certificateExpiry: { within: '6h' } }, { sight })).toEqual([
    'shop/pod web-1: false, valid for 12h more',
    'shop/Secret web: true, valid for 1h more',
  ]);
  expect((await judged({ certificateExpiry: { within: '6h' } }, { sight, namespace: 'istio-system' })).at(-1)).toBe(
    '/root: true, not valid any more since 1h',
  );
  const proxy = { namespace: 'shop', name: 'web-1', connected: true, inStep: true };
  const proxies = [proxy, { ...proxy, name: 'web-2', inStep: false }, { ...proxy, name: 'web-3', connected: false }];
  expect(await judged({ proxyOutOfStep: {} }, { sight: { ...nothing, proxies } })).toEqual([
    'shop/web-1: false, in step',
    'shop/web-2: true, has not acknowledged what is in force',
    'shop/web-3: true, not connected',
  ]);
});

test('any metric is judged for each combination of labels', async () => {
  const all = [
    grown('bytes_total', { namespace: 'shop', pod: 'a', side: 'in' }, [ago(1), 600]),
    grown('bytes_total', { namespace: 'shop', pod: 'b', side: 'in' }, [ago(1), 60]),
    grown('bytes_total', { namespace: 'shop', pod: 'a', side: 'out' }, [ago(1), 6000]),
    grown('bytes_total', { namespace: 'bank', pod: 'c', side: 'in' }, [ago(1), 6000]),
    looked('memory', { namespace: 'shop', pod: 'a' }, [ago(2), 9]),
    looked('memory', { namespace: 'shop', pod: 'a' }, [ago(1), 5]),
    looked('memory', { namespace: 'shop', pod: 'b' }, [ago(30), 9]),
  ];
  expect(await judged({ counter: { name: 'bytes_total', where: { side: ['in'] }, by: ['pod'], above: 1 } }, { all })).toEqual([
    'a/shop: true, bytes_total grew by 2 a second in 5m; limit 1',
    'b/shop: false, bytes_total grew by 0.2 a second in 5m; limit 1',
  ]);
  expect(await judged({ gauge: { name: 'memory', by: ['pod'], above: 8 } }, { all })).toEqual([
    'a/shop: false, memory is 5; limit 8',
    'b/shop: unknown, nothing was counted',
  ]);
});

test('of Istio’s metrics a namespace sees what its own workloads tell', async () => {
  const sent = (reporter: string, source: string, destination: string) =>
    grown('istio_tcp_sent_bytes_total', { reporter, source_workload_namespace: source, destination_workload_namespace: destination }, [
      ago(1),
      300,
    ]);
  const all = [
    sent('source', 'shop', 'bank'),
    sent('destination', 'shop', 'bank'),
    sent('destination', 'bank', 'shop'),
    sent('source', 'bank', 'bank'),
  ];
  const signal = (where: object) => ({ counter: { name: 'istio_tcp_sent_bytes_total', ...where, above: 0 } });
  expect(await judged(signal({}), { all })).toEqual(['shop: true, istio_tcp_sent_bytes_total grew by 2 a second in 5m; limit 0']);
  expect(await judged(signal({ where: { reporter: ['source'] } }), { all })).toEqual([
    'shop: true, istio_tcp_sent_bytes_total grew by 1 a second in 5m; limit 0',
  ]);
  expect(await judged(signal({ where: { source_workload_namespace: ['nobody'] } }), { all })).toEqual([]);
});

test('the rules that are there without asking are rules that people may write', async () => {
  for (const [name, spec] of Object.entries(builtInRules)) {
    const watch = watchOf({ metadata: { name, namespace: 'istio-system' }, spec }, 'istio-system');
    expect(watch.rule.labels).toMatchObject({ alertname: name, severity: expect.stringMatching(/^(page|ticket)$/) });
    expect(await judgements(watch, { query: measured([]), sight: nothing, now })).toEqual([]);
  }
});

test('what a proxy that is gone did wrong ends with it', () => {
  const { rule } = watchOf({ metadata: { name: 'steps', namespace: 'shop' }, spec: { signal: { proxyOutOfStep: {} } } }, 'istio-system');
  const rulebook = { rules: [rule], receivers: [], inhibitions: [], retention: hour };
  const observation = { rule: rule.name, labels: { pod: 'web-1' }, judgement: { holds: true, reason: 'not connected' } };
  const after = (book: Book, observations: readonly Observation[], seconds: number): Book =>
    reduce(book, { kind: 'judged', observations }, { rulebook, now: now + seconds * 1000 });
  const firing = after(emptyBook, [observation], 0);
  const missed = after(firing, [], 10);
  expect(missed.alerts.map(({ state }) => state.kind)).toEqual(['firing']);
  expect(after(missed, [], 70).alerts.map(({ state }) => state.kind)).toEqual(['resolved']);
});
