/**
 * `node bench/console.ts`: how soon the console's pages can be used over a day of a large mesh, what its first load weighs, and what a tab
 * needs while it is open (`--minutes`). weftd is a real one with a day of made-up metrics, the browser a real Chromium. Figures are shown,
 * nothing is asserted.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../e2e/console/browser.ts';
import { fillDay } from './telemetry-day.ts';
import { readingsOf, type Size } from './telemetry-pages.ts';
import { startStore } from './telemetry-remote.ts';
import { startWeftd } from './weftd.ts';

const { values } = parseArgs({
  options: {
    proxies: { type: 'string', default: '1000' },
    sets: { type: 'string', default: '200' },
    pods: { type: 'string', default: '4' },
    times: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '1' },
  },
});

const size: Size = { proxies: Number(values.proxies), sets: Number(values.sets), podsOfEach: Number(values.pods) };
const interval = 10_000;
const minute = 60_000;
const day = 86_400_000;
/** A minute of topology is whole after seven. */
const rounds = 7;

const paths = [
  ...['/', '/map', '/services', '/services/team-0/workload-0', '/workloads', '/traffic', '/security', '/security/access'],
  ...['/traces', '/alerts', '/config', '/history', '/tap'],
];

const say = (text: string): void => console.log(text);

/** A day that ends now, of each workload as it was in two minutes of it: its last ones, which are kept in short steps while others are made. */
const fillMetrics = async (home: string): Promise<void> => {
  const folder = join(home, 'telemetry');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const start = Math.floor((Date.now() - day) / minute) * minute;
  const sample = start + day - 2 * minute;
  const store = await startStore(folder, sample);
  for (let round = 1; round <= rounds; round += 1) {
    const at = sample + round * interval;
    for (const readings of readingsOf(size, round, at)) for (const reading of readings) await store.call('add', [reading]);
    await store.call('commit', at, 1);
  }
  await store.stop();
  fillDay(join(folder, 'metrics.db'), { start, day, interval, sample });
  // What a weftd that ran all day has summed up already.
  const whole = await startStore(folder, start + day);
  await whole.call('commit', start + day, 1);
  await whole.stop();
};

/** The services that the metrics tell of. */
const writeServices = (folder: string): void => {
  mkdirSync(folder);
  const workloads = Math.ceil(size.proxies / size.podsOfEach);
  const services = Array.from({ length: workloads }, (_, index) =>
    [
      'apiVersion: v1',
      'kind: Service',
      `metadata: {name: workload-${index}, namespace: team-${index % 20}}`,
      `spec: {selector: {app: workload-${index}}, ports: [{name: http, port: 8080}]}`,
    ].join('\n'),
  );
  writeFileSync(join(folder, 'services.yaml'), services.join('\n---\n'));
};

const login = async (page: Page, api: string, token: string): Promise<void> => {
  await page.goto(`${api}/login`);
  await page.getByLabel(/token/).fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
};

/** It has a title, and nothing in it is still being looked for. */
const isUsable = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => document.querySelector('h1') !== null && document.querySelector('.loading') === null, undefined, {
    polling: 'raf',
  });

const firstLoad = async (browser: Browser, api: string): Promise<void> => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${api}/login`);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  const { paint, script } = await page.evaluate(() => {
    const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')) as PerformanceResourceTiming[];
    const [first] = performance.getEntriesByName('first-contentful-paint');
    return { paint: first?.startTime ?? Number.NaN, script: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0) };
  });
  say(`first paint: ${paint.toFixed(0)} ms (at most 1,500); script: ${(script / 1_000).toFixed(0)} kB compressed (at most 500)`);
  await context.close();
};

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

const open = async (page: Page, url: string): Promise<number> => {
  const begun = performance.now();
  await page.goto(url);
  await isUsable(page);
  return performance.now() - begun;
};

const heapMB = async (page: Page): Promise<number> => {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const mesh = join(folder, 'mesh');
const home = join(folder, 'home');
await fillMetrics(home);
writeServices(mesh);
const weftd = await startWeftd({ folder, mesh, profile: undefined });
const browser = await openBrowser();
try {
  await firstLoad(browser, weftd.api);
  const page = await (await browser.newContext({ viewport: { width: 1_400, height: 900 } })).newPage();
  await login(page, weftd.api, readFileSync(join(home, 'token'), 'utf8').trim());
  for (const path of paths) {
    const all: number[] = [];
    for (let time = 0; time < Number(values.times); time += 1) all.push(await open(page, `${weftd.api}${path}?since=24h`));
    say(`${path}: ${median(all).toFixed(0)} ms until it can be used, at most ${Math.max(...all).toFixed(0)} (at most 1,000)`);
  }
  await open(page, `${weftd.api}/?since=24h`);
  for (let minute = 0; minute <= Number(values.minutes); minute += 1) {
    say(`the overview after ${minute} min: ${(await heapMB(page)).toFixed(1)} MB`);
    if (minute < Number(values.minutes)) await sleep(minute);
  }
} finally {
  await browser.close();
  await weftd.stop();
  rmSync(folder, { recursive: true });
}
