import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('routes are counted by the minute for a day, then by the hour, over batches and after records are gone', () => {
  records.add({ records: [recordOf({ side: 'source' }), recordOf({ side: 'source', at: noon + minute })] }, noon);
  records.add({ records: [recordOf({ side: 'source' }), recordOf()] }, noon);
  expect(total(noon, noon + hour, noon + hour)).toEqual([
    minute,
    [
      [noon, 2],
      [noon + minute, 1],
    ],
  ]);
  const later = noon + 3 * dayMs;
  records.maintain(later);
  expect(total(noon, noon + hour, later)).toEqual([hour, [[noon, 3]]]);
  records.maintain(noon + 100 * dayMs);
  expect(total(noon, noon + hour, noon + 100 * dayMs)).toEqual([hour, []]);
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
