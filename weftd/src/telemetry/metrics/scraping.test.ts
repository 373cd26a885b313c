import { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import type { Instance } from '../../registry.ts';
import type { Reading } from './reading.ts';
import { startScraping } from './scraping.ts';
import type { Telling } from './told.ts';

const instanceOf = (name: string): Instance => ({
  pod: {
    ...{ name, namespace: 'shop', uid: name, labels: { app: name }, serviceAccount: name, proxy: 'sidecar' as const },
    ...{ workload: { kind: 'Deployment' as const, name }, containers: [], terminationGracePeriodSeconds: 1 },
  } as unknown as Instance['pod'],
  address: '10.0.0.1',
  ready: true,
});

/** What the agent answers, by the pod's name. */
const answers = new Map<string, { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }>();
const asked: string[] = [];
const added: string[] = [];
const tellings: Telling[] = [];
let wanted: readonly string[] = [];
let commits = 0;
let proxies = ['web', 'cart', 'early'];

/** Only `web` has metrics of its own. */
const applicationOf = (name: string) =>
  Object.assign(Readable.from(name === 'web' ? ['queue 3\n'] : []), {
    statusCode: name === 'web' ? 200 : 204,
    headers: { 'content-type': 'text/plain' },
  });

const scrape = () =>
  startScraping({
    agent: {
      get: async (path) => {
        const [, , , name = '', , page] = path.split('/');
        if (path === '/usage') return Object.assign(Readable.from(['{"items":[]}']), { statusCode: 200, headers: {} }) as never;
        if (page?.startsWith('stats?')) return Object.assign(Readable.from(['']), { statusCode: 200, headers: {} }) as never;
        if (page === undefined && path.endsWith('/metrics')) return applicationOf(name) as never;
        asked.push(name);
        const { status, headers = {}, body } = answers.get(name) ?? { status: 404, body: '' };
        return Object.assign(Readable.from([body]), { statusCode: status, headers }) as never;
      },
    },
    metrics: {
      add: async (readings: readonly Reading[]) =>
        void added.push(...readings.map(({ target, started, page }) => `${target} ${started} ${page}`)),
      look: async () => {},
      commit: async () => {
        commits += 1;
      },
    },
    applications: { tell: async (telling) => void tellings.push(telling) },
    wanted: () => wanted,
    proxies: () => proxies.map(instanceOf),
    revision: () => 1,
    names: { trustDomain: 'cluster.local', cluster: 'local' },
    now: Date.now,
    log: { warn: () => {}, info: () => {}, error: () => {}, debug: () => {} } as never,
  });

afterEach(() => vi.useRealTimers());

test('every ten seconds; who does not answer is asked less often, who left until its last words', async () => {
  vi.useFakeTimers({ now: 1_800_000_003_000 });
  const page = (body: string, last = false) => ({
    status: 200,
    headers: { 'x-weft-started': '7', ...(last && { 'x-weft-last': 'true' }) },
    body,
  });
  answers.set('web', page('a'));
  const scraping = scrape();
  proxies = ['web', 'cart'];
  await vi.advanceTimersByTimeAsync(6_000);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([added, commits]).toEqual([['shop/web 7 a'], 1]);
  await vi.advanceTimersByTimeAsync(50_000);
  expect(asked.filter((name) => name === 'web')).toHaveLength(6);
  // It left before the first round, and was there when weftd began.
  expect(asked.filter((name) => name === 'early')).toHaveLength(1);
  // At 10, 20, 40 s, and not again within a minute.
  expect(asked.filter((name) => name === 'cart')).toHaveLength(3);
  proxies = ['cart'];
  answers.set('web', page('end', true));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(added.slice(-1)).toEqual(['shop/web 7 end']);
  expect(asked.filter((name) => name === 'web')).toHaveLength(7);
  await scraping.stop();
  const before = commits;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(commits).toBe(before);
});

test('applications are asked for what somebody wants of them, Envoys for what is theirs, and nobody where nobody wants anything', async () => {
  vi.useFakeTimers({ now: 1_800_000_003_000 });
  proxies = ['web', 'cart'];
  const scraping = scrape();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(tellings).toEqual([]);
  wanted = ['envoy_server_uptime', 'queue'];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(tellings.map(({ target, own, page, metrics }) => [target, own['pod'], page, metrics])).toEqual([
    ['shop/web /metrics', 'web', 'queue 3\n', ['queue']],
    ['shop/web /envoy/stats/prometheus', 'web', 'end', ['envoy_server_uptime']],
  ]);
  await scraping.stop();
});
