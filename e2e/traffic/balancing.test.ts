/** Which endpoint gets a request, on the real Envoy: hashes, distances, shares, breakers and budgets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HashKey, TrafficPolicy } from '../../compile/src/mesh/index.ts';
import { endpoint, outbound, route, type Sample, sidecar, to } from '../../compile/src/xds/views.fixture.ts';
import { extreme, isLikely } from '../chance.ts';
import { freePort } from '../port.ts';
import { ask, type Backend, backend } from './backend.ts';
import { exchange, type Running, run } from './loopback.ts';

let envoy: Running;
let backends: readonly Backend[];
let port = 0;
let tcpPort = 0;

const names = ['a', 'b', 'c', 'd', 'near', 'far', 'shared', 'slow', 'failing', 'unlimited'] as const;
const at = (name: (typeof names)[number]): Backend => backends[names.indexOf(name)] as Backend;

const place = (text: string) => {
  const [region = '', zone = '', subzone = ''] = text.split('/');
  return { region, zone, subzone };
};

const endpointAt = (name: (typeof names)[number], locality = '') =>
  endpoint('127.0.0.1', { port: at(name).port, mtls: false, identity: '', locality: place(locality) });

const cluster = (name: string) => `outbound|${port}||${name}.shop.svc.cluster.local`;

const ring = (key: HashKey): TrafficPolicy => ({ loadBalancer: { hash: { key, table: { kind: 'ring' } } } });
const maglev = (key: HashKey): TrafficPolicy => ({ loadBalancer: { hash: { key, table: { kind: 'maglev', size: 251 } } } });

const locality = { enabled: true, distribute: [], failover: [], failoverPriority: [] };
const four = () => (['a', 'b', 'c', 'd'] as const).map((name) => endpointAt(name));

/** Tries again where the application says 503. */
const eager = { attempts: 2, retryOn: ['5xx'], statusCodes: [], backoff: 1 };
const retrying = (name: string) => [route({ ...to([cluster(name), 1]), retry: eager })];

const services = (): readonly Sample[] => [
  { name: 'by-header', port, policy: ring({ kind: 'header', name: 'x-user' }), endpoints: four() },
  {
    name: 'by-cookie',
    port,
    policy: maglev({ kind: 'cookie', name: 'user', ttl: 60_000, path: '/', attributes: [{ name: 'SameSite', value: 'Strict' }] }),
    endpoints: four(),
  },
  { name: 'by-query', port, policy: ring({ kind: 'query-parameter', name: 'user' }), endpoints: four() },
  {
    name: 'by-source',
    port: tcpPort,
    protocol: 'tcp',
    addresses: ['127.0.0.1'],
    policy: maglev({ kind: 'source-address' }),
    endpoints: four(),
  },
  {
    name: 'failover',
    port,
    policy: { outlierDetection: { consecutive5xx: 1, interval: 100, baseEjectionTime: 60_000, maxEjectionPercent: 100 } },
    endpoints: [endpointAt('near', 'eu/a/1'), endpointAt('far', 'us/a/1')],
  },
  {
    name: 'shares',
    port,
    policy: { loadBalancer: { locality: { ...locality, distribute: [{ from: 'eu/*', to: { eu: 30, us: 70 } }] } } },
    endpoints: [endpointAt('a', 'eu/a'), endpointAt('b', 'us/a'), endpointAt('c', 'as/a')],
  },
  {
    name: 'breaker',
    port,
    policy: { connectionPool: { http: { maxRequests: 2, maxPendingRequests: 1 } } },
    endpoints: [endpointAt('slow')],
  },
  {
    name: 'budget',
    port,
    policy: { retryBudget: { percent: 0, minConcurrency: 1 } },
    routes: retrying('budget'),
    endpoints: [endpointAt('failing')],
  },
  { name: 'no-budget', port, routes: retrying('no-budget'), endpoints: [endpointAt('unlimited')] },
];

beforeAll(async () => {
  backends = await Promise.all(names.map(backend));
  port = await freePort();
  tcpPort = await freePort();
  at('slow').delay = 1_000;
  for (const name of ['failing', 'unlimited'] as const) Object.assign(at(name), { status: 503, delay: 300 });
  const origin = { locality: place('eu/a/1'), labels: {}, balancing: locality };
  envoy = await run(sidecar({ origin, outbound: outbound(services()) }), port);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const { stop } of backends ?? []) stop();
});

const hit = async (host: string, headers = {}, path = '/'): Promise<string> => (await ask({ port, host, headers, path })).text;

/** Who answers each of `users`, asked five times each; fails when one user is answered by two. */
const answerers = async (who: (user: string) => Promise<string>): Promise<ReadonlySet<string>> => {
  const all = new Set<string>();
  for (let user = 0; user < 12; user += 1) {
    const own = new Set(await Promise.all(Array.from({ length: 5 }, () => who(`user-${user}`))));
    expect(own.size, `user ${user} was answered by ${[...own].join()}`).toBe(1);
    for (const name of own) all.add(name);
  }
  return all;
};

describe('a hash [S57]', () => {
  test('of a header holds, and spreads', async () => {
    expect((await answerers((user) => hit('by-header', { 'x-user': user }))).size).toBeGreaterThan(1);
  });

  test('of a query parameter holds, and spreads', async () => {
    expect((await answerers((user) => hit('by-query', {}, `/?user=${user}`))).size).toBeGreaterThan(1);
  });

  test('of a cookie: made for whoever has none, and followed', async () => {
    const reached = new Set<string>();
    for (let client = 0; client < 14; client += 1) {
      const { headers, text } = await ask({ port, host: 'by-cookie' });
      const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
      expect(cookie).toMatch(/^user="?[0-9a-f]+"?; Max-Age=60; Path=\/;.*HttpOnly/);
      expect(cookie).toContain('SameSite=Strict');
      const again = { cookie: cookie.split(';')[0] ?? '' };
      for (let i = 0; i < 3; i += 1) expect(await hit('by-cookie', again)).toBe(text);
      reached.add(text);
    }
    expect(reached.size).toBeGreaterThan(1);
  });

  test('of the source address holds for connections', async () => {
    const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    const first = await exchange('127.0.0.1', tcpPort, get);
    const name = (answer: string) => answer.split('\r\n\r\n')[1]?.match(/[a-d]/)?.[0];
    expect(name(first)).toBeDefined();
    for (let i = 0; i < 6; i += 1) expect(name(await exchange('127.0.0.1', tcpPort, get))).toBe(name(first));
  });
});

test('near endpoints get everything until they are ejected, the only one too; then the next do [S64, S65, S66]', async () => {
  for (let i = 0; i < 10; i += 1) expect(await hit('failover')).toBe('near');
  at('near').status = 500;
  expect((await ask({ port, host: 'failover' })).status).toBe(500);
  at('near').status = 200;
  // Envoy's main thread decides, and tells the worker.
  await expect.poll(() => hit('failover'), { timeout: 60_000 }).toBe('far');
  for (let i = 0; i < 10; i += 1) expect(await hit('failover')).toBe('far');
});

test('shares of localities are kept, and what is not named gets nothing [S67]', async () => {
  const total = 400;
  const counts = new Map<string, number>();
  for (let i = 0; i < total; i += 1) {
    const name = await hit('shares');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts.get('c')).toBeUndefined();
  expect(isLikely(counts.get('a') ?? 0, total, 0.3, extreme), `${counts.get('a')} of ${total}`).toBe(true);
});

test('what exceeds the limits is answered 503 at once, marked as overload [S58, S59]', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ port, host: 'breaker' })));
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThanOrEqual(4);
  for (const { headers } of refused) expect(headers['x-envoy-overloaded']).toBe('true');
  expect(answers.filter(({ status }) => status === 200).length).toBe(at('slow').requests);
});

test('a budget limits retries; without one all are made [S58]', async () => {
  const burst = (host: string) => Promise.all(Array.from({ length: 10 }, () => ask({ port, host })));
  await Promise.all([burst('budget'), burst('no-budget')]);
  expect(at('unlimited').requests).toBe(30);
  expect(at('failing').requests).toBeGreaterThan(10);
  expect(at('failing').requests).toBeLessThan(20);
});
