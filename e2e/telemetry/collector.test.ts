/** A real OpenTelemetry Collector takes metrics, traces and records, over HTTP and gRPC, with TLS and without. */
import type { OtlpSignal } from '@weft/model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HandOver } from '../../weftd/src/telemetry/hand-over/hand-over.ts';
import type { OtlpReceiver } from '../../weftd/src/telemetry/hand-over/receivers.ts';
import { FakeEnvoy } from '../../weftd/src/telemetry/metrics/page.fixture.ts';
import { recordOf } from '../../weftd/src/telemetry/records/records.fixture.ts';
import { told } from '../../weftd/src/telemetry/traces/traces.fixture.ts';
import { until } from '../mesh.ts';
import { makeRoot, type Root } from '../traffic/certificates.ts';
import { type Collector, findCollector, startCollector } from './collector.ts';
import { findJaeger, type JaegerSpan, startJaeger } from './jaeger.ts';
import { type Observed, startObserved } from './telemetry-store.ts';

const found = await findCollector();
const binary = 'path' in found ? found.path : '';
const why = 'missing' in found ? ` (${found.missing})` : '';

const start = Math.floor(Date.now() / 10_000) * 10_000 - 100_000;
const trace = '0af7651916cd43dd8448eb211c80319c';
const span = { trace, id: 'a1', at: start, duration: 5, attributes: { component: 'proxy' } };
const teller = { service: 'web', namespace: 'shop', workload: 'web-v1', pod: 'web-1' };

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asInt?: string;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

interface Data {
  readonly aggregationTemporality: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints: readonly Point[];
}

interface Measurements {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { readonly name: string; readonly unit?: string; readonly sum?: Data; readonly histogram?: Data }[];
    }[];
  }[];
}

const labelsOf = (attributes: readonly Attribute[]) => Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

const seconds = (nanoseconds: string): number => (Number(BigInt(nanoseconds) / 1_000_000n) - start) / 1000;

/** What a collector was told of requests: of whom, which code, when, since when, how many. */
const requestsAt = (collector: Collector) =>
  collector
    .taken<Measurements>('metrics')
    .flatMap(({ resourceMetrics }) => resourceMetrics)
    .flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ name }) => name === 'istio_requests_total')
        .flatMap(({ sum }) => sum?.dataPoints ?? [])
        .map((point) => [
          labelsOf(resource.attributes)['service.instance.id'],
          labelsOf(point.attributes)['response_code'],
          ...[seconds(point.timeUnixNano), seconds(point.startTimeUnixNano), Number(point.asInt)],
        ]),
    );

let collector: Collector;
let secured: Collector;
let authority: Root;
let observed: Observed;

const to = (protocol: OtlpReceiver['protocol'], { http, grpc }: Pick<Collector, 'http' | 'grpc'>, scheme = 'http://127.0.0.1') => {
  const at = (signal: OtlpSignal): OtlpReceiver => ({
    protocol,
    address: protocol === 'http' ? `${scheme}:${http}/v1/${signal}` : `${scheme}:${grpc}`,
    credentials: { headers: {} },
  });
  return { metrics: at('metrics'), traces: at('traces'), logs: at('logs') };
};

const delivered = (): Promise<unknown> =>
  until('all is delivered', async () =>
    (await observed.telemetry.outbox.state()).every(({ waiting }) => waiting === 0) ? true : undefined,
  );

beforeAll(async () => {
  if (binary === '') return;
  authority = await makeRoot('collectors');
  collector = await startCollector(binary);
  secured = await startCollector(binary, { ...(await authority.issue('localhost')), authority: authority.certificate });
}, 60_000);
afterAll(async () => {
  await collector?.stop();
  await secured?.stop();
});
beforeEach(async () => {
  observed = await startObserved(start);
});
afterEach(() => observed?.end());

const jaegerFound = await findJaeger();

describe.skipIf('missing' in jaegerFound)(`a real Jaeger${'missing' in jaegerFound ? ` (${jaegerFound.missing})` : ''}`, () => {
  test.each(['http', 'grpc'] as const)('shows the trace that it is told over %s', async (protocol) => {
    const jaeger = await startJaeger('path' in jaegerFound ? jaegerFound.path : '');
    try {
      const over = observed.handOverTo({ otlp: { traces: to(protocol, jaeger).traces } });
      const child = { ...span, id: 'b2', parent: 'a1', at: start + 1, duration: 3 };
      await over.traces.add({ bytes: told([span, child]), teller, received: start });
      const spans = await until('it shows it', async () => {
        const { data } = await jaeger.query<readonly { readonly spans: readonly JaegerSpan[] }[]>(`/api/traces/${trace}`);
        return data[0]?.spans.length === 2 ? data[0].spans : undefined;
      });
      const [parent, called] = [...spans].sort((a, b) => a.startTime - b.startTime);
      expect([parent?.duration, called?.duration, called?.startTime]).toEqual([5_000, 3_000, (start + 1) * 1000]);
      expect(called?.references.map(({ spanID }) => spanID)).toEqual([parent?.spanID]);
      expect((await jaeger.query<readonly string[]>('/api/services')).data).toContain('web.shop');
    } finally {
      await jaeger.stop();
    }
  });
});

describe.skipIf(binary === '')(`a real collector${why}`, () => {
  test.each(['http', 'grpc'] as const)('is told everything over %s', async (protocol) => {
    const [metrics, traces, logs] = (['metrics', 'traces', 'logs'] as const).map((signal) => collector.taken(signal).length);
    const over = observed.handOverTo({ otlp: to(protocol, collector) });
    const web = new FakeEnvoy(`shop/web-${protocol}`, start - 30_000);
    web.serve(3, { ms: 3 });
    web.serve(1, { ms: 30 });
    await until('records are looked for', async () => {
      await observed.telemetry.records.add({ records: [recordOf({ at: start })] }, start);
      return collector.taken('logs').length > (logs ?? 0) ? true : undefined;
    });
    await over.metrics.add([web.read(start)]);
    await over.traces.add({ bytes: told([span]), teller, received: start });
    await delivered();
    expect(collector.taken('traces').length).toBe((traces ?? 0) + 1);
    expect(JSON.stringify(collector.taken('traces').at(-1))).toContain(trace);
    expect(collector.taken('metrics').length).toBe((metrics ?? 0) + 1);
    const [resource] = collector.taken<Measurements>('metrics').at(-1)?.resourceMetrics ?? [];
    expect(labelsOf(resource?.resource.attributes ?? [])).toMatchObject({
      ...{
        'service.name': 'web',
        'service.namespace': 'shop',
        'service.instance.id': `web-${protocol}`,
        'k8s.pod.name': `web-${protocol}`,
      },
    });
    const byName = Object.fromEntries((resource?.scopeMetrics[0]?.metrics ?? []).map((metric) => [metric.name, metric]));
    expect(Object.keys(byName).sort()).toEqual([
      ...['istio_request_bytes', 'istio_request_duration_milliseconds', 'istio_requests_total', 'istio_response_bytes'],
    ]);
    const { sum } = byName['istio_requests_total'] ?? {};
    expect([sum?.aggregationTemporality, sum?.isMonotonic, sum?.dataPoints.length, sum?.dataPoints[0]?.asInt]).toEqual([2, true, 1, '4']);
    expect(labelsOf(sum?.dataPoints[0]?.attributes ?? [])).toMatchObject({
      ...{
        reporter: 'destination',
        source_workload: 'traffic',
        destination_workload: 'web',
        response_code: '200',
        request_protocol: 'http',
      },
    });
    const { histogram, unit } = byName['istio_request_duration_milliseconds'] ?? {};
    const [point] = histogram?.dataPoints ?? [];
    expect([unit, histogram?.aggregationTemporality, point?.count, point?.sum]).toEqual(['ms', 2, '4', 39]);
    expect([point?.explicitBounds, point?.bucketCounts]).toEqual([
      [1, 5, 10, 50],
      ['0', '3', '0', '1', '0'],
    ]);
  });

  test('knows since when each counts, whoever began anew', async () => {
    const before = requestsAt(collector).length;
    const web = new FakeEnvoy('shop/web-1', start - 30_000);
    const step = async (over: HandOver, at: number): Promise<void> => over.metrics.add([web.read(start + at * 1000)]);
    let over = observed.handOverTo({ otlp: to('http', collector) });
    web.serve(3);
    await step(over, 0);
    web.serve(2, { code: '503' });
    await step(over, 10);
    await delivered();
    // Another weftd, which knows what this one told.
    await observed.reopen();
    over = observed.handOverTo({ otlp: to('grpc', collector) });
    await step(over, 20);
    // Envoy drops what nobody called, and counts anew.
    web.evict();
    web.serve(1);
    await step(over, 30);
    web.serve(1);
    web.serve(1, { code: '503' });
    await step(over, 40);
    web.restart(start + 45_000);
    web.serve(9);
    await step(over, 50);
    await delivered();
    expect(requestsAt(collector).slice(before)).toEqual([
      ['web-1', '200', 0, -30, 3],
      ['web-1', '200', 10, -30, 3],
      ['web-1', '503', 10, 0, 2],
      ['web-1', '200', 20, -30, 3],
      ['web-1', '503', 20, 0, 2],
      ['web-1', '200', 30, 20, 1],
      ['web-1', '200', 40, 20, 2],
      ['web-1', '503', 40, 30, 1],
      ['web-1', '200', 50, 45, 9],
    ]);
  });

  test.each(['http', 'grpc'] as const)('that asks who comes is told with a certificate, over %s', async (protocol) => {
    const before = secured.taken('traces').length;
    const otlp = to(protocol, secured, 'https://localhost').traces;
    const stranger = await makeRoot('strangers');
    const [mine, theirs] = [await authority.issue('weft'), await stranger.issue('weft')];
    const knownTo = (root: Root, client: typeof mine) => ({
      otlp: { traces: { ...otlp, credentials: { headers: {}, authority: root.certificate, client } } },
    });
    const over = observed.handOverTo({ otlp: { traces: otlp } });
    await over.traces.add({ bytes: told([span]), teller, received: start });
    const failed = (count: number) =>
      until('it failed', () =>
        observed.logged.filter((line) => line.includes('cannot be handed over')).length >= count ? true : undefined,
      );
    await failed(1);
    observed.renew(knownTo(stranger, mine));
    await failed(2);
    observed.renew(knownTo(authority, theirs));
    await failed(3);
    expect(secured.taken('traces').length).toBe(before);
    // The Secret holds another certificate: nothing is started again, and nothing is lost.
    observed.renew(knownTo(authority, mine));
    await delivered();
    expect(secured.taken('traces').length).toBe(before + 1);
    expect(await observed.laneOf('traces')).toMatchObject({ sent: 1, refused: 0, dropped: 0 });
    expect(observed.logged.join()).not.toContain('PRIVATE');
  });
});
