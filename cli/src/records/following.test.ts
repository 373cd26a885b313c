import type { StoredRecord } from '@weft/signals';
import { expect, test, vi } from 'vitest';
import type { RecordsQuery } from '../api/client.ts';
import { Refusal } from '../api/http.ts';
import { following } from './following.ts';

const record = (id: number): StoredRecord => ({ id }) as StoredRecord;

test('goes on behind the last one when weftd comes back, and says once that it is away', async () => {
  const asked: RecordsQuery[] = [];
  const streams: readonly (readonly number[])[] = [[8, 9], [], [10]];
  let away = 0;
  async function* followRecords(query: RecordsQuery): AsyncIterable<StoredRecord> {
    const stream = streams[asked.length] ?? [];
    asked.push(query);
    for (const id of stream) yield record(id);
    throw new Error('the connection to weftd broke');
  }
  const api = { followRecords, recordsState: async () => ({ records: 7, bytes: 0, last: 7, losses: {} }) };
  const told: number[] = [];
  for await (const { id } of following({ api, query: { to: 'web' }, onAway: () => void away++ })) {
    told.push(id);
    if (id === 10) break;
  }
  expect(told).toEqual([8, 9, 10]);
  expect(asked).toEqual([7, 9, 9].map((after) => ({ to: 'web', after })));
  expect(away).toBe(1);
});

test('what weftd refuses is refused, and not asked again', async () => {
  // biome-ignore lint/correctness/useYield: it ends before there is anything to tell
  async function* followRecords(): AsyncIterable<StoredRecord> {
    throw new Refusal({ status: 400, body: { error: 'foo is no IPv4 or IPv6 address' } });
  }
  const api = { followRecords, recordsState: async () => ({ records: 7, bytes: 0, last: 7, losses: {} }) };
  const onAway = vi.fn();
  const first = following({ api, query: { address: 'foo' }, onAway })
    [Symbol.asyncIterator]()
    .next();
  await expect(first).rejects.toThrow('foo is no IPv4 or IPv6 address');
  expect(onAway).not.toHaveBeenCalled();
});
