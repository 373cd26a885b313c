/** The thread of alerts beside the rest of weftd: what it is told, and what becomes of a file that a disk has damaged. */
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { meshSettings, parse } from '@weft/model';
import { certificateReader as certificates } from '@weft/model/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { measured } from '../../../signals/src/query.fixture.ts';
import { configurationOf } from './configuration.ts';
import { AlertsThread } from './thread.ts';

const rule = `
apiVersion: mesh.weft.dev/v1alpha1
kind: AlertRule
metadata: {name: ends, namespace: istio-system}
spec: {signal: {certificateExpiry: {within: 6h}}}
`;
const { resources } = parse({ text: rule, file: 'rule.yaml', origin: { source: 'file' } });
const configuration = configurationOf(resources, { settings: meshSettings(resources), instances: [], certificates });
const certificate = { namespace: 'shop', name: 'pod web-1', notAfter: Date.now() };

let folder: string;
let thread: AlertsThread;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-alerts-'));
  said.splice(0);
});
afterEach(async () => {
  await thread.stop();
  rmSync(folder, { recursive: true });
});

const start = (): void => {
  const note = (_: object, message: string): void => void said.push(message);
  const log = { info: note, warn: note, error: note };
  thread = new AlertsThread({ memory: join(folder, 'alerts.db'), query: measured([]), log, onChange: () => {} });
};

const configure = async (): Promise<void> => {
  await thread.call('configure', { configuration, externalUrl: 'http://weft' });
  await thread.call('see', { proxies: [], certificates: [certificate] });
};

const firing = async (): Promise<readonly string[]> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const { items } = await thread.call('alerts');
    const names = items.filter(({ state }) => state === 'firing').map(({ name }) => name);
    if (names.length > 0) return names.sort();
    await sleep(100);
  }
  return [];
};

test('what is configured is judged, and remembered by the next thread; a silence is taken from the first configuration on', async () => {
  start();
  const silence = { matchers: [{ name: 'alertname', value: 'ends' }], to: Date.now() + 60_000, by: 'ada', comment: '' };
  await expect(thread.call('silence', silence)).rejects.toThrow('weftd has just started');
  await configure();
  // The one that is there without asking, too.
  expect(await firing()).toEqual(['certificate-expiry', 'ends']);
  expect(await thread.call('silence', silence)).toMatchObject({ by: 'ada' });
  await thread.stop();
  start();
  expect((await thread.call('alerts')).items.map(({ state }) => state)).toEqual(['firing', 'firing']);
  expect(await thread.call('silences')).toMatchObject([{ by: 'ada' }]);
});

test('a damaged file is put aside, and alerts go on', async () => {
  const path = join(folder, 'alerts.db');
  writeFileSync(path, 'this is no database'.repeat(1000));
  start();
  await configure();
  expect(await firing()).toEqual(['certificate-expiry', 'ends']);
  expect(existsSync(`${path}.damaged`)).toBe(true);
  expect(said).toEqual(['who was told of which alerts is damaged, and put aside: what fires is told anew']);
});

test('a thread that dies is followed by another', async () => {
  // Nothing can be opened there.
  mkdirSync(join(folder, 'alerts.db'));
  start();
  await expect(thread.call('alerts')).rejects.toThrow('the thread of alerts ended');
  expect(said).toEqual(['alerts are judged again in a second']);
  rmdirSync(join(folder, 'alerts.db'));
  for (let tries = 0; tries < 100 && thread.starts() === 1; tries += 1) await sleep(50);
  expect((await thread.call('alerts')).items).toEqual([]);
});
