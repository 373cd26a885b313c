import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noon, recordOf } from '../records/records.fixture.ts';
import { startTelemetry, type Telemetry, TelemetryBusy } from './thread.ts';

let home = '';
let telemetry: Telemetry;
const troubles: string[] = [];

const start = (): Promise<Telemetry> =>
  startTelemetry({
    directory: join(home, 'telemetry'),
    options: () => ({
      records: { maxBytes: 1 << 30, maxAgeMs: 86_400_000 },
      metrics: { maxBytes: 1 << 30, maxAgeMs: 1e12, maxSeries: 100, topology: { maxBytes: 1 << 20, maxAgeMs: 1e9 }, now: 0 },
      traces: { maxBytes: 1 << 30, maxAgeMs: 86_400_000 },
      outbox: { maxBytes: 1 << 30 },
      events: { maxAgeMs: 1 << 30, maxEvents: 10 },
    }),
    onTrouble: (message) => void troubles.push(message),
  });

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'weft-telemetry-'));
  troubles.length = 0;
  telemetry = await start();
});

afterEach(async () => {
  await telemetry.stop();
  rmSync(home, { recursive: true, force: true });
});

test('what is answered is kept, and a store is asked as if it were here', async () => {
  await telemetry.records.add({ records: [recordOf()] }, noon);
  expect(await telemetry.records.query({ limit: 10 })).toEqual([{ id: 1, record: recordOf() }]);
});

test('what was called before the end is done before it', async () => {
  const called = Array.from({ length: 20 }, () => telemetry.records.add({ records: [recordOf()] }, noon));
  await telemetry.stop();
  await Promise.all(called);
  await expect(telemetry.records.last()).rejects.toThrow('weftd is stopping');
  telemetry = await start();
  expect(await telemetry.records.last()).toBe(20);
});

test('an error comes over with its words, and the thread goes on', async () => {
  const broken = { ...recordOf(), at: Number.NaN };
  await expect(telemetry.records.add({ records: [broken] }, noon)).rejects.toThrow('the store took nothing');
  await telemetry.records.add({ records: [recordOf()] }, noon);
  expect(await telemetry.records.last()).toBe(1);
  expect(troubles).toEqual([]);
});

test('who calls faster than the thread answers is refused, and may come again', async () => {
  const called = await Promise.allSettled(Array.from({ length: 1_000 }, () => telemetry.records.last()));
  const refused = called.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  expect(refused.length).toBe(1_000 - 256);
  expect(refused[0]).toBeInstanceOf(TelemetryBusy);
  expect(await telemetry.records.last()).toBe(0);
});

test('a file that is no store any more is put aside, and what comes is kept', async () => {
  await telemetry.records.add({ records: [recordOf()] }, noon);
  await telemetry.stop();
  const file = join(home, 'telemetry/requests.db');
  writeFileSync(file, 'x'.repeat(10_000));
  telemetry = await start();
  expect(troubles).toEqual([expect.stringContaining(`what was kept of records is damaged, now ${file}.damaged`)]);
  expect(existsSync(`${file}.damaged`)).toBe(true);
  await telemetry.records.add({ records: [recordOf()] }, noon);
  expect(await telemetry.records.last()).toBe(1);
});

test('damage inside a file ends nothing: what cannot be read is told, and records go on', async () => {
  const records = Array.from({ length: 2_000 }, (_, index) => recordOf({ id: String(index), path: `/${index}` }));
  await telemetry.records.add({ records }, noon);
  await telemetry.stop();
  const file = join(home, 'telemetry/requests.db');
  const bytes = readFileSync(file);
  for (let at = 8_192; at < bytes.length; at += 499) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  telemetry = await start();
  await telemetry.records.query({ limit: 10_000 }).catch(() => []);
  await telemetry.records.add({ records }, noon).catch(() => {});
  await telemetry.records.add({ records: [recordOf({ path: '/new' })] }, noon);
  expect(await telemetry.records.query({ path: '/new', limit: 1 })).toHaveLength(1);
  expect(troubles).toHaveLength(1);
});

test('a store that cannot be opened is told once and keeps nothing up; when it can be, it is there', async () => {
  await telemetry.stop();
  const file = join(home, 'telemetry/traces.db');
  rmSync(file);
  mkdirSync(file);
  telemetry = await start();
  await expect(telemetry.records.last()).rejects.toThrow('the telemetry thread ended: cannot open the store');
  await sleep(1_500);
  expect(troubles).toEqual([expect.stringMatching(/cannot open the store .*traces\.db.*; it is started again$/)]);
  rmSync(file, { recursive: true });
  await expect.poll(() => telemetry.records.last().catch(() => -1), { timeout: 20_000 }).toBe(0);
});
