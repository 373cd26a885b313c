import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { RecordFile } from './record-file.ts';

let directory = '';
let records: RecordFile | undefined;

afterEach(async () => {
  await records?.close();
  rmSync(directory, { recursive: true, force: true });
});

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

test('a file that is full is put aside, and only the last one is kept', async () => {
  directory = mkdtempSync(join(tmpdir(), 'weft-records-'));
  const file = join(directory, 'records.jsonl');
  const reopened: string[] = [];
  records = new RecordFile({ file, limit: 10, everyMs: 5, reopen: async () => void reopened.push(readFileSync(`${file}.1`, 'utf8')) });
  appendFileSync(file, 'short');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reopened).toEqual([]);
  appendFileSync(file, ' and longer');
  await until(() => reopened.length === 1);
  expect(existsSync(file)).toBe(false);
  appendFileSync(file, 'another full one');
  await until(() => reopened.length === 2);
  expect(reopened).toEqual(['short and longer', 'another full one']);
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('another full one');
});

test('a proxy that does not answer is asked again, so that what was put aside does not grow for ever', async () => {
  directory = mkdtempSync(join(tmpdir(), 'weft-records-'));
  const file = join(directory, 'records.jsonl');
  let asked = 0;
  const reopen = (): Promise<void> => {
    asked += 1;
    return asked < 3 ? Promise.reject(new Error('not there')) : Promise.resolve();
  };
  records = new RecordFile({ file, limit: 1, everyMs: 5, reopen });
  appendFileSync(file, 'full');
  await until(() => asked === 3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBe(3);
});
