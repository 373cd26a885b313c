import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { total } from '@weft/signals';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Metrics, openMetrics } from './metrics.ts';
import { bounds, FakeEnvoy } from './page.fixture.ts';

/** The start of an hour. */
const start = 1_800_000_000_000;
const s = 1_000;
const requests = 'istio_requests_total';
const options = { maxBytes: 1e9, maxAgeMs: 1e12, maxSeries: 10_000, topology: { maxBytes: 1e9, maxAgeMs: 30 * 86_400_000 }, now: start };

let folder: string;
let path: string;
let store: Metrics;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-metrics-'));
  path = join(folder, 'metrics.db');
  store = openMetrics(path, options);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** Reads at `seconds` behind the start, as a round of the scraper does. */
const round = (seconds: number, ...envoys: readonly FakeEnvoy[]): void => {
  const at = start + seconds * s;
  store.add(envoys.map((envoy) => envoy.read(at)));
  store.commit(at, 7);
};

const counted = (from: number, to: number, step = 10): readonly (readonly [seconds: number, amount: number])[] => {
  const { groups } = store.counters({ metric: requests, from: start + from * s, to: start + to * s, step: step * s });
  return (groups[0]?.steps ?? []).map(({ at, value }) => [(at - start) / s, value.amount]);
};

const all = (from: number, to: number, step = 10): number => counted(from, to, step).reduce((sum, [, amount]) => sum + amount, 0);

describe('growth', () => {
  test('is what was counted between readings, in the step that it was in', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(5);
    round(10, envoy);
    envoy.serve(7);
    round(20.2, envoy);
    round(30.1, envoy);
    envoy.serve(1);
    round(40, envoy);
    expect(counted(0, 60)).toEqual([
      [0, 5],
      [10, 7],
      [30, 1],
    ]);
  });

  test('of a proxy that was there before anybody looked is not what it had counted by then', () => {
    const envoy = new FakeEnvoy('shop/web-1', start - 1000 * s);
    envoy.serve(5000);
    round(10, envoy);
    envoy.serve(2);
    round(20, envoy);
    expect(counted(0, 60)).toEqual([[10, 2]]);
  });

  test('is never negative: a proxy that was restarted counts from 0, and it is said that something may be missing', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(100);
    round(10, envoy);
    envoy.restart(start + 15 * s);
    // More than before, so that only the process tells that it began anew.
    envoy.serve(130);
    round(20, envoy);
    envoy.evict();
    envoy.serve(4);
    round(30, envoy);
    const { groups } = store.counters({ metric: requests, from: start, to: start + 60 * s, step: 10 * s });
    expect(groups[0]?.steps.map(({ value, gap }) => [value.amount, gap])).toEqual([
      [100, undefined],
      [130, true],
      [4, true],
    ]);
  });

  test('of a proxy that was killed and is not called any more may be too low, and that is said', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(100);
    round(10, envoy);
    envoy.restart(start + 15 * s);
    round(20, envoy);
    const { groups } = store.counters({ metric: requests, from: start, to: start + 60 * s, step: 10 * s });
    expect(groups[0]?.steps.map(({ value, gap }) => [value.amount, gap])).toEqual([
      [100, undefined],
      [0, true],
    ]);
  });

  test('of a stretch in which nobody looked is spread over it, and the stretch is told', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    round(10, envoy);
    envoy.serve(600);
    round(70, envoy);
    expect(counted(0, 90)).toEqual([10, 20, 30, 40, 50, 60].map((at) => [at, 100]));
    const { gaps } = store.counters({ metric: requests, from: start, to: start + 90 * s, step: 10 * s });
    expect(gaps.map((at) => (at - start) / s)).toEqual([10, 20, 30, 40, 50]);
  });

  test('of hours without a look is kept in hours', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    round(10, envoy);
    envoy.serve(36_000);
    round(5 * 3600 + 10, envoy);
    round(6 * 3600 + 10, envoy);
    expect(counted(0, 6 * 3600, 3600)).toEqual([[0, 7180], ...[1, 2, 3, 4].map((hour) => [hour * 3600, 7200]), [5 * 3600, 20]]);
  });
});

describe('a store that is opened again', () => {
  /** As `kill -9` leaves it: nothing closed, and what was not committed is gone. */
  const killed = (): void => {
    for (const suffix of ['', '-wal', '-shm']) copyFileSync(path + suffix, join(folder, `again.db${suffix}`));
    store.close();
    store = openMetrics(join(folder, 'again.db'), { ...options, now: start + 1000 * s });
  };

  test('goes on where it was: nothing twice, nothing lost', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(10);
    round(10, envoy);
    envoy.serve(5);
    store.add([envoy.read(start + 20 * s)]);
    killed();
    envoy.serve(2);
    // It began while nobody looked.
    const other = new FakeEnvoy('shop/web-2', start + 25 * s);
    other.serve(3);
    round(40, envoy, other);
    expect(all(0, 60)).toBe(20);
    envoy.serve(1);
    round(50, envoy, other);
    expect(all(0, 60)).toBe(21);
  });

  test('also by a weftd that was killed before it had read any proxy', () => {
    killed();
    const envoy = new FakeEnvoy('shop/web-1', start + 5 * s);
    envoy.serve(10);
    round(1010, envoy);
    expect(all(0, 1020)).toBe(10);
  });

  test('knows its series again', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(10);
    round(10, envoy);
    const { series } = store.state();
    killed();
    envoy.serve(10);
    round(20, envoy);
    expect([store.state().series, all(0, 60)]).toEqual([series, 20]);
  });
});

describe('time', () => {
  test('becomes coarser, and nothing is lost by it', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    round(0, envoy);
    for (let at = 30; at <= 7800; at += 30) {
      envoy.serve(9, { ms: at % 60 === 0 ? 3 : 30 });
      round(at, envoy);
    }
    for (const step of [60, 300, 3600]) expect(all(0, 7200, step)).toBe(2160);
    store.maintain(start + 7800 * s);
    // Ten-second steps of the first hour are forgotten: minutes answer.
    const early = { metric: requests, from: start, to: start + 600 * s, step: 10 * s };
    expect(store.counters(early).step).toBe(60 * s);
    expect(store.counters(early).groups[0]?.steps.map(({ value }) => value.amount)).toEqual(Array(10).fill(18));
    const took = store.histograms({ ...early, metric: 'istio_request_duration_milliseconds', to: start + 7200 * s, step: 7200 * s });
    const histogram = took.groups[0]?.steps[0]?.value.histogram;
    expect(histogram).toEqual({ bounds, counts: [0, 1080, 0, 1080, 0], sum: 1080 * 33 });
    const sum = store.counters({ ...early, metric: 'istio_request_duration_milliseconds_sum', to: start + 7200 * s, step: 7200 * s });
    expect(sum.groups[0]?.steps[0]?.value).toEqual({ kind: 'amount', amount: 1080 * 33 });
    expect(total(histogram ?? { bounds: [], counts: [], sum: 0 })).toBe(2160);
  });

  test('what comes late is in the longer steps too', () => {
    const [early, late] = [new FakeEnvoy('shop/web-1', start), new FakeEnvoy('shop/web-2', start)];
    round(10, early, late);
    for (let at = 20; at <= 400; at += 10) round(at, early);
    late.serve(390);
    round(400, early, late);
    for (const step of [10, 60, 300]) expect(all(0, 420, step)).toBe(390);
  });

  test('the oldest goes where there is too much', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    for (let at = 10; at <= 3000; at += 10) {
      for (const caller of ['a', 'b', 'c', 'd']) envoy.serve(1, { caller });
      round(at, envoy);
    }
    const { bytes } = store.state();
    store.close();
    store = openMetrics(path, { ...options, maxBytes: bytes / 2 });
    store.maintain(start + 3000 * s);
    expect(store.state().bytes).toBeLessThanOrEqual(bytes / 2);
    expect(counted(2940, 3000).length).toBeGreaterThan(0);
  });
});

test('what is wanted to be kept for less time goes, also what is wanted while it runs', () => {
  const hours = 3600 * s;
  for (const at of [0, 1, 2, 30]) {
    store.look([{ metric: 'weft_cpu', labels: {}, pod: 'web-1', value: at }], start + at * hours);
    store.commit(start + at * hours, 7);
  }
  const now = start + 31 * hours;
  const seen = (): readonly (readonly number[])[] => {
    store.maintain(now);
    const { groups } = store.gauges({ metric: 'weft_cpu', from: start - hours, to: now, step: hours });
    return groups.map(({ steps }) => steps.map(({ value }) => value.last));
  };
  expect(seen()).toEqual([[0, 1, 2, 30]]);
  store.retain({ ...options, maxAgeMs: 31 * hours });
  expect(seen()).toEqual([[1, 2, 30]]);
  store.close();
  store = openMetrics(path, { ...options, maxAgeMs: 2 * hours });
  expect(seen()).toEqual([[30]]);
});

describe('labels', () => {
  test('are asked for by value and group, whichever view answers', () => {
    const envoy = new FakeEnvoy('shop/web-1', start);
    envoy.serve(6);
    envoy.serve(2, { caller: 'cart', code: '503' });
    round(10, envoy);
    const span = { metric: requests, from: start, to: start + 60 * s, step: 60 * s };
    const told = (by: readonly string[], where = {}) =>
      store.counters({ ...span, by, where }).groups.map(({ labels, steps }) => [Object.values(labels).join(), steps[0]?.value.amount]);
    expect(told(['response_code'])).toEqual([
      ['200', 6],
      ['503', 2],
    ]);
    expect(told(['destination_service_name'])).toEqual([['web', 8]]);
    expect(told(['source_workload'], { response_code: ['503'] })).toEqual([['cart', 2]]);
    expect(told([], { source_workload: ['nobody'] })).toEqual([]);
  });

  test('further series are left out and told once there are too many', () => {
    store.close();
    store = openMetrics(join(folder, 'small.db'), { ...options, maxSeries: 30 });
    const envoy = new FakeEnvoy('shop/web-1', start);
    for (let caller = 0; caller < 50; caller += 1) envoy.serve(1, { caller: `c${caller}` });
    round(10, envoy);
    const { series, leftOut } = store.state();
    expect(series).toBeLessThanOrEqual(30 + 2);
    expect(leftOut).toBeGreaterThan(100);
  });
});

test('a look is kept as smallest, largest and how often', () => {
  const labels = { workload: 'web', namespace: 'shop' };
  for (const [at, value] of [
    [10, 4],
    [20, 9],
    [30, 0],
  ] as const) {
    store.look([{ metric: 'weft_cpu', labels, pod: 'web-1', value }], start + at * s);
    store.commit(start + at * s, 7);
  }
  const { groups } = store.gauges({ metric: 'weft_cpu', by: ['workload'], from: start, to: start + 60 * s, step: 60 * s });
  expect(groups).toEqual([
    { labels: { workload: 'web' }, steps: [{ at: start, value: { kind: 'gauge', min: 0, max: 9, sum: 13, looks: 3, last: 0 } }] },
  ]);
});

test('a commit that fails loses nothing', () => {
  const envoy = new FakeEnvoy('shop/web-1', start);
  envoy.serve(10);
  store.add([envoy.read(start + 10 * s)]);
  const other = new DatabaseSync(path);
  other.exec("CREATE TRIGGER full BEFORE INSERT ON look BEGIN SELECT RAISE(ABORT, 'no room'); END");
  expect(() => store.commit(start + 10 * s, 7)).toThrow('no room');
  other.exec('DROP TRIGGER full');
  other.close();
  envoy.serve(5);
  round(20, envoy);
  expect(all(0, 60)).toBe(15);
});
