/** What agents send, taken whole, again, and by half. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { line, request, type Sent } from './agent.fixture.ts';
import { dayMs } from './parts.ts';
import { noon } from './records.fixture.ts';
import { openRecords, type Records } from './records.ts';

const mesh = { trustDomain: 'cluster.local', cluster: 'local' };

let home = '';
let records: Records;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-intake-'));
  records = openRecords(join(home, 'requests.db'), { maxBytes: 1 << 30, maxAgeMs: 7 * dayMs });
});

afterEach(() => {
  records.close();
  rmSync(home, { recursive: true, force: true });
});

const take = (sent: Sent): void => records.take(request(sent), mesh, noon);

const paths = () => records.query({ after: 0, limit: 100 }).map(({ record }) => record.request?.path);

test('records are their workload’s, as its labels name it', () => {
  take({ lines: [line('/a')] });
  const [{ record } = { record: undefined }] = records.query({ limit: 1 });
  expect(record?.source).toMatchObject({
    principal: 'spiffe://cluster.local/ns/shop/sa/web',
    ...{ namespace: 'shop', workload: 'web', app: 'shopfront', version: 'latest', cluster: 'local' },
  });
});

test('what was sent again, wholly or with more behind it, counts once', () => {
  const [a, b, c] = [line('/a'), line('/b'), line('/c')];
  take({ lines: [a, b] });
  take({ lines: [a, b] });
  take({ lines: [a, b, c] });
  expect(paths()).toEqual(['/a', '/b', '/c']);
  take({ from: Buffer.byteLength(a) + 1, lines: [b, c] });
  expect(paths()).toHaveLength(3);
});

test('what is no record is counted, and those beside it are kept', () => {
  take({ lines: [line('/a'), 'no record', '', line('/ä')], more: { 'weft.records.damaged': 2, 'weft.records.dropped': 0 } });
  expect(paths()).toEqual(['/a', '/ä']);
  expect(records.state()).toMatchObject({ records: 2, losses: { damaged: 4 } });
});

test('what agents had no room for is counted once', () => {
  const dropped: Sent = { lines: [], more: { 'weft.records.to': 500, 'weft.records.dropped': 7 } };
  take(dropped);
  take(dropped);
  expect(records.state().losses).toEqual({ dropped: 7 });
});

test('what is nothing an agent sends is refused as a whole', () => {
  expect(() => records.take(Buffer.from('nothing'), mesh, noon)).toThrow();
  const nameless = toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, { resourceLogs: [{}] }));
  expect(() => records.take(nameless, mesh, noon)).toThrow('a resource without');
});
