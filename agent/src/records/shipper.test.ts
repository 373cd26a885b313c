import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordOwner } from './owner.ts';
import { Shipper } from './shipper.ts';
import type { Spool } from './spool.ts';

const owner = (name: string): RecordOwner => ({
  ...{ uid: `${name}-uid`, namespace: 'shop', name, serviceAccount: name, labels: {} },
  workload: { kind: 'Deployment', name },
});

interface Taken {
  readonly lines: readonly string[];
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly dropped: number;
}

let home = '';
let taken: Taken[] = [];
let away = false;
let shipper: Shipper;
const troubles: string[] = [];

const send = async (request: Uint8Array): Promise<void> => {
  if (away) throw new Error('away');
  for (const { resource, scopeLogs } of fromBinary(ExportLogsServiceRequestSchema, request).resourceLogs) {
    const said = new Map(resource?.attributes.map(({ key, value }) => [key, value?.value.value]));
    const number = (key: string): number => Number(said.get(`weft.records.${key}`) ?? 0);
    const lines = scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => String(Buffer.from(body?.value.value as Uint8Array))));
    const file = `${String(said.get('k8s.pod.uid'))}/${number('file')}`;
    taken.push({ lines, file, from: number('from'), to: number('to'), dropped: number('dropped') });
  }
};

const open = (limit = 1_000_000): void => {
  shipper = new Shipper({ directory: home, delivery: { send }, limit, onTrouble: (message) => troubles.push(message), everyMs: 5 });
  shipper.start();
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

const lines = (): readonly string[] => taken.flatMap((one) => one.lines);

const write = (spool: Spool, text: string): void => appendFileSync(spool.live, text);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-shipper-'));
  taken = [];
  troubles.length = 0;
  away = false;
});

afterEach(async () => {
  away = false;
  await shipper.stop(1_000);
  rmSync(home, { recursive: true, force: true });
});

test('what proxies write arrives in order, each line once, from where the last one ended', async () => {
  open();
  const [web, jobs] = [shipper.open(owner('web')), shipper.open(owner('jobs'))];
  write(web, 'one\ntwo\nthr');
  write(jobs, 'other\n');
  await until(() => lines().length === 3);
  write(web, 'ee\n');
  await until(() => lines().length === 4);
  expect(taken.filter(({ file }) => file === 'web-uid/1')).toMatchObject([
    { lines: ['one', 'two'], from: 0, to: 8 },
    { lines: ['three'], from: 8, to: 14 },
  ]);
});

test('waits for weftd, and goes on where it was; it is told once', async () => {
  away = true;
  open();
  const web = shipper.open(owner('web'));
  write(web, 'one\n');
  await until(() => troubles.length > 0);
  write(web, 'two\n');
  web.turn(1);
  write(web, 'three\n');
  web.turn(1_000);
  away = false;
  await until(() => lines().length === 3);
  expect(lines()).toEqual(['one', 'two', 'three']);
  expect(troubles).toEqual(['records wait for weftd: away']);
});

test('beyond the bound the oldest are given up, and how many they were is told', async () => {
  away = true;
  open(20);
  const web = shipper.open(owner('web'));
  for (const text of ['one\ntwo\n', 'three\n', 'four\nfive\n']) {
    write(web, text);
    web.turn(1);
    web.begin();
  }
  await until(() => existsSync(join(web.directory, '1.dropped')));
  away = false;
  await until(() => lines().length === 3);
  expect(lines()).toEqual(['three', 'four', 'five']);
  expect(taken.filter(({ dropped }) => dropped > 0)).toMatchObject([{ file: 'web-uid/1', from: 0, to: 8, dropped: 2 }]);
});

test('what was delivered of a file that is given up is not told to be lost', async () => {
  open(20);
  const web = shipper.open(owner('web'));
  write(web, 'one\ntwo\n');
  await until(() => lines().length === 2);
  away = true;
  write(web, 'three\n');
  web.begin();
  write(web, 'a long line that fills all the room\n');
  await until(() => existsSync(join(web.directory, '1.dropped')));
  away = false;
  await until(() => lines().length === 3);
  expect(taken.filter(({ dropped }) => dropped > 0)).toMatchObject([{ file: 'web-uid/1', from: 8, to: 14, dropped: 1 }]);
});

test('what a proxy could not write is told once, between what it could', async () => {
  away = true;
  open();
  const web = shipper.open(owner('web'));
  write(web, 'one\n');
  shipper.lost(web, 3);
  shipper.lost(web, 4);
  away = false;
  await until(() => lines().length === 1 && taken.some(({ dropped }) => dropped > 0));
  shipper.lost(web, 2);
  write(web, 'two\n');
  await until(() => lines().length === 2 && taken.filter(({ dropped }) => dropped > 0).length === 2);
  expect(taken.filter(({ dropped }) => dropped > 0)).toMatchObject([
    { from: 0, to: 7, dropped: 7, lines: [] },
    { from: 7, to: 9, dropped: 2, lines: [] },
  ]);
  expect(lines()).toEqual(['one', 'two']);
});

test('of a pod that is gone all is shipped, then its spool goes', async () => {
  away = true;
  open();
  const web = shipper.open(owner('web'));
  write(web, 'last words\n');
  shipper.end(web);
  await until(() => troubles.length > 0);
  expect(existsSync(web.directory)).toBe(true);
  away = false;
  await until(() => !existsSync(web.directory));
  expect(lines()).toEqual(['last words']);
});

test('an agent that was killed is followed by one that sends what was left, under the same numbers', async () => {
  away = true;
  open();
  const web = shipper.open(owner('web'));
  write(web, 'one\n');
  await shipper.stop(0);
  away = false;
  open();
  await until(() => lines().length === 1);
  expect(taken).toMatchObject([{ file: 'web-uid/1', from: 0, to: 4 }]);
  await until(() => !existsSync(web.directory));
});

test('a pod that comes back after all was taken writes to another spool: its numbers begin anew', async () => {
  open();
  const web = shipper.open(owner('web'));
  shipper.end(web);
  await until(() => !existsSync(web.directory));
  expect(shipper.open(owner('web')).id).not.toBe(web.id);
});

test('the end waits until all is taken, and no longer than it may', async () => {
  open();
  write(shipper.open(owner('web')), 'one\n');
  await shipper.stop(5_000);
  expect(lines()).toEqual(['one']);
  away = true;
  open();
  write(shipper.open(owner('web')), 'two\n');
  const begin = performance.now();
  await shipper.stop(100);
  expect(performance.now() - begin).toBeLessThan(2_000);
});
