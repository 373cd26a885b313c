import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Agent } from '../../api/agent.ts';
import type { Instance } from '../../registry.ts';
import { type Scraped, type Scrapes, scrapeThread } from './thread.ts';

const names = { trustDomain: 'cluster.local', cluster: 'local' };

const instance = (name: string): Instance =>
  ({ pod: { namespace: 'shop', name, serviceAccount: 'web', labels: {}, workload: { kind: 'Deployment', name: 'web' } } }) as Instance;

const page = (count: number): string => `# TYPE envoy_istio_requests_total counter
envoy_istio_requests_total{mesh="m http 200 - - - cart.cart.v1.local.meta.mesh - -"} ${count}
# TYPE envoy_server_live gauge
envoy_server_live{} 1
`;

/** Answers to the ends of paths; the others do not answer. */
const agentWith = (pages: Readonly<Record<string, string>>): Pick<Agent, 'get'> => ({
  get: async (path) => {
    const found = Object.keys(pages).find((end) => path.endsWith(end));
    const body = Readable.from([found === undefined ? 'gone' : (pages[found] ?? '')]);
    return Object.assign(body, { statusCode: found === undefined ? 503 : 200, headers: {} }) as never;
  },
});

let scrapes: Scrapes;

beforeEach(() => {
  scrapes = scrapeThread();
});

afterEach(() => scrapes.stop());

const textOf = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString();

const scraped = (pages: Readonly<Record<string, string>>): Scraped => ({ agent: agentWith(pages), names, format: 'text', spans: [] });

test('proxies stand in the order of their names, whoever answered first, and one that does not answer takes nothing from the others', async () => {
  const pages = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`web-${index + 10}/envoy/stats/prometheus`, page(index)]));
  const all = Array.from({ length: 20 }, (_, index) => instance(`web-${29 - index}`));
  const more = { name: 'weft_more', type: 'gauge', samples: [{ name: 'weft_more', labels: {}, value: 3 }] } as const;
  const lines = textOf(await scrapes.all(scraped(pages), [...all, instance('web-99')], [more])).split('\n');
  const counted = lines.filter((line) => line.startsWith('istio_requests_total{'));
  expect(counted.map((line) => /pod="web-(\d+)"\} (\d+)$/.exec(line)?.slice(1).map(Number))).toEqual(
    Array.from({ length: 20 }, (_, index) => [index + 10, index]),
  );
  expect(lines).toContain('weft_proxy_answered{namespace="shop",pod="web-10"} 1');
  expect(lines).toContain('weft_proxy_answered{namespace="shop",pod="web-99"} 0');
  expect(lines).toContain('weft_more 3');
  expect(lines.filter((line) => line.includes('envoy_'))).toEqual([]);
});

test('of one proxy all of it is told, beside what is told of all', async () => {
  const pages = { '/envoy/stats/prometheus': page(7), '/metrics': 'orders_total 5\n' };
  const [one, all] = await Promise.all([
    scrapes.one(scraped(pages), instance('web-1')),
    scrapes.all(scraped(pages), [instance('web-1')], []),
  ]);
  expect(textOf(one)).toMatch(/envoy_server_live 1\n(.*\n)*orders_total 5\n(.*\n)*weft_application_answered 1\n/);
  expect(textOf(all)).not.toContain('orders_total');
  await expect(scrapes.one(scraped({}), instance('web-1'))).rejects.toThrow('the Envoy of shop/web-1 does not answer');
});

test('what cannot be carried to the thread fails alone, and the next scrape is written', async () => {
  const bad = { name: 'weft_bad', type: 'gauge', samples: [{ name: 'weft_bad', labels: {}, value: () => 3 }] } as never;
  await expect(scrapes.all(scraped({}), [], [bad])).rejects.toThrow('could not be cloned');
  const pages = { '/envoy/stats/prometheus': page(7) };
  expect(textOf(await scrapes.all(scraped(pages), [instance('web-1')], []))).toContain('pod="web-1"} 7');
});
