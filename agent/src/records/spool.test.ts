import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLines } from './lines.ts';
import type { RecordOwner } from './owner.ts';
import { leftSpools, Spool } from './spool.ts';

const owner: RecordOwner = {
  ...{ uid: 'web-uid', namespace: 'shop', name: 'web-1', serviceAccount: 'web', labels: { app: 'web' } },
  workload: { kind: 'Deployment', name: 'web' },
};

let home = '';
let directory = '';
let spool: Spool;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-spool-'));
  directory = join(home, owner.uid);
  spool = Spool.create(directory, owner);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (text: string): void => appendFileSync(spool.live, text);

const names = (): readonly string[] =>
  readdirSync(directory)
    .filter((name) => /^\d/.test(name))
    .sort();

const first = () => {
  const [segment] = spool.segments();
  if (!segment) throw new Error('no segment');
  return segment;
};

describe('the file that a proxy writes to', () => {
  test('is put aside when it is large, and is complete when the proxy has opened a new one', () => {
    write('one\n');
    expect(spool.turn(100)).toBe(false);
    expect(spool.turn(4)).toBe(true);
    expect(spool.segments()).toMatchObject([{ number: 1, complete: false }]);
    // A proxy that has not answered yet is asked again.
    expect(spool.turn(4)).toBe(true);
    write('two\n');
    expect(spool.turn(100)).toBe(false);
    expect(spool.segments()).toMatchObject([
      { number: 1, complete: true },
      { number: 2, complete: false },
    ]);
  });

  test('is another for each proxy, so that nothing is added to a line that was cut off', () => {
    write('one\ntw');
    spool.begin();
    expect(existsSync(spool.live)).toBe(false);
    expect(spool.segments()).toMatchObject([{ number: 1, complete: true, size: 6 }]);
  });

  test('is there before the proxy is, and takes no number while nothing is written to it [E63]', () => {
    for (const _ of [1, 2]) {
      spool.begin();
      spool.prepareFor(undefined);
      expect(existsSync(spool.live)).toBe(true);
      expect(spool.segments()).toEqual([]);
    }
    write('one\n');
    expect(spool.segments()).toMatchObject([{ number: 1, size: 4 }]);
  });

  test('is not made where a link leads', () => {
    const elsewhere = `${spool.directory}-elsewhere`;
    symlinkSync(elsewhere, spool.live);
    spool.prepareFor(undefined);
    expect(existsSync(elsewhere)).toBe(false);
  });

  test('a link or a folder in its place is not followed and not kept', () => {
    symlinkSync('/etc/hostname', spool.live);
    expect(spool.segments()).toEqual([]);
    mkdirSync(spool.live);
    expect(spool.segments()).toEqual([]);
  });
});

describe('numbers are given once', () => {
  test('also where all that had them was taken', () => {
    write('one\n');
    spool.begin();
    spool.finish(first());
    expect(spool.segments()).toEqual([]);
    expect(names()).toEqual(['1.done']);
    const { id } = spool;
    spool = Spool.reopen(directory);
    expect(spool.id).toBe(id);
    write('two\n');
    expect(first().number).toBe(2);
    spool.begin();
    spool.finish(first());
    expect(names()).toEqual(['2.done']);
  });

  test('and a spool that was left is found again with its owner', () => {
    write('one\n');
    writeFileSync(join(home, 'nobody'), '');
    const [left, ...others] = leftSpools(home);
    expect(others).toEqual([]);
    expect(left).toMatchObject({ owner, id: spool.id });
    expect(left?.segments()).toMatchObject([{ number: 1, complete: true }]);
    expect(existsSync(join(home, 'nobody'))).toBe(false);
  });
});

describe('lines', () => {
  const read = async (from = 0, limit = 1_000) => {
    const { lines, ...rest } = await readLines(first(), from, limit);
    return { lines: lines.map(String), ...rest };
  };

  test('only whole ones, while there may be more', async () => {
    write('one\ntwo\nthr');
    expect(await read()).toEqual({ lines: ['one', 'two'], to: 8, damaged: 0 });
    expect(await read(8)).toEqual({ lines: [], to: 8, damaged: 0 });
    write('ee\n');
    expect(await read(8)).toEqual({ lines: ['three'], to: 14, damaged: 0 });
  });

  test('no more at once than wanted', async () => {
    write('one\ntwo\nthree\n');
    expect(await read(0, 9)).toEqual({ lines: ['one', 'two'], to: 8, damaged: 0 });
  });

  test('what was cut off at the end of a complete file is damaged', async () => {
    write('one\ntw');
    spool.begin();
    expect(await read()).toEqual({ lines: ['one'], to: 6, damaged: 1 });
    expect(await read(6)).toEqual({ lines: [], to: 6, damaged: 0 });
  });

  test('a line without end holds nothing up', async () => {
    write('x'.repeat(30));
    expect(await read(0, 20)).toEqual({ lines: [], to: 20, damaged: 1 });
  });

  test('go on where a file was put aside meanwhile', async () => {
    write('one\n');
    const segment = first();
    renameSync(spool.live, join(directory, '1.jsonl'));
    await expect(readLines(segment, 0, 100)).rejects.toThrow('ENOENT');
    expect(await read()).toMatchObject({ lines: ['one'] });
  });
});

test('what is given up leaves how much it was', () => {
  write('one\n');
  spool.begin();
  spool.drop(first(), 'told');
  expect(spool.segments()).toMatchObject([{ number: 1, dropped: true, complete: true }]);
  expect(readFileSync(first().path, 'utf8')).toBe('told');
  spool.finish(first());
  expect(names()).toEqual(['1.done']);
});
