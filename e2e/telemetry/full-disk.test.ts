/** What becomes of records where the disk that weftd and the agent share is full: a real one, which only root can make. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Shipper } from '../../agent/src/records/shipper.ts';
import type { Spool } from '../../agent/src/records/spool.ts';
import { line } from '../../weftd/src/telemetry/records/agent.fixture.ts';
import { noon } from '../../weftd/src/telemetry/records/records.fixture.ts';
import { openRecords, type Records } from '../../weftd/src/telemetry/records/records.ts';
import { until } from '../mesh.ts';

const names = { trustDomain: 'cluster.local', cluster: 'local' };
const day = 86_400_000;

let folder = '';
let disk = '';
let store: Records;
let shipper: Shipper;
let away = false;
const troubles: string[] = [];

const ship = (limit: number): Spool => {
  const send = async (request: Uint8Array): Promise<void> => {
    if (away) throw new Error('away');
    store.take(request, names, noon);
  };
  const directory = join(disk, 'records');
  shipper = new Shipper({ directory, delivery: { send }, limit, onTrouble: (message) => troubles.push(message), everyMs: 20 });
  shipper.start();
  const workload = { kind: 'Deployment', name: 'web' };
  return shipper.open({ uid: 'web-uid', namespace: 'shop', name: 'web-1', serviceAccount: 'web', labels: {}, workload });
};

/** To the last byte, so that not even a note has room. */
const fillAll = (): void => {
  const file = openSync(join(disk, 'filler'), 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch {
    closeSync(file);
  }
};

/** Somebody else's file takes all the room but so much. */
const fill = (left: number): void => {
  const { bavail, bsize } = statfsSync(disk);
  const file = openSync(join(disk, 'filler'), 'w');
  writeSync(file, Buffer.alloc(bavail * bsize - left));
  closeSync(file);
};

const free = (): void => rmSync(join(disk, 'filler'));

const write = (spool: Spool, from: number, to: number): void =>
  appendFileSync(spool.live, Array.from({ length: to - from }, (_, index) => `${line(`/${from + index}`)}\n`).join(''));

const paths = (): readonly (string | undefined)[] =>
  store
    .query({ after: 0, limit: 10_000 })
    .map(({ record }) => record.request?.path)
    .sort((a, b) => Number(a?.slice(1)) - Number(b?.slice(1)));

const numbered = (from: number, to: number): readonly string[] => Array.from({ length: to - from }, (_, index) => `/${from + index}`);

describe.runIf(process.getuid?.() === 0)('a full disk', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'full', disk]);
    mkdirSync(join(disk, 'records'));
    store = openRecords(join(disk, 'requests.db'), { maxBytes: 1 << 30, maxAgeMs: 7 * day });
    troubles.length = 0;
    away = false;
  });

  afterEach(async () => {
    if (existsSync(join(disk, 'filler'))) free();
    await shipper.stop(1_000);
    store.close();
    execFileSync('umount', [disk]);
    rmSync(folder, { recursive: true });
  });

  test('holds records up at the agent, and when there is room again each is kept once', async () => {
    const spool = ship(8 << 20);
    write(spool, 0, 100);
    await until('they are kept', () => (store.state().records === 100 ? true : undefined), 10_000);
    fill(300_000);
    write(spool, 100, 1_900);
    await until('weftd can keep no more', () => (troubles.length > 0 ? true : undefined), 10_000);
    expect(troubles[0]).toContain('full');
    const kept = store.state().records;
    expect(kept).toBeLessThan(1_900);
    // Who asks is answered all the same.
    expect(paths()).toEqual(numbered(0, kept));
    free();
    await until('all are kept', () => (store.state().records >= 1_900 ? true : undefined), 10_000);
    expect(paths()).toEqual(numbered(0, 1_900));
    expect(store.state().losses).toEqual({});
  });

  test('gives the oldest up where the agent may keep no more, and they are counted', async () => {
    away = true;
    const spool = ship(100_000);
    for (let from = 0; from < 1_500; from += 500) {
      write(spool, from, from + 500);
      spool.begin();
    }
    fillAll();
    await until('the oldest are given up', () => (existsSync(join(spool.directory, '1.dropped')) ? true : undefined), 10_000);
    free();
    away = false;
    await until('all others are kept', () => (spool.segments().length === 0 ? true : undefined), 10_000);
    const { dropped = 0 } = store.state().losses;
    expect(dropped).toBeGreaterThanOrEqual(500);
    expect(paths()).toEqual(numbered(dropped, 1_500));
  });
});
