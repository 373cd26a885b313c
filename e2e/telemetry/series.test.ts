/** How many series an Envoy keeps, what it says when they are too many, and that those which nobody touches leave: with limits and times of a test. */
import { request } from 'node:http';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type JsonValue, seriesLimits } from '@weft/envoy';
import { type Family, parseExposition, proxyMetrics, type WorkloadLabels } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flood } from '../flood.ts';
import { until } from '../mesh.ts';
import { application, identity, type Running, run } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';

const own: WorkloadLabels = {
  ...{ workload: 'web-1', namespace: 'shop', principal: identity, app: 'web', version: 'v2', cluster: 'Kubernetes' },
  ...{ canonicalService: 'web', canonicalRevision: 'v2' },
};

const manifests = (port: number): string => `
apiVersion: v1
kind: Service
metadata: { name: ledger, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: ${port} }] }
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: tenants, namespace: shop }
spec:
  metrics: [{ overrides: [{ match: { metric: REQUEST_COUNT, mode: SERVER }, tagOverrides: { tenant: { value: "request.headers['x-tenant']" } } }] }]
`;

const limits = { ...seriesLimits, counters: 100 };

/** The product's own bootstrap has Envoy look every half an hour, too long for a test. */
const amended = (own: JsonValue): JsonValue => {
  const limited = JSON.stringify(own).replaceAll(`"max_counters":${seriesLimits.counters}`, `"max_counters":${limits.counters}`);
  return { ...(JSON.parse(limited) as object), stats_flush_interval: '0.5s', stats_eviction_interval: '1s' } as JsonValue;
};

let server: Server;
let port: number;
let envoy: Running;

beforeAll(async () => {
  ({ server, port } = await application());
  envoy = await run(viewOf(manifests(port)), port, { amended });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  server?.close();
});

const scraped = async (): Promise<readonly Family[]> => {
  const page = await new Promise<string>((resolve, reject) => {
    const sent = request({ socketPath: join(envoy.folder, 'admin.sock'), path: '/stats/prometheus', agent: false }, (response) =>
      resolve(text(response)),
    );
    sent.on('error', reject).end();
  });
  return proxyMetrics(parseExposition(page, 'text').families, own, limits);
};

const tenantsOf = (families: readonly Family[]): readonly string[] =>
  families.flatMap(({ samples }) =>
    samples.flatMap(({ name, labels }) => (name === 'istio_requests_total' ? [labels['tenant'] ?? ''] : [])),
  );

const overflow = (families: readonly Family[]): number | undefined =>
  families.find(({ name }) => name === 'weft_metrics_overflow')?.samples.find(({ labels }) => labels['kind'] === 'counters')?.value;

/** Of each tenant one request. */
const ask = async (tenants: readonly string[]): Promise<void> => {
  const head = (index: number) => `GET / HTTP/1.1\r\nhost: ledger\r\nx-tenant: ${tenants[index]}\r\n\r\n`;
  const answers = await flood({ address: '127.0.0.2', port, count: tenants.length, head });
  expect(answers).toEqual({ 200: tenants.length });
};

const many = Array.from({ length: 150 }, (_, index) => `t${index}`);

test('as many as Envoy keeps are all that there are, and that some are missing is told [E40]', { timeout: 60_000 }, async () => {
  await until('Envoy is there', async () => ask(['t0']).then(() => true));
  const full = await until('they are too many', async () => {
    await ask(many);
    const families = await scraped();
    return overflow(families) === 1 ? families : undefined;
  });
  expect(tenantsOf(full).length).toBeLessThanOrEqual(limits.counters);
});

test('what nobody touches leaves, and makes room for what is new [E41]', { timeout: 60_000 }, async () => {
  await until('Envoy is there', async () => ask(many).then(() => true));
  const left = async () => {
    await ask(['t0', 'new']);
    const families = await scraped();
    return tenantsOf(families).toSorted().join() === 'new,t0' && overflow(families) === 0 ? true : undefined;
  };
  await until('the others are gone', left, 30_000);
});
