import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordQuery } from '@weft/signals';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayMs } from './parts.ts';
import { noon, recordOf, type Said } from './records.fixture.ts';
import { openRecords, type Records, type RecordsOptions } from './records.ts';

const usual: RecordsOptions = { maxBytes: 1 << 30, maxAgeMs: 7 * dayMs };

let home = '';
let records: Records;

const open = (options = usual): Records => openRecords(join(home, 'requests.db'), options);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-records-'));
  records = open();
});

afterEach(() => {
  records.close();
  rmSync(home, { recursive: true, force: true });
});

const keep = (...said: readonly Said[]): void => records.add({ records: said.map(recordOf) }, noon);

const asked = (query: Partial<RecordQuery>) => records.query({ limit: 100, ...query }).map(({ record }) => record);

test('what was added comes back as it was, also from a store that was opened again', () => {
  const { request: _request, tls: _tls, ...bare } = recordOf({ to: 'db' });
  const plain = { ...bare, mtls: false, at: noon - 1 };
  records.add({ records: [recordOf({ denied: true }), plain] }, noon);
  records.close();
  records = open();
  expect(asked({})).toEqual([recordOf({ denied: true }), plain]);
  expect(records.last()).toBe(2);
});

test('the port that a caller dialled is kept', () => {
  records.add({ records: [{ ...recordOf({ side: 'source' }), called: 80 }] }, noon);
  expect(asked({})[0]?.called).toBe(80);
});

test('a refused connection is found by the id that its proxy’s log tells', () => {
  const { request: _request, tls: _tls, ...bare } = recordOf();
  const verdict = { kind: 'denied', by: 'handshake', reason: 'TLS_error:' } as const;
  const refused = { ...bare, mtls: false, verdict, refusal: { id: '7-40000', claimed: 'spiffe://x/ns/y/sa/z', serverName: '' } };
  records.add({ records: [refused, recordOf()] }, noon);
  expect(asked({ denial: '7-40000' })).toEqual([refused]);
});

test('no number is too large to be kept', () => {
  records.add({ records: [{ ...recordOf(), sent: 1e300, received: 2 ** 64, duration: 0.4 }] }, noon);
  expect(asked({})[0]).toMatchObject({ sent: Number.MAX_SAFE_INTEGER, received: Number.MAX_SAFE_INTEGER, duration: 0 });
});

describe('asked for', () => {
  const web = 'spiffe://cluster.local/ns/shop/sa/web';
  test.each<[string, Partial<RecordQuery>, string]>([
    ['a principal', { principal: web }, '/a /c /e'],
    ['the end of a principal', { principal: '*/sa/web' }, '/a /c /e'],
    ['the beginning of a principal', { principal: 'spiffe://cluster.local/ns/shop/sa/w*' }, '/a /c /e'],
    ['a principal and a time', { principal: web, since: noon + 2, until: noon + 4 }, '/c'],
    ['who was called', { to: { name: 'payments' } }, '/a /b /d'],
    ['the service that was called', { to: { name: 'ledger.shop.svc.cluster.local' } }, '/c'],
    ['who was called in which namespace', { to: { name: 'payments', namespace: 'other' } }, ''],
    ['who called', { from: { name: 'jobs', namespace: 'shop' } }, '/b /d'],
    ['either end', { workload: { name: 'web' } }, '/a /c /e'],
    ['what was refused', { denied: true }, '/b'],
    ['an address at either end', { address: '10.9.9.9' }, '/c'],
    ['the client behind a gateway', { address: '203.0.113.9' }, '/d'],
    ['an IPv6 address', { address: 'fd00::7' }, '/e'],
    ['a path', { path: '/a' }, '/a'],
    ['a path with signs of LIKE', { path: '/%' }, ''],
    ['the id of a refusal', { denial: 'denial-x' }, '/b'],
    ['the id of a request', { request: 'y' }, '/c'],
    ['whose proxy saw it', { side: 'source' }, '/d'],
  ])('%s', (_name, query, paths) => {
    keep(
      { path: '/a', at: noon + 1 },
      { path: '/b', at: noon + 2, from: 'jobs', denied: true, id: 'x' },
      { path: '/c', at: noon + 3, to: 'ledger', peer: '10.9.9.9', id: 'y' },
      { path: '/d', at: noon + 4, from: 'jobs', client: '203.0.113.9', side: 'source' },
      { path: '/e', at: noon + 5, peer: 'fd00::7', to: 'db' },
    );
    const found = asked(query).map(({ request }) => request?.path);
    expect(found.toSorted().join(' ')).toBe(paths);
  });

  test('the newest come first, and no more than were wanted', () => {
    keep({ path: '/1', at: noon }, { path: '/3', at: noon + 2 }, { path: '/2', at: noon + 1 });
    expect(asked({ limit: 2 }).map(({ request }) => request?.path)).toEqual(['/3', '/2']);
  });

  test('a record that is found in several ways is one', () => {
    keep({ path: '/1', from: 'payments', peer: '10.244.0.8' }, { path: '/2', at: noon + 1, from: 'payments', peer: '10.244.0.8' });
    expect(asked({ workload: { name: 'payments' }, limit: 2 }).map(({ request }) => request?.path)).toEqual(['/2', '/1']);
    expect(asked({ address: '10.244.0.8', limit: 2 }).map(({ request }) => request?.path)).toEqual(['/2', '/1']);
  });

  test('those after one come in the order in which they came', () => {
    keep({ path: '/1', at: noon + 5 }, { path: '/2', at: noon });
    const [first] = records.query({ after: 0, limit: 1 });
    expect(first?.record.request?.path).toBe('/1');
    expect(asked({ after: first?.id ?? 0 }).map(({ request }) => request?.path)).toEqual(['/2']);
  });

  test('who follows is told how far was looked, also where nothing was found: it is not looked through again', () => {
    keep({ path: '/1', at: noon }, { path: '/2', at: noon + 5 });
    const of = (path: string, limit: number) => records.written({ after: 0, limit, path }, '\n');
    expect(of('/nowhere', 10)).toMatchObject({ count: 0, last: records.last() });
    expect(of('/', 1)).toMatchObject({ count: 1, last: records.query({ after: 0, limit: 1 })[0]?.id });
    expect(of('/', 1).last).toBeLessThan(records.last());
  });
});

describe('what is sent again counts once', () => {
  const span = (from: number, to: number) => ({ file: 'pod/1', from, to });

  test('by how far the file was taken', () => {
    records.add({ records: [recordOf()], span: span(0, 100) }, noon);
    records.add({ records: [recordOf()], losses: { damaged: 1 }, span: span(0, 100) }, noon);
    expect(records.position('pod/1')).toBe(100);
    expect(records.state()).toMatchObject({ records: 1, losses: {} });
    records.add({ records: [recordOf()], losses: { damaged: 1 }, span: span(100, 200) }, noon);
    expect(records.state()).toMatchObject({ records: 2, losses: { damaged: 1 } });
  });
});

describe('is forgotten', () => {
  test('by age, a day at a time', () => {
    keep({ at: noon });
    records.add({ records: [recordOf({ at: noon + dayMs })] }, noon + dayMs);
    records.maintain(noon + 7 * dayMs);
    expect(asked({})).toHaveLength(2);
    records.maintain(noon + 7 * dayMs + 1);
    expect(asked({}).map(({ at }) => at)).toEqual([noon + dayMs]);
    expect(records.state().oldest).toBe(noon + dayMs);
  });

  test('as soon as less is wanted, and from the start by what was wanted before', () => {
    for (const day of [0, 1, 2, 3]) records.add({ records: [recordOf({ id: String(day) })] }, noon + day * dayMs);
    const kept = (now: number): number => {
      records.maintain(now);
      return records.state().records;
    };
    expect(kept(noon + 3 * dayMs)).toBe(4);
    records.retain({ ...usual, maxAgeMs: 1.5 * dayMs });
    expect(kept(noon + 3 * dayMs)).toBe(1);
    records.close();
    records = open({ ...usual, maxAgeMs: 100 * dayMs });
    expect(kept(noon + 3 * dayMs)).toBe(1);
  });

  test('by size, the oldest first, while the newest stay', () => {
    records.close();
    records = open({ ...usual, maxBytes: 2 << 20 });
    const batch = Array.from({ length: 1_000 }, (_, index) => recordOf({ path: `/${'x'.repeat(200)}`, id: String(index) }));
    for (let index = 0; index < 20; index += 1) {
      records.add({ records: batch.map((record) => ({ ...record, at: noon + index })) }, noon);
      records.maintain(noon);
    }
    const { bytes, records: count } = records.state();
    expect(bytes).toBeLessThan(3 << 20);
    expect(count).toBeGreaterThan(1_000);
    expect(asked({ limit: 1 })[0]?.at).toBe(noon + 19);
    expect(records.last()).toBe(20_000);
  });
});

test('what was acknowledged outlives kill -9, with how far its file was taken', async () => {
  const path = join(home, 'killed.db');
  const writer = fileURLToPath(new URL('./writer.fixture.ts', import.meta.url));
  let acknowledged = 0;
  for (let round = 1; round <= 3; round += 1) {
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => {
      acknowledged = Number(String(chunk).trim().split('\n').at(-1));
      if (acknowledged >= round * 50) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const kept = openRecords(path, usual);
    expect(kept.position('pod/1')).toBeGreaterThanOrEqual(acknowledged);
    expect(kept.state().records).toBe(2 * kept.position('pod/1'));
    kept.close();
  }
  expect(acknowledged).toBeGreaterThanOrEqual(150);
});

test('what is asked is answered alike of parts that are full and of the one that is filled', () => {
  records.close();
  records = open({ ...usual, maxBytes: 8 << 20 });
  const batch = (first: number) =>
    Array.from({ length: 1_000 }, (_, index) => {
      const [number, from] = [first + index, `caller-${index % 10}`];
      return {
        ...recordOf({ from, path: `/entries/${number % 1_000}`, id: String(number), peer: `10.0.${index % 200}.1` }),
        at: noon + number,
      };
    });
  for (let first = 0; first < 12_000; first += 1_000) records.add({ records: batch(first) }, noon);
  const times = (query: Omit<RecordQuery, 'limit'>, limit = 20) => records.query({ ...query, limit }).map(({ record }) => record.at - noon);
  const every = (step: number, last: number) =>
    Array.from({ length: 20 }, (_, index) => last - index * step).filter((number) => number >= 0);
  expect(times({ path: '/entries/777' })).toEqual(every(1_000, 11_777));
  expect(times({ from: { name: 'caller-3' } })).toEqual(every(10, 11_993));
  expect(times({ request: '5' })).toEqual([5]);
  expect(times({ request: '11999' })).toEqual([11_999]);
  expect(times({ address: '10.0.7.1' }, 100).length).toBe(60);
  expect(times({ since: noon + 100, until: noon + 103 })).toEqual([102, 101, 100]);
  const first = records.last() - 11_999;
  expect(records.query({ after: first + 4_999, limit: 3 }).map(({ id }) => id - first)).toEqual([5_000, 5_001, 5_002]);
});

test('a path is found by its beginning, however long', () => {
  const paths = ['/a', '/api/v1/customers/of/a/kind/1', '/api/v1/customers/of/a/kind/2', '/b', '/%25'];
  records.add({ records: paths.map((path) => recordOf({ path })) }, noon);
  const found = (path: string): number => records.query({ path, limit: 10 }).length;
  expect(['/', '/a', '/api/v1/customers/of/a/kind/', '/api/v1/customers/of/a/kind/2', '/c', '/%'].map(found)).toEqual([5, 3, 2, 1, 0, 1]);
});

test('what failed is found: refused, 5xx, gRPC errors, flags', () => {
  const grpc = recordOf({ path: '/grpc' });
  const flagged = { ...recordOf({ path: '/flag', status: 0 }), flags: 'DC' };
  keep({ path: '/fine' }, { path: '/500', status: 500 }, { path: '/404', status: 404 }, { path: '/no', denied: true, status: 403 });
  const failedCall = { ...grpc, request: { ...grpc.request, grpcStatus: '14' } as NonNullable<typeof grpc.request> };
  const goodCall = { ...failedCall, request: { ...failedCall.request, path: '/good', grpcStatus: '0' } };
  records.add({ records: [failedCall, goodCall, flagged] }, noon);
  const paths = asked({ failed: true, to: { name: 'payments' } }).map(({ request }) => request?.path);
  expect(paths.toSorted()).toEqual(['/500', '/flag', '/grpc', '/no']);
  expect(asked({ failed: true, after: 0 })).toHaveLength(4);
});

test('requests are found by method and status', () => {
  keep({ path: '/fine' }, { path: '/500', status: 500 }, { path: '/503', status: 503 }, { path: '/404', status: 404 });
  const paths = (query: Partial<RecordQuery>) => asked(query).map(({ request }) => request?.path);
  expect(paths({ code: { first: 500, last: 599 } }).toSorted()).toEqual(['/500', '/503']);
  expect(paths({ code: { first: 404, last: 404 }, method: 'POST' })).toEqual(['/404']);
  expect(paths({ method: 'GET' })).toEqual([]);
});

test('what is asked most is told of the time and the callers that were meant', () => {
  keep(
    { path: '/a', at: noon },
    { path: '/b', at: noon },
    { path: '/b', at: noon + 1 },
    { path: '/b', at: noon + 9 },
    { path: '/b', from: 'jobs' },
  );
  const top = records.top({ since: noon, until: noon + 5, from: { name: 'web' }, limit: 1 });
  expect(top).toMatchObject({ from: noon, to: noon + 5, truncated: false, rows: [{ source: 'shop/web', path: '/b', count: 2 }] });
});
