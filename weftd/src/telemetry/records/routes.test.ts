import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignalsAnswer } from '@weft/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMs } from './parts.ts';
import { noon, recordOf } from './records.fixture.ts';
import { openRecords, type Records } from './records.ts';

let home = '';
let records: Records;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-routes-'));
  records = openRecords(join(home, 'requests.db'), { maxBytes: 1 << 30, maxAgeMs: dayMs });
});

afterEach(() => {
  records.close();
  rmSync(home, { recursive: true, force: true });
});

const hour = 3_600_000;
const minute = 60_000;

const total = (from: number, to: number, now: number) => {
  const { step, groups } = records.routeCounters(
    { metric: 'istio_requests_total', where: { route: ['default'] }, from, to, step: minute },
    now,
  );
  return [step, groups.flatMap(({ steps }) => steps.map(({ at, value }) => [at, value.amount]))];
};

test('routes are counted by the minute for some hours, then more coarsely, over batches and after records are gone', () => {
  records.add({ records: [recordOf({ side: 'source' }), recordOf({ side: 'source', at: noon + minute })] }, noon);
  records.add({ records: [recordOf({ side: 'source' }), recordOf()] }, noon);
  expect(total(noon, noon + hour, noon + hour)).toEqual([
    minute,
    [
      [noon, 2],
      [noon + minute, 1],
    ],
  ]);
  for (const [later, step] of [
    [noon + dayMs, 5 * minute],
    [noon + 4 * dayMs, hour],
  ] as const) {
    records.maintain(later);
    expect(total(noon, noon + hour, later)).toEqual([step, [[noon, 3]]]);
  }
  records.maintain(noon + 100 * dayMs);
  expect(total(noon, noon + hour, noon + 100 * dayMs)).toEqual([hour, []]);
});

test('golden signals of routes are exact, whichever steps the time begins and ends with', async () => {
  const times = [noon - 1, noon, noon + hour + 7 * minute, noon + 3 * hour - minute, noon + 3 * hour];
  for (const at of times) records.add({ records: [200, 503].map((status) => recordOf({ side: 'source', at, status })) }, noon);
  records.add({ records: [recordOf({ side: 'source', to: 'ledger' })] }, noon);
  const asked = { of: 'route', where: { destination_service_name: ['payments'] } } as const;
  const answered = async (from: number, to: number, step?: number): Promise<SignalsAnswer> =>
    JSON.parse(
      new TextDecoder().decode(await records.routeSignals({ ...asked, from, to, ...(step && { step }) }, noon + 3 * hour)),
    ) as SignalsAnswer;
  const counted = async (from: number, to: number) =>
    (await answered(from, to)).items.map(({ labels, requests, failed }) => [labels['route'], requests, failed]);
  expect(await counted(noon, noon + 3 * hour)).toEqual([['default', 6, 3]]);
  expect(await counted(noon + hour, noon + 2 * hour)).toEqual([['default', 2, 1]]);
  expect(await counted(noon + 7 * minute, noon + 3 * hour + minute)).toEqual([['default', 6, 3]]);
  const [item] = (await answered(noon, noon + 4 * hour, 2 * hour)).items;
  expect(item?.series?.map(({ at, requests }) => [at, requests])).toEqual([
    [noon, 4],
    [noon + 2 * hour, 4],
  ]);
});

test('durations of routes are told in buckets', () => {
  records.add({ records: [recordOf({ side: 'source' })] }, noon);
  const asked = {
    metric: 'istio_request_duration_milliseconds',
    where: { route: ['default'] },
    from: noon,
    to: noon + minute,
    step: minute,
  };
  const [group] = records.routeHistograms(asked, noon).groups;
  expect(group?.steps[0]?.value.histogram.sum).toBe(3);
});
