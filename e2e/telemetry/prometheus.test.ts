/**
 * A real Prometheus scrapes a mesh in which it is known who asked whom how often, and answers what Istio's boards and Kiali ask of it. Traffic comes
 * twice: between the two Prometheus saw all series, so that of the second time rates are exact.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mesh, root, startMesh, until } from '../mesh.ts';
import { findPrometheus, type Prometheus, type Result, startPrometheus } from './prometheus.ts';
import { boards } from './queries/boards.ts';
import { kiali } from './queries/kiali.ts';
import { plain, type Query, type Range, type Row, toBank, ways } from './queries/traffic.ts';

const found = await findPrometheus();
const binary = 'path' in found ? found.path : '';
const why = 'missing' in found ? ` (${found.missing})` : '';

let mesh: Mesh;
let prometheus: Prometheus;
afterAll(async () => {
  await prometheus?.stop();
  await mesh?.stop();
}, 60_000);

/** Both ends count what reaches both: the gateway asks the web and the batch, and nobody counts at the batch. */
const each = { requests: 2 * toBank + plain + ways.gone + 3, connections: 2 * ways.tcp };

const pass = async (): Promise<void> => {
  const asked = new URLSearchParams(Object.entries(ways).map(([name, count]): [string, string] => [name, String(count)]));
  const answers = await Promise.all([fetch(`${mesh.gateway}/?${asked}`), fetch(`${mesh.gateway}/batch?ok=${plain}`)]);
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['done\n', 'done\n']);
};

const total = async (metric: string): Promise<number> => Number((await prometheus.query(`sum(${metric})`))[0]?.value?.[1] ?? 0);

const histograms = ['istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes'];

/** @returns when Prometheus saw all of it, in seconds */
const seen = (times: number): Promise<number> =>
  until('Prometheus saw the traffic', async () => {
    const counted = await Promise.all(['istio_requests_total', ...histograms.map((name) => `${name}_count`)].map(total));
    const closed = await total('istio_tcp_connections_closed_total');
    expect([...new Set(counted), closed]).toEqual([each.requests * times, each.connections * times]);
    const [last] = await prometheus.query('max(timestamp(istio_requests_total))');
    return Number(last?.value?.[1]);
  });

interface Round {
  /** The scrapes of the second time, in seconds: the first one is from before it. */
  readonly scrapes: readonly number[];
  /** The first that saw it. */
  readonly counted: number;
}

/** Counters that are looked at as `irate` does must have grown between two scrapes. */
const roundOf = (series: readonly Result[]): Round | undefined => {
  const scrapes = [...new Set(series.flatMap(({ values = [] }) => values.map(([at]) => at)))].sort((a, b) => a - b);
  const grown = series.flatMap(({ values = [] }) =>
    values.flatMap(([at, value], index) => (index > 0 && value !== values[index - 1]?.[1] ? [at] : [])),
  );
  const [counted, ...more] = new Set(grown);
  return counted !== undefined && more.length === 0 ? { scrapes, counted } : undefined;
};

let round: Round;

const traffic = async (): Promise<void> => {
  await pass();
  let before = await seen(1);
  for (let times = 2; times < 6; times += 1) {
    await pass();
    const after = await seen(times);
    const window = Math.round((after - before) * 1000) + 1;
    const found = roundOf(await prometheus.query(`{__name__=~"istio_requests_total|istio_tcp_.+_total"}[${window}ms]`, after));
    if (found) {
      round = found;
      return;
    }
    before = after;
  }
  throw new Error('no traffic came between two scrapes');
};

beforeAll(async () => {
  if (binary === '') return;
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/bank') });
  const { addresses } = await mesh.json<{ addresses: { prometheus: string } }>('status');
  const { host, pathname } = new URL(addresses.prometheus);
  const scrape = {
    ...{ job_name: 'weft', honor_labels: true, scrape_interval: '1s', scrape_timeout: '1s', metrics_path: pathname },
    authorization: { credentials_file: join(mesh.home, 'scrape-token') },
    static_configs: [{ targets: [host] }],
  };
  prometheus = await startPrometheus({ binary, config: { scrape_configs: [scrape] } });
  await traffic();
}, 180_000);

/** As a text that tells one series of an answer from the others; Prometheus leaves out labels that nobody has. */
const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => !['__name__', 'instance', 'job'].includes(name))
      .sort(),
  );

const isHistogram = (query: string): boolean => /_(bucket|sum|count)\b/.test(query);

/** When it is asked: `irate` looks at the last two scrapes only, and histograms come some seconds after counters. */
const timesOf = ({ query }: Query): readonly number[] => {
  const { scrapes, counted } = round;
  if (!query.includes('irate(') || !query.includes('istio_')) return scrapes.slice(-1);
  return isHistogram(query) ? scrapes.slice(1) : [counted];
};

/** How long what a count is per second of took. */
const secondsOf = async ({ query }: Query): Promise<number> => {
  const { scrapes, counted } = round;
  if (query.includes('irate(')) return counted - (scrapes[scrapes.indexOf(counted) - 1] ?? 0);
  const [reference] = await asked(`rate(istio_requests_total{reporter="source",response_flags="UH"}[$interval])`, scrapes.slice(-1));
  return ways.gone / Number(reference?.[1][0]);
};

/** Series by their labels, each with all that is told of it. */
const asked = async (query: string, times: readonly number[]): Promise<readonly (readonly [string, readonly number[]])[]> => {
  const [first = 0, last = 0] = [round.scrapes[0], round.scrapes.at(-1)];
  const text = query.replaceAll('$interval', `${Math.round((last - first) * 1000) + 1}ms`);
  const told = new Map<string, number[]>();
  for (const at of times) {
    for (const { metric, value } of await prometheus.query(text, at)) {
      const number = Number(value?.[1]);
      const known = told.get(keyOf(metric)) ?? [];
      told.set(keyOf(metric), Number.isNaN(number) ? known : [...known, number]);
    }
  }
  return [...told].sort();
};

const isWithin = (value: number, expected: number | Range, per: number): boolean =>
  typeof expected === 'number'
    ? Math.abs(value - expected / per) <= 0.011 + 1e-6 * Math.abs(value)
    : value >= expected[0] && value <= expected[1];

const describeRow = ([labels, value]: Row): readonly [string, number | Range] => [keyOf(labels), value];

const all: readonly Query[] = [...boards, ...kiali];

describe.skipIf(binary === '')(`a real Prometheus${why}`, () => {
  test('is asked at least sixty things', () => {
    expect(all.length).toBeGreaterThanOrEqual(60);
    expect(new Set(all.map(({ query }) => query)).size).toBeGreaterThanOrEqual(60);
  });

  test.each(all.map((query) => [query.from, query] as const))('%s', async (_, query) => {
    const told = await asked(query.query, timesOf(query));
    const rows = query.rows.map(describeRow);
    expect(told.filter(([, values]) => values.length > 0).map(([key]) => key)).toEqual(rows.map(([key]) => key).sort());
    const per = query.of === 'counts' ? await secondsOf(query) : 1;
    for (const [key, expected] of rows) {
      const { 1: values = [] } = told.find(([one]) => one === key) ?? [];
      for (const value of values)
        expect(isWithin(value, expected, per), `${key}: ${value}, not ${JSON.stringify(expected)} in ${per} s`).toBe(true);
    }
  });

  /** OpenMetrics, which Prometheus asks for, calls counters without `_total`. */
  test('knows what each metric is', async () => {
    const told = await prometheus.get<Record<string, readonly { readonly type: string; readonly help: string }[]>>('/api/v1/metadata');
    const types = Object.fromEntries(Object.entries(told).map(([name, [first]]) => [name, first?.type]));
    expect(types).toMatchObject({
      istio_requests: 'counter',
      istio_tcp_sent_bytes: 'counter',
      istio_request_duration_milliseconds: 'histogram',
      istio_request_bytes: 'histogram',
      pilot_xds: 'gauge',
    });
    for (const [name, [first]] of Object.entries(told)) if (name.startsWith('istio_')) expect(first?.help, name).not.toBe('');
  });

  test('scrapes without a complaint', async () => {
    const { activeTargets } = await prometheus.get<{ activeTargets: readonly { lastError: string; health: string }[] }>('/api/v1/targets');
    expect(activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([['up', '']]);
  });
});
