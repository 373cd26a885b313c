/**
 * A real Prometheus scrapes a mesh in which it is known who asked whom how often, and answers what Istio's boards and Kiali ask of it. Traffic comes
 * twice: between the two Prometheus saw all series, so that of the second time rates are exact.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { ExportMetricsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import { ExportTraceServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { WriteRequestSchema } from '@weft/envoy/gen/prometheus/remote_pb.js';
import type { Span, Trace, TraceExemplar } from '@weft/model';
import { uncompress } from 'snappyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mesh, root, startMesh, until } from '../mesh.ts';
import { findPrometheus, type Prometheus, type Result, startPrometheus } from './prometheus.ts';
import { boards } from './queries/boards.ts';
import { kiali } from './queries/kiali.ts';
import { plain, type Query, type Range, type Row, toBank, ways } from './queries/traffic.ts';
import { read, receiver } from './receiver.ts';

const found = await findPrometheus();
const binary = 'path' in found ? found.path : '';
const why = 'missing' in found ? ` (${found.missing})` : '';

let mesh: Mesh;
let prometheus: Prometheus;
/** Who gets all of it too. */
let others: Awaited<ReturnType<typeof receiver>>;
afterAll(async () => {
  others?.server.close();
  await prometheus?.stop();
  await mesh?.stop();
}, 60_000);

const handOver = (address: string): string => `apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata:
  name: default
  namespace: istio-system
  annotations:
    mesh.weft.dev/remote-write: ${address}/api/v1/write
    mesh.weft.dev/otlp-collector: ${address}
    mesh.weft.dev/otlp-collector-secret: collector
    mesh.weft.dev/telemetry-networks: 127.0.0.1
`;

const secret = (token: string): string => `apiVersion: v1
kind: Secret
metadata: { name: collector, namespace: istio-system }
stringData: { token: ${token} }
`;

/** Both ends count what reaches both: the gateway asks the web and the batch, and nobody counts at the batch. */
const each = { requests: 2 * toBank + plain + ways.gone + 3, connections: 2 * ways.tcp };

const traceId = (number: number): string => `${number}`.padStart(32, 'a');

/** All of it is one trace. */
const pass = async (times: number): Promise<void> => {
  const asked = new URLSearchParams(Object.entries(ways).map(([name, count]): [string, string] => [name, String(count)]));
  const headers = { traceparent: `00-${traceId(times)}-00f067aa0ba902b7-01` };
  const answers = await Promise.all([fetch(`${mesh.gateway}/?${asked}`, { headers }), fetch(`${mesh.gateway}/batch?ok=${plain}`)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
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

/** As Prometheus tells them. */
interface Exemplified {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[];
}

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
  await pass(1);
  let before = await seen(1);
  for (let times = 2; times < 6; times += 1) {
    await pass(times);
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
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/bank') });
  others = await receiver(0);
  await writeFile(join(mesh.folder, 'hand-over.yaml'), handOver(others.address));
  await writeFile(join(mesh.folder, 'secret.yaml'), secret('first'));
  await mesh.applied();
  if (binary === '') return;
  const { addresses } = await mesh.json<{ addresses: { prometheus: string } }>('status');
  const { host, pathname } = new URL(addresses.prometheus);
  const scrape = {
    ...{ job_name: 'weft', honor_labels: true, scrape_interval: '1s', scrape_timeout: '1s', metrics_path: pathname },
    authorization: { credentials_file: join(mesh.home, 'scrape-token') },
    static_configs: [{ targets: [host] }],
  };
  prometheus = await startPrometheus({ binary, config: { scrape_configs: [scrape] }, flags: ['--enable-feature=exemplar-storage'] });
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

  test('leads from how long requests took to their traces', async () => {
    const about = { query: 'istio_request_duration_milliseconds_bucket', start: '0', end: `${Date.now() / 1000 + 60}` };
    const found = await until('Prometheus has exemplars of both ends', async () => {
      const told = await prometheus.get<readonly Exemplified[]>(`/api/v1/query_exemplars?${new URLSearchParams(about)}`);
      const reporters = new Set(told.map(({ seriesLabels }) => seriesLabels['reporter']));
      return reporters.size === 2 ? told : undefined;
    });
    const ids = new Set(found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? '')));
    const traces = new Map(await Promise.all([...ids].map(async (id) => [id, await mesh.json<Trace>('trace', id)] as const)));
    for (const { seriesLabels, exemplars } of found) {
      const { reporter, pod, response_code: code, destination_service_name: name, le } = seriesLabels;
      for (const { labels, value } of exemplars) {
        const span = traces.get(labels['trace_id'] ?? '')?.spans.find(({ id }) => id === labels['span_id']);
        expect([span?.kind, span?.pod, span?.attributes['http.status_code']]).toEqual([
          reporter === 'source' ? 'client' : 'server',
          pod,
          code,
        ]);
        if (reporter === 'source')
          expect(span?.attributes['upstream_cluster.name'] ?? span?.attributes['upstream_cluster']).toContain(`${name}.`);
        expect(span?.duration).toBeCloseTo(Number(value), 6);
        expect(span?.duration).toBeLessThanOrEqual(le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));
      }
    }
  });

  test('scrapes without a complaint', async () => {
    // One of them may take longer than the second that it has, where the machine has much else to do.
    await until('a scrape succeeds', async () => {
      const { activeTargets } = await prometheus.get<{ activeTargets: readonly { lastError: string; health: string }[] }>(
        '/api/v1/targets',
      );
      expect(activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([['up', '']]);
      return true;
    });
  });
});

/** At the gateway, which tells of what came and of what it calls, at the web, and both ends of what the web calls. */
const spans = 3 + 2 * toBank + ways.gone;

describe('traces', () => {
  let trace: Trace;
  beforeAll(async () => {
    if (binary === '') await pass(1);
    trace = await until('all proxies told of it', async () => {
      const found = await mesh.json<Trace>('trace', traceId(1));
      return found.spans.length >= spans ? found : undefined;
    });
  });

  const told = (test: (span: Span) => boolean): readonly Span[] => trace.spans.filter(test);
  const status = ({ attributes }: Span): string | undefined => attributes['http.status_code'];

  test('one request is one, over all proxies that it met, each with whose it is', () => {
    const who = told(() => true).map(({ service, namespace, workload, kind }) => `${kind} ${workload}.${namespace} (${service})`);
    expect(Object.fromEntries([...Map.groupBy(who, (one) => one)].map(([one, all]) => [one, all.length]))).toEqual({
      'server istio-ingressgateway.istio-ingress (istio-ingressgateway)': 1,
      'client istio-ingressgateway.istio-ingress (istio-ingressgateway)': 1,
      'server web.shop (web)': 1,
      'client web.shop (web)': toBank + ways.gone,
      'server bank-v1.money (bank)': toBank,
    });
  });

  test('who was called stands below who called', () => {
    for (const server of told(({ service }) => service === 'bank')) {
      const [client] = told(({ id }) => id === server.parent);
      expect([client?.service, client && status(client)]).toEqual(['web', status(server)]);
      expect(client?.duration).toBeGreaterThanOrEqual(server.duration);
    }
    const failures = told(({ failed }) => failed).map(status);
    // To who called, 404 and a gRPC status are failures too.
    expect(failures).toHaveLength(2 * ways.failed + ways.gone + ways.bad + ways.refuse);
    expect(JSON.stringify(trace)).not.toContain('slow=');
  });

  test('are found by service, duration and outcome', async () => {
    const found = async (...conditions: readonly string[]) => {
      const { items } = await mesh.json<{ items: readonly { readonly id: string }[] }>('traces', '--limit', '1000', ...conditions);
      return items.some(({ id }) => id === trace.id);
    };
    const bank = ['--service', 'bank', '-n', 'money'];
    expect(await found(...bank, '--min-duration', '50ms', '--max-duration', '20s')).toBe(true);
    expect(await found('--service', 'bank', '--status', 'error')).toBe(true);
    expect(await found('--service', 'bank', '-n', 'shop')).toBe(false);
    expect(await found(...bank, '--min-duration', '20s')).toBe(false);
    expect(await found('--service', 'batch')).toBe(false);
  });

  test('are drawn', async () => {
    const { stdout } = await mesh.weft('trace', trace.id);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${trace.id} .* spans: ${spans}$`));
    expect(lines.filter((line) => /^ {8}bank\.money server ingress .*█+ .* [mµ]?s {2}(200|404|500)$/.test(line))).toHaveLength(toBank);
    expect((await mesh.weft('trace', traceId(99))).stderr).toContain('there is no trace');
  });

  test('are where a slow bucket and a record lead to', async () => {
    const token = (await readFile(join(mesh.home, 'viewer-token'), 'utf8')).trim();
    const slow = new URL(`${mesh.api}/api/v1/exemplars?service=bank&namespace=money&minDuration=50&limit=1000`);
    const answer = await fetch(slow, { headers: { authorization: `Bearer ${token}` } });
    const { items } = (await answer.json()) as { items: readonly TraceExemplar[] };
    expect(items.filter((one) => one.trace === trace.id).length).toBeGreaterThanOrEqual(ways.slow);
    const records = await mesh.json<{ items: readonly { readonly request?: { readonly trace: string } }[] }>(
      ...['access', '--to', 'bank', '--since', '5m', '--limit', '1000'],
    );
    expect(records.items.filter(({ request }) => request?.trace === trace.id).length).toBe(2 * toBank);
  });
});

describe('others', () => {
  test('get the same spans, records and measurements', async () => {
    const told = () =>
      read(ExportTraceServiceRequestSchema, others.arrived, '/v1/traces')
        .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
        .filter(({ traceId: id }) => Buffer.from(id).toString('hex') === traceId(1));
    const records = () =>
      read(ExportLogsServiceRequestSchema, others.arrived, '/v1/logs')
        .flatMap(({ resourceLogs }) => resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)))
        .filter(({ traceId: id }) => Buffer.from(id).toString('hex') === traceId(1));
    const written = () =>
      others.arrived
        .filter(({ path }) => path === '/api/v1/write')
        .flatMap(({ body }) => fromBinary(WriteRequestSchema, uncompress(body)).timeseries)
        .filter(({ labels }) => labels.some(({ value }) => value === 'istio_requests_total') && labels.some(({ value }) => value === 'UH'));
    const pushed = () =>
      read(ExportMetricsServiceRequestSchema, others.arrived, '/v1/metrics')
        .flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)))
        .flatMap(({ name, data }) => (name === 'istio_requests_total' && data.case === 'sum' ? data.value.dataPoints : []))
        .filter(({ attributes }) => attributes.some(({ value }) => value?.value.value === 'UH'));
    await until('all of it came', () =>
      pushed().length > 0 && told().length === spans && records().length === 2 * toBank + ways.gone + 3 - 1 && written().length > 0
        ? true
        : undefined,
    );
    expect(written()[0]?.samples[0]?.value).toBe(0);
    expect(Number(written().at(-1)?.samples.at(-1)?.value) % ways.gone).toBe(0);
    expect(Number(pushed().at(-1)?.value.value)).toBe(written().at(-1)?.samples.at(-1)?.value);
    const { stdout } = await mesh.weft('metrics');
    expect(stdout).toMatch(/^weft_handed_over_total\{kind="traces",outcome="sent"\} [1-9]/m);
    expect(stdout).toMatch(/^weft_handed_over_total\{kind="logs",outcome="dropped"\} 0$/m);
  });

  test('are asked with what a Secret holds, and with what it holds next', async () => {
    const tokens = () => [
      ...new Set(others.arrived.filter(({ path }) => path.startsWith('/v1/')).map(({ headers }) => headers['authorization'])),
    ];
    expect(tokens()).toEqual(['Bearer first']);
    await writeFile(join(mesh.folder, 'secret.yaml'), secret('second'));
    await mesh.applied();
    await fetch(`${mesh.gateway}/batch?ok=1`);
    await until('the next one is sent', () => (tokens().length > 1 ? true : undefined));
    expect(tokens()).toEqual(['Bearer first', 'Bearer second']);
    const { stdout } = await mesh.weft('status', '-o', 'json');
    expect(`${stdout}${mesh.output()}${await readFile(join(mesh.home, 'logs/weftd.log'), 'utf8').catch(() => '')}`).not.toContain('second');
  });
});
