/** What was sent, and what the mesh says of it: over HTTP, gRPC and TCP, while weftd is killed, the server is replaced, and its Envoy is killed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GoldenSignals, latencyBounds, type RecordsState, type SignalsAnswer, type Topology } from '@weft/model';
import { type Labels, parseExposition, type Sample } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flood } from '../flood.ts';
import { type Mesh, root, startMesh, until } from '../mesh.ts';

/** What is asked of the bank each time. */
const pass = { ok: 790, slow: 40, failed: 60, pay: 100, refuse: 10, tcp: 20 };
const passes = process.env.WEFT_LONG === '1' ? 100 : 10;
const { tcp, ...asked } = pass;
const each = Object.values(asked).reduce((sum, count) => sum + count, 0);
const requests = passes * each;
const connections = passes * tcp;
/** Of `hello`, there and back. */
const bytes = connections * 5;

/** How many may be missing, or too many. */
const tolerance = requests / 1_000;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/bank') });
}, 120_000);
afterAll(() => mesh?.stop(), 60_000);

/** When each pass was over. */
const ends: number[] = [];

/** The load's own account of what came of it. */
interface Account {
  readonly outcomes: Readonly<Record<string, number>>;
  /** How long each request took. */
  readonly milliseconds: readonly number[];
}

const send = async (counts: Readonly<Record<string, number>> = pass): Promise<Account> => {
  const query = new URLSearchParams(Object.entries(counts).map(([name, count]): [string, string] => [name, String(count)]));
  const answer = await fetch(`${mesh.gateway}/?${query}`);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  ends.push(Date.now());
  return JSON.parse(text) as Account;
};

const api = async <T>(path: string, token = 'viewer-token'): Promise<T> => {
  const authorization = `Bearer ${(await readFile(join(mesh.home, token), 'utf8')).trim()}`;
  return (await (await fetch(`${mesh.api}/api/v1${path}`, { headers: { authorization } })).json()) as T;
};

const signals = async (search: Readonly<Record<string, string>>): Promise<GoldenSignals> => {
  const to = Date.now();
  const query = new URLSearchParams({ from: `${to - 1_200_000}`, to: `${to}`, ...search });
  const { items } = await api<SignalsAnswer>(`/signals?${query}`);
  const [first, ...more] = items;
  expect(more).toEqual([]);
  if (!first) throw new Error(`nothing of ${query}`);
  return first;
};

const bank = { of: 'service', where: 'destination_service_name=bank' } as const;
const server = { of: 'workload', where: 'destination_workload=bank-v1' } as const;

/** As figures of ten seconds each say it. */
const stepsOf = async (search: Readonly<Record<string, string>>) => (await signals({ ...search, step: '10000' })).series ?? [];

const isNear = (value: number, expected: number, what = ''): void =>
  expect(Math.abs(value - expected), `${what} ${value}, not ${expected}`).toBeLessThanOrEqual(tolerance);

/** In which of Istio's buckets a duration is counted. */
const bucketOf = (milliseconds: number): number => {
  const found = latencyBounds.findIndex((bound) => milliseconds <= bound);
  return found < 0 ? latencyBounds.length : found;
};

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** What the mesh says of its callers' calls to the bank, as Prometheus reads it. */
const scraped = async () => {
  const { families } = parseExposition((await mesh.weft('metrics')).stdout, 'text');
  const samples = families.flatMap((family) => family.samples);
  const matching = (name: string, labels: Labels): readonly Sample[] =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries({ reporter: 'source', destination_service_name: 'bank', ...labels }).every(
          ([key, value]) => sample.labels[key] === value,
        ),
    );
  const sum = (name: string, labels: Labels = {}): number => matching(name, labels).reduce((all, { value }) => all + value, 0);
  const durations = 'istio_request_duration_milliseconds';
  const below = latencyBounds.map((bound) => sum(`${durations}_bucket`, { le: String(bound) }));
  return {
    sum,
    /** The bucket in which the quantile lies. */
    bucketAt: (quantile: number): number => {
      const found = below.findIndex((count) => count >= quantile * sum(`${durations}_count`));
      return found < 0 ? latencyBounds.length : found;
    },
  };
};

const whenCounted = (sent: number, closed: number): Promise<true> =>
  until(
    'all is counted',
    async () => {
      const { requests: counted, connectionsClosed } = await signals(bank);
      return counted >= sent - tolerance && connectionsClosed >= closed ? true : undefined;
    },
    60_000,
    500,
  );

/** Of all passes. */
let account: Account;

test('the store, Prometheus’ text and the load agree within a thousandth', { timeout: 900_000 }, async () => {
  const accounts: Account[] = [];
  for (let index = 0; index < passes; index += 1) {
    const [weftd = 0] = mesh.pids('weftd.js');
    if (index === Math.floor(passes / 3)) process.kill(weftd, 'SIGKILL');
    // The old server serves until the new one does, and tells what it counted when it ends.
    if (index === Math.floor((2 * passes) / 3)) {
      const restarted = async () => ((await mesh.weft('restart', 'deploy/bank-v1', '-n', 'money')).code === 0 ? true : undefined);
      await until('weftd is back, and replaces the server', restarted, 60_000, 200);
    }
    accounts.push(await send());
  }
  const outcomes: Record<string, number> = {};
  for (const one of accounts) for (const [name, count] of Object.entries(one.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + count;
  account = { outcomes, milliseconds: accounts.flatMap(({ milliseconds }) => milliseconds).sort((a, b) => a - b) };
  expect(account.milliseconds.length).toBe(requests);
  await whenCounted(requests, connections);
  await until(
    'the server has counted all',
    async () => ((await signals(server)).requests >= requests - tolerance ? true : undefined),
    60_000,
    500,
  );

  const called = await signals(bank);
  isNear(called.requests, requests);
  isNear(called.failed, outcomes['http 500'] ?? 0, 'failed');
  expect([called.connectionsOpened, called.connectionsClosed]).toEqual([outcomes.tcp, outcomes.tcp]);
  expect(Math.min(called.bytesReceived, called.bytesSent)).toBeGreaterThan(bytes);
  expect(called.reasons[0]).toMatchObject({ code: '500', words: 'the application answered 500' });
  isNear((await signals(server)).requests, requests);

  const { sum } = await scraped();
  for (const [outcome, count] of Object.entries(outcomes)) {
    const [protocol = '', code = ''] = outcome.split(' ');
    const label = protocol === 'grpc' ? 'grpc_response_status' : 'response_code';
    if (protocol !== 'tcp') isNear(sum('istio_requests_total', { request_protocol: protocol, [label]: code }), count, outcome);
  }
  for (const name of ['opened', 'closed']) expect(sum(`istio_tcp_connections_${name}_total`)).toBe(outcomes.tcp);
  for (const name of ['sent', 'received']) expect(sum(`istio_tcp_${name}_bytes_total`)).toBe(bytes);
  isNear(sum('istio_request_messages_total'), passes * (pass.pay + pass.refuse), 'messages');
  isNear(sum('istio_response_messages_total'), passes * pass.pay, 'messages');

  const { edges } = await mesh.json<Topology>('edges', '-n', 'money');
  expect(new Set(edges.filter(({ callee }) => callee.name === 'bank').map(({ mtls, protocol }) => `${protocol} ${mtls}`))).toEqual(
    new Set(['http mutual', 'grpc mutual', 'tcp mutual']),
  );
});

test('durations are the load’s own within a bucket', async () => {
  const { latency } = await signals(bank);
  const { bucketAt } = await scraped();
  for (const [name, quantile] of Object.entries(quantiles) as [keyof typeof quantiles, number][]) {
    const own = bucketOf(account.milliseconds[Math.ceil(quantile * requests) - 1] ?? 0);
    for (const [who, bucket] of Object.entries({ store: bucketOf(latency?.[name] ?? 0), text: bucketAt(quantile) }))
      expect(Math.abs(bucket - own), `${name}: ${who} says ${latencyBounds[bucket]}, the load ${latencyBounds[own]}`).toBeLessThanOrEqual(
        1,
      );
  }
  expect(latency?.p99).toBeGreaterThan(50);
});

test('no step says less than nothing, or more than was sent around it', async () => {
  const steps = await stepsOf(bank);
  for (const { at, requests: counted, latency } of steps) {
    const around = ends.filter((end) => end > at - 10_000 && end < at + 40_000).length;
    expect(counted).toBeGreaterThanOrEqual(0);
    expect(counted).toBeLessThanOrEqual(around * each + tolerance);
    expect(latency?.p50 ?? 0).toBeGreaterThanOrEqual(0);
  }
  expect(steps.reduce((sum, { requests: counted }) => sum + counted, 0)).toBe((await signals(bank)).requests);
});

test('an Envoy that is killed loses what it counted since it was asked last, and no record; that is told', {
  timeout: 120_000,
}, async () => {
  const [before, served] = [await signals(bank), await signals(server)];
  const kept = 200;
  await send({ kept });
  // Records are written each second.
  await sleep(1_500);
  expect(mesh.pids('envoy', 'bank-v1')).not.toEqual([]);
  mesh.kill('envoy', 'bank-v1');
  await until('the bank answers again', async () => ((await send({ ok: 1 })).outcomes['http 200'] === 1 ? true : undefined));
  await send({ ok: kept });
  // Whoever calls counts on, and what the server counted after its restart is all there.
  const counted = async () => {
    const calls = (await signals(bank)).requests - before.requests;
    const answers = await signals(server);
    return calls >= 2 * kept && answers.requests >= served.requests + kept ? { calls, answers } : undefined;
  };
  const { calls, answers } = await until('both count again', counted, 60_000, 500);
  expect(answers.requests - served.requests).toBeLessThanOrEqual(calls + tolerance);
  expect(answers.gap).toBe(true);
  expect((await stepsOf(server)).filter(({ gap }) => gap).length).toBeGreaterThan(0);
  expect((await mesh.weft('stat', 'deploy/bank-v1')).stderr).toContain('a proxy was killed or not read for a while: money/bank-v1');

  // Under load they may be a while on their way.
  const recorded = async () => (await api<{ items: readonly unknown[] }>('/records?path=/kept&limit=1000', 'token')).items.length;
  await until('all records are there', async () => ((await recorded()) >= 2 * kept ? true : undefined), 60_000, 500);
  expect(await recorded()).toBe(2 * kept);
});

/** Bytes of memory that a process has; of a proxy whose process is another by now, those of that. */
const resident = async (...words: readonly string[]): Promise<number> => {
  const sizes = await Promise.all(mesh.pids(...words).map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
  return sizes.reduce((sum, text) => sum + 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0), 0);
};

const programs = { weftd: ['weftd.js'], agent: ['agent.js'], proxies: ['envoy', '--service-node'] } as const;

test('callers that make everything up fill no memory, and make no series', { timeout: 900_000 }, async () => {
  const count = process.env.WEFT_LONG === '1' ? 100_000 : 2_000;
  const { hostname: address, port } = new URL(mesh.gateway);
  const send = (from: number, to: number) =>
    flood({
      ...{ address, port: Number(port), count: to - from },
      head: (index) =>
        `GET /made/up-${from + index}?q=${index} HTTP/1.1\r\nhost: h${from + index}.example\r\nx-request-id: '"${index}\r\n\r\n`,
    });
  const sizes = async () =>
    Object.entries(programs).map(async ([name, words]): Promise<[string, number]> => [name, await resident(...words)]);
  const all = async (): Promise<number | undefined> => {
    const { families } = parseExposition((await mesh.weft('metrics')).stdout, 'text');
    return families.find(({ name }) => name === 'istio_requests')?.samples.length;
  };
  const recorded = async () => (await api<RecordsState>('/records/state', 'token')).records;
  expect(await send(0, count / 5)).toEqual({ 200: count / 5 });
  const [series, before, records] = [await all(), new Map(await Promise.all(await sizes())), await recorded()];
  expect(await send(count / 5, count)).toEqual({ 200: (4 * count) / 5 });
  const expected = records + (2 * (4 * count)) / 5;
  await until('all is recorded', async () => ((await recorded()) >= expected ? true : undefined), 120_000, 500);
  expect(await all()).toBe(series);
  for (const [name, size] of await Promise.all(await sizes()))
    expect(size - (before.get(name) ?? 0), `${name}: ${size} bytes, ${before.get(name)} before`).toBeLessThan(64 * 1024 * 1024);
});
