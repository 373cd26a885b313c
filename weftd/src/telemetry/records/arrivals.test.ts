import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMs } from './parts.ts';
import { noon, recordOf, type Said } from './records.fixture.ts';
import { openRecords, type Records } from './records.ts';

let home = '';
let records: Records;

const open = (): Records => openRecords(join(home, 'requests.db'), { maxBytes: 1 << 30, maxAgeMs: dayMs });

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-arrivals-'));
  records = open();
});

afterEach(() => {
  records.close();
  rmSync(home, { recursive: true, force: true });
});

const plain = (said: Said = {}) => ({ ...recordOf(said), mtls: false });
const hour = 3_600_000;
const day = { from: noon - 12 * hour, to: noon + 12 * hour };

test('are added up over batches and hours, and are there after the records are forgotten', () => {
  records.add({ records: [plain(), plain({ at: noon + 1 }), recordOf()] }, noon);
  records.add({ records: [plain({ at: noon + hour }), plain({ side: 'source' })] }, noon);
  records.maintain(noon + 3 * dayMs);
  records.close();
  records = open();
  const { arrivals, since } = records.arrivals(day);
  expect(arrivals).toMatchObject([
    { port: 8080, protection: 'mutual TLS', count: 1, sourceWorkload: 'web' },
    { port: 8080, protection: 'plaintext', address: '10.244.0.7', count: 3, first: noon, last: noon + hour },
  ]);
  expect(since).toBe(noon);
});

test('of another time are not told, and after a month they are forgotten', () => {
  records.add({ records: [plain()] }, noon);
  expect(records.arrivals({ from: noon + hour, to: noon + 2 * hour }).arrivals).toEqual([]);
  expect(records.arrivals({ from: noon - hour, to: noon }).arrivals).toEqual([]);
  records.maintain(noon + 32 * dayMs);
  expect(records.arrivals(day)).toEqual({ arrivals: [] });
});

test('from very many addresses take bounded room, and none is lost from the count', () => {
  const from = (index: number) => plain({ peer: `10.${Math.floor(index / 250)}.0.${index % 250}` });
  for (let batch = 0; batch < 3; batch += 1)
    records.add({ records: Array.from({ length: 500 }, (_, index) => from(batch * 500 + index)) }, noon);
  const { arrivals } = records.arrivals(day);
  expect(arrivals.length).toBeLessThan(1100);
  expect(arrivals.reduce((all, { count }) => all + count, 0)).toBe(1500);
  expect(arrivals.find(({ address }) => address === '')?.count).toBeGreaterThan(400);
});
