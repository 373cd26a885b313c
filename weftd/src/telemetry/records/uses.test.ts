import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessRecord } from '@weft/signals';
import { expect, test } from 'vitest';
import { dayMs } from './parts.ts';
import { noon, recordOf } from './records.fixture.ts';
import { openRecords } from './records.ts';

const hour = 3_600_000;
const minute = 60_000;
const cluster = 'outbound|80|v1|payments.shop.svc.cluster.local';

const led = (at: number, status = 200): AccessRecord => ({
  ...recordOf({ side: 'source', at, status }),
  ...{ led: { namespace: 'shop', name: 'payments', path: 'spec.http[0]' }, route: '', upstreamCluster: cluster },
});

const connected = (at: number): AccessRecord => {
  const { request: _, ...record } = recordOf({ side: 'source', at });
  return { ...record, upstreamCluster: 'outbound|5432||db.shop.svc.cluster.local' };
};

const decided = (at: number): AccessRecord => ({
  ...recordOf({ at }),
  verdict: { kind: 'allowed', rule: { namespace: 'shop', name: 'bank', rule: 1 } },
});

test('what rules led and decided is exact over any time, over batches, and days later', () => {
  const home = mkdtempSync(join(tmpdir(), 'weft-uses-'));
  const records = openRecords(join(home, 'requests.db'), { maxBytes: 1 << 30, maxAgeMs: dayMs });
  try {
    expect(records.uses({ from: noon, to: noon + hour }, noon)).toEqual({ uses: [] });
    records.add({ records: [led(noon - 1), led(noon), led(noon + minute, 503), connected(noon)] }, noon);
    records.add({ records: [led(noon + 3 * hour - 1), decided(noon), recordOf({ side: 'source' })] }, noon);
    const found = (from: number, to: number, now: number) =>
      records
        .uses({ from, to }, now)
        .uses.map(({ kind, object, place, count, failed, received }) => [kind, object, place, count, failed, received])
        .sort();
    const all = [
      ['connection', '', '', 1, 0, 12],
      ['policy', 'shop/bank', '1', 1, 0, 12],
      ['request', 'shop/payments', 'spec.http[0]', 3, 1, 36],
    ];
    expect(found(noon, noon + 3 * hour, noon + 3 * hour)).toEqual(all);
    expect(found(noon + minute, noon + 2 * minute, noon + 3 * hour)).toEqual([['request', 'shop/payments', 'spec.http[0]', 1, 1, 12]]);
    records.maintain(noon + 5 * dayMs);
    expect(found(noon, noon + 3 * hour, noon + 5 * dayMs)).toEqual(all);
    expect(records.uses({ from: noon, to: noon + hour }, noon).since).toBe(noon - hour);
  } finally {
    records.close();
    rmSync(home, { recursive: true, force: true });
  }
});
