import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Spool } from '../records/spool.ts';
import { RecordFile } from './record-file.ts';

let home = '';
let spool: Spool;
let file: RecordFile | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-record-file-'));
  const owner = {
    uid: 'web-uid',
    namespace: 'shop',
    name: 'web-1',
    serviceAccount: 'web',
    labels: {},
    workload: { kind: 'Pod', name: 'web' },
  };
  spool = Spool.create(join(home, 'web-uid'), owner);
});

afterEach(async () => {
  await file?.close();
  rmSync(home, { recursive: true, force: true });
});

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

const write = (text: string): void => appendFileSync(spool.live, text);

test('a file that is full is put aside, and is complete when the proxy has opened a new one', async () => {
  let asked = 0;
  const reopen = async (): Promise<void> => {
    asked += 1;
  };
  file = new RecordFile({ spool, limit: 10, everyMs: 5, reopen });
  write('short\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBe(0);
  write('and longer\n');
  await until(() => asked > 0);
  expect(spool.segments()).toMatchObject([{ number: 1, size: 17, complete: false }]);
  write('new\n');
  await until(() => spool.segments()[0]?.complete === true);
  const before = asked;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBe(before);
});

test('a proxy that does not answer is asked again, so that what was put aside does not grow for ever', async () => {
  let asked = 0;
  file = new RecordFile({
    ...{ spool, limit: 4, everyMs: 5 },
    reopen: async () => {
      asked += 1;
      if (asked < 3) throw new Error('not there');
      write('new');
    },
  });
  write('full');
  await until(() => asked === 3);
  await until(() => spool.segments()[0]?.complete === true);
});
