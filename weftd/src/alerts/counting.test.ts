/** What an objective counts over weeks, though measurements are kept for days, and weftd restarts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ofKind, parse } from '@weft/model';
import { budget, type Objective, objectiveOf, type Question, type SignalsQuery } from '@weft/signals';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { grown, type Measurement, measured } from '../../../signals/src/query.fixture.ts';
import { Counting } from './counting.ts';
import { type Memory, openMemory } from './memory.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);

const objectiveFrom = (spec: string): Objective => {
  const text = `{apiVersion: mesh.weft.dev/v1alpha1, kind: ServiceLevelObjective, metadata: {name: pay, namespace: shop}, spec: {subject: {service: pay}, indicator: {availability: {}}, target: 99, ${spec}}}`;
  const [found] = ofKind(parse({ text, file: 'slo.yaml', origin: { source: 'file' } }).resources, 'ServiceLevelObjective');
  if (!found) throw new Error(`not taken: ${spec}`);
  return objectiveOf(found);
};

const request = (at: number, code: string, amount: number): Measurement =>
  grown(
    'istio_requests_total',
    { reporter: 'source', destination_service: 'pay.shop.svc.cluster.local', response_code: code, grpc_response_status: '' },
    [at, amount],
  );

let folder: string;
let memory: Memory;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-counting-'));
  memory = openMemory(join(folder, 'alerts.db'));
});
afterEach(() => {
  memory.close();
  rmSync(folder, { recursive: true });
});

/** Measurements of before so long are gone. */
const forgetting = (
  all: readonly Measurement[],
  kept: number,
): { readonly query: SignalsQuery; now: number; readonly asked: Question[] } => {
  const made = {
    now: start,
    asked: [] as Question[],
    query: {
      ...measured(all),
      counters: (question: Question) => {
        made.asked.push(question);
        return measured(all.filter(({ at }) => at >= made.now - kept)).counters(question);
      },
    },
  };
  return made;
};

test('a month is counted although measurements are kept for three days, over restarts', async () => {
  const objective = objectiveFrom('period: {rolling: 28d}');
  // One of a hundred fails in each hour of thirty days; of the first two days nothing counts any more in the end.
  const all = Array.from({ length: 30 * 24 }, (_, index) => [
    request(start + index * hour + 10 * minute, '200', 99),
    request(start + index * hour + 20 * minute, '503', 1),
  ]).flat();
  const store = forgetting(all, 3 * day);
  let counting = new Counting(objective, { query: store.query, memory });
  for (store.now = start + 12 * hour; store.now <= start + 30 * day; store.now += 12 * hour) {
    if ((store.now - start) % (5 * day) === 0) counting = new Counting(objective, { query: store.query, memory });
    await counting.counts(store.now);
  }
  const end = start + 30 * day;
  store.now = end;
  const found = budget(objective, await counting.counts(end), end);
  expect([found.good, found.total]).toEqual([28 * 24 * 99, 28 * 24 * 100]);
  expect(found.remaining).toBeCloseTo(0);
});

test('after the first time only the newest is asked for', async () => {
  const objective = objectiveFrom('period: {rolling: 28d}');
  const store = forgetting([request(start, '200', 1)], 28 * day);
  const counting = new Counting(objective, { query: store.query, memory });
  await counting.counts(start + day);
  store.asked.splice(0);
  await counting.counts(start + day + minute);
  expect(Math.min(...store.asked.map(({ from }) => from))).toBeGreaterThan(start + day - 5 * minute);
});

test('what comes in late is counted', async () => {
  const objective = objectiveFrom('period: {rolling: 1d}');
  const all = [request(start, '200', 1)];
  const counting = new Counting(objective, { query: measured(all), memory });
  await counting.counts(start + minute);
  all.push(request(start + 30_000, '503', 1));
  const counts = await counting.counts(start + 2 * minute);
  expect(counts.reduce((sum, { total }) => sum + total, 0)).toBe(2);
});

test('an objective that counts something else begins anew; slices are kept as they are', async () => {
  const all = [request(start, '200', 1), request(start + 5 * minute, '503', 1)];
  const sliced = objectiveFrom(
    'period: {rolling: 1d}, timeSlices: {length: 5m, target: 90}, burnRates: [{factor: 1, long: 20m, short: 5m}]',
  );
  const now = start + 10 * hour;
  const found = budget(sliced, await new Counting(sliced, { query: measured(all), memory }).counts(now), now);
  // Of 288 slices one is bad.
  expect([found.total, found.failed]).toEqual([288, 1]);
  const again = budget(sliced, await new Counting(sliced, { query: measured([]), memory }).counts(now), now);
  expect(again.failed).toBe(1);
  const other: Objective = { ...sliced, indicator: { kind: 'latency', threshold: 100 } };
  expect(budget(other, await new Counting(other, { query: measured(all), memory }).counts(now), now).failed).toBe(0);
});
