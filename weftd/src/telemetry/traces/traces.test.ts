import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bounds } from './bounds.ts';
import type { Teller } from './otlp.ts';
import { type TestSpan, told } from './traces.fixture.ts';
import { openTraces, type Traces } from './traces.ts';

const hour = 3_600_000;
const start = 1_800_000_000_000;
const generous = { maxAgeMs: 24 * hour, maxBytes: 1024 ** 3 };

let folder: string;
let traces: Traces;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-traces-'));
  traces = openTraces(join(folder, 'traces.db'), generous);
});
afterEach(() => {
  traces.close();
  rmSync(folder, { recursive: true, force: true });
});

const web: Teller = { service: 'web', namespace: 'shop', workload: 'web', pod: 'web-1' };
const bank: Teller = { service: 'bank', namespace: 'money', workload: 'bank-v1', pod: 'bank-1' };

const add = (teller: Teller, spans: readonly TestSpan[], received = start) => traces.add({ bytes: told(spans), teller, received });

const everything = { from: start - hour, to: start + hour, limit: 100 };
const id = (number: number) => number.toString(16).padStart(32, '0');

describe('a trace', () => {
  test('is put together of what several proxies tell, in any order', () => {
    add(bank, [
      {
        trace: id(1),
        id: 'b1',
        parent: 'a1',
        kind: 'server',
        at: start + 10,
        duration: 20,
        attributes: { 'http.status_code': '503' },
        failed: 'overflow',
      },
    ]);
    add(web, [{ trace: id(1), id: 'a1', kind: 'client', at: start, duration: 40.125 }]);
    expect(traces.trace(id(1))).toEqual({
      id: id(1),
      spans: [
        {
          id: '00000000000000a1',
          name: 'call',
          kind: 'client',
          at: start,
          duration: 40.125,
          ...web,
          failed: false,
          attributes: {},
          events: [],
        },
        {
          ...{ id: '00000000000000b1', parent: '00000000000000a1', name: 'call', kind: 'server', at: start + 10, duration: 20, ...bank },
          ...{ failed: true, message: 'overflow', attributes: { 'http.status_code': '503' }, events: [] },
        },
      ],
    });
    expect(traces.find(everything)).toEqual([
      {
        id: id(1),
        at: start,
        duration: 40.125,
        service: 'web',
        namespace: 'shop',
        name: 'call',
        spans: 2,
        failed: 1,
        services: ['bank', 'web'],
      },
    ]);
  });

  test('that is told twice is one', () => {
    const span = { trace: id(1), id: 'a1', at: start, duration: 1 };
    expect([add(web, [span]), add(web, [span])]).toEqual([
      { kept: 1, dropped: 0 },
      { kept: 1, dropped: 0 },
    ]);
    expect(traces.find(everything)[0]?.spans).toBe(1);
  });

  test('that nobody told of is none', () => {
    expect(traces.trace(id(7))).toBeUndefined();
    expect(traces.find(everything)).toEqual([]);
  });
});

describe('a search', () => {
  beforeEach(() => {
    for (let number = 1; number <= 5; number += 1) {
      const at = start + number * 1000;
      add(web, [{ trace: id(number), id: 'a1', at, duration: 100 * number }]);
      if (number > 2)
        add(bank, [{ trace: id(number), id: 'b1', parent: 'a1', at, duration: 10 * number, ...(number === 4 && { failed: 'refused' }) }]);
    }
  });
  const found = (search: object): readonly number[] => traces.find({ ...everything, ...search }).map((one) => Number.parseInt(one.id, 16));

  test('that says how many means traces, however many spans of each there are', () => {
    add(
      bank,
      [1, 2, 3].map((number) => ({ trace: id(5), id: `c${number}`, at: start + 5000 + number, duration: 1 })),
    );
    expect(found({ service: 'bank', limit: 2 })).toEqual([5, 4]);
    expect(found({ namespace: 'shop', limit: 3 })).toEqual([5, 4, 3]);
  });

  test.each([
    ['everything, the newest first', {}, [5, 4, 3, 2, 1]],
    ['a service', { service: 'bank' }, [5, 4, 3]],
    ['a namespace', { namespace: 'money' }, [5, 4, 3]],
    ['a service that is elsewhere', { service: 'bank', namespace: 'shop' }, []],
    ['how long the whole took', { minDuration: 200, maxDuration: 400 }, [3, 2]],
    ['how long a service took', { service: 'bank', minDuration: 40 }, [5, 4]],
    ['what failed', { failed: true }, [4]],
    ['what did not', { failed: false }, [5, 3, 2, 1]],
    ['a service at which it failed', { service: 'web', failed: true }, []],
    ['a time', { from: start + 2000, to: start + 4000 }, [3, 2]],
    ['so many', { limit: 2 }, [5, 4]],
  ])('is by %s', (_, search, expected) => {
    expect(found(search)).toEqual(expected);
  });

  test('of a bucket leads to what was that slow', () => {
    const exemplars = traces.exemplars({ ...everything, service: 'bank', minDuration: 30, maxDuration: 50 });
    expect(exemplars).toEqual([
      { trace: id(4), span: '00000000000000b1', at: start + 4000, duration: 40 },
      { trace: id(3), span: '00000000000000b1', at: start + 3000, duration: 30 },
    ]);
  });
});

describe('bounds', () => {
  test('what has no ids is dropped and told', () => {
    expect(add(web, [{ trace: id(0), id: 'a1', at: start, duration: 1 }])).toEqual({ kept: 0, dropped: 1 });
    expect(() => traces.add({ bytes: Buffer.from('not OTLP at all'), teller: web, received: start })).toThrow();
  });

  test('of a trace that never ends the beginning is kept', () => {
    const spans = Array.from({ length: bounds.spansInTrace + 5 }, (_, number) => ({
      trace: id(1),
      id: (number + 1).toString(16),
      at: start,
      duration: 1,
    }));
    expect(add(web, spans)).toEqual({ kept: bounds.spansInTrace, dropped: 5 });
  });

  test('queries, headers that prove who somebody is, and long values stay out', () => {
    const attributes = {
      'http.url': 'https://me:hidden@bank/pay?token=hidden#hidden',
      'url.query': 'token=hidden',
      'http.request.header.authorization': 'Bearer hidden',
      user_agent: 'x'.repeat(5000),
      ...Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`more.${number}`, 'x'])),
    };
    add(web, [{ trace: id(1), id: 'a1', name: 'y'.repeat(5000), at: start, duration: 1, attributes }]);
    const [span] = traces.trace(id(1))?.spans ?? [];
    expect(JSON.stringify(span)).not.toContain('hidden');
    expect(span?.attributes).toMatchObject({ 'http.url': 'https://bank/pay', 'http.request.header.authorization': '[masked]' });
    expect(span?.attributes.user_agent).toHaveLength(bounds.value);
    expect(span?.name).toHaveLength(bounds.name);
    expect(Object.keys(span?.attributes ?? {}).length).toBeLessThanOrEqual(bounds.attributes);
  });

  test('of age: what is too old goes, whatever its own clock said', () => {
    add(web, [{ trace: id(1), id: 'a1', at: start + 99 * hour, duration: 1 }], start);
    add(web, [{ trace: id(2), id: 'a1', at: start, duration: 1 }], start + 12 * hour);
    traces.maintain(start + 25 * hour);
    expect([traces.trace(id(1)), traces.trace(id(2))?.id]).toEqual([undefined, id(2)]);
    expect(traces.find({ ...everything, to: start + 100 * hour })).toHaveLength(1);
  });

  test('of size: the oldest go', () => {
    traces.close();
    traces = openTraces(join(folder, 'traces.db'), { ...generous, maxBytes: 1024 ** 2 });
    const many = (from: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        ...{ trace: id(from + index), id: 'a1', at: start, duration: 1, attributes: { padding: 'x'.repeat(1000) } },
      }));
    for (let from = 1; from <= 4000; from += 100) add(web, many(from), start + from);
    expect(traces.trace(id(1))).toBeUndefined();
    expect(traces.trace(id(4000))).toBeDefined();
  });
});

test('what was acknowledged outlives kill -9', async () => {
  traces.close();
  const path = join(folder, 'killed.db');
  const child = spawn(process.execPath, [fileURLToPath(new URL('./writer.fixture.ts', import.meta.url)), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    acknowledged += String(chunk).length;
    if (acknowledged >= 50) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  traces = openTraces(path, generous);
  const kept = traces.find({ ...everything, limit: 100_000 }).length;
  expect(acknowledged).toBeGreaterThanOrEqual(50);
  expect(kept).toBeGreaterThanOrEqual(acknowledged);
});
