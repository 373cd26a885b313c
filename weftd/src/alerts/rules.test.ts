/** Every kind of rule from what proxies say, by a real store of measurements, to alerts that fire and resolve. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignalsQuery } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Metrics, openMetrics } from '../telemetry/metrics/metrics.ts';
import { FakeEnvoy } from '../telemetry/metrics/page.fixture.ts';
import { minute, type Stage, second, stageAt } from './alerts.fixture.ts';

const start = Date.UTC(2026, 0, 1);

const rule = (name: string, spec: string): string => `
---
apiVersion: mesh.weft.dev/v1alpha1
kind: AlertRule
metadata: {name: ${name}, namespace: shop}
spec: {window: 30s, ${spec}}
`;

const objects = [
  rule('errors', 'subject: {service: pay}, signal: {errors: {above: 50}}'),
  rule('slow', 'subject: {service: pay}, signal: {latency: {percentile: 95, above: 25ms}}'),
  rule('busy', 'subject: {service: pay}, signal: {traffic: {above: 50}}'),
  rule('silent', 'subject: {service: cart}, signal: {noTraffic: {}}'),
  rule('version', 'subject: {workload: web, version: "*"}, signal: {errors: {above: 50}}'),
  rule('open', 'signal: {plaintext: {}}'),
  rule('full', 'subject: {service: pay}, signal: {saturation: {above: 80}}'),
  rule('pools', 'subject: {workload: web}, signal: {saturation: {above: 80}}'),
  rule('jobs', 'signal: {counter: {name: jobs_failed_total, by: [pod], above: 0.5}}'),
  rule('queue', 'signal: {gauge: {name: queue_length, above: 100}}'),
  `
---
apiVersion: mesh.weft.dev/v1alpha1
kind: AlertRule
metadata: {name: step, namespace: shop}
spec: {signal: {proxyOutOfStep: {}}, for: 20s}
---
apiVersion: mesh.weft.dev/v1alpha1
kind: AlertRule
metadata: {name: ends, namespace: shop}
spec: {signal: {certificateExpiry: {within: 6h}}}
---
apiVersion: mesh.weft.dev/v1alpha1
kind: Saturation
metadata: {name: db-pool, namespace: shop}
spec: {workload: web, used: {gauge: pool_in_use}, limit: {gauge: pool_size}}
`,
].join('');

let folder: string;
let store: Metrics;
let stage: Stage;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-rules-'));
  store = openMetrics(join(folder, 'metrics.db'), {
    maxBytes: 1e9,
    maxAgeMs: 1e12,
    maxSeries: 10_000,
    topology: { maxBytes: 1e9, maxAgeMs: 1e12 },
    now: start,
  });
  const query: SignalsQuery = {
    counters: async (question) => store.counters(question),
    histograms: async (question) => store.histograms(question),
    gauges: async (question) => store.gauges(question),
  };
  stage = stageAt(start, query);
  stage.apply(objects);
});
afterAll(() => {
  stage.end();
  store.close();
  rmSync(folder, { recursive: true });
});

const envoy = new FakeEnvoy('shop/web-1', start);
const metrics = ['pool_in_use', 'pool_size', 'jobs_failed_total', 'queue_length'];
let jobs = 0;

/** Ten seconds of everything as it should be, or of everything gone wrong. */
const round = async (isTrouble: boolean): Promise<void> => {
  stage.now += 10 * second;
  envoy.call(isTrouble ? 1000 : 10, 'pay', { code: isTrouble ? '503' : '200', ms: isTrouble ? 40 : 3 });
  if (!isTrouble) envoy.call(10, 'cart');
  envoy.serve(10, { code: isTrouble ? '500' : '200' });
  if (isTrouble) envoy.servePlaintext(5);
  store.add([envoy.read(stage.now)]);
  const share = isTrouble ? 0.95 : 0.2;
  const breaker = { namespace: 'shop', workload: 'web', destination_service: 'pay.shop.svc.cluster.local' };
  store.look([{ metric: 'weft_connections_used_share', labels: breaker, pod: 'web-1', value: share }], stage.now);
  jobs += isTrouble ? 20 : 0;
  const gauges = `pool_in_use ${100 * share}\npool_size 100\nqueue_length ${isTrouble ? 400 : 4}`;
  const page = `${gauges}\n# TYPE jobs_failed_total counter\njobs_failed_total ${jobs}\n`;
  const own = { namespace: 'shop', workload: 'web', pod: 'web-1' };
  store.tell({ target: 'shop/web-1 /metrics', own, at: stage.now, page, format: 'text', metrics });
  store.commit(stage.now, 1);
  stage.engine.see({
    proxies: [{ namespace: 'shop', name: 'web-1', connected: true, inStep: !isTrouble }],
    certificates: [{ namespace: 'shop', name: 'pod web-1', notAfter: stage.now + (isTrouble ? 1 : 20) * 60 * minute }],
  });
  stage.now += 6 * second;
  await stage.engine.tick();
  stage.now -= 6 * second;
};

/** The rule and what it is about, with the state that it is in. */
const states = (): ReadonlyMap<string, string> =>
  new Map(
    stage.engine
      .alerts()
      .items.filter(({ labels }) => labels['namespace'] === 'shop')
      .map(({ name, labels: { alertname: _, severity: __, namespace: ___, ...about }, state }) => [
        [name, ...Object.values(about)].join(' '),
        state,
      ]),
  );

const wrong = [
  ...['errors pay', 'slow pay', 'busy pay', 'silent cart', 'version web v1', 'open web'],
  ...['full pay connections', 'pools web db-pool', 'jobs web-1', 'queue', 'step web-1', 'ends pod web-1'],
];

test('what goes wrong fires, each by itself, and resolves when it is over', { timeout: 60_000 }, async () => {
  for (let passed = 0; passed < 5 * minute; passed += 10 * second) await round(false);
  expect([...states()]).toEqual([]);
  for (let passed = 0; passed < 2 * minute; passed += 10 * second) await round(true);
  const firing = [...states()].filter(([, state]) => state === 'firing').map(([name]) => name);
  expect(firing.filter((name) => wrong.includes(name)).sort()).toEqual([...wrong].sort());
  for (let passed = 0; passed < 8 * minute; passed += 10 * second) await round(false);
  const after = states();
  expect(wrong.map((name) => [name, after.get(name)])).toEqual(wrong.map((name) => [name, 'resolved']));
});
