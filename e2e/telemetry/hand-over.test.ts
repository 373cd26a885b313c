/** What is handed over, at its receivers: a real Prometheus for measurements, and a server that reads OTLP for traces and records. */
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { ExportTraceServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { KeyValue } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';
import { type Measured, type Question, type SignalsQuery, total } from '@weft/signals';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HandOver } from '../../weftd/src/telemetry/hand-over/hand-over.ts';
import type { TelemetryReceiver } from '../../weftd/src/telemetry/hand-over/receivers.ts';
import { FakeEnvoy } from '../../weftd/src/telemetry/metrics/page.fixture.ts';
import { recordOf } from '../../weftd/src/telemetry/records/records.fixture.ts';
import { told } from '../../weftd/src/telemetry/traces/traces.fixture.ts';
import { until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { findPrometheus, type Prometheus, startPrometheus, watcher } from './prometheus.ts';
import { read, receiver } from './receiver.ts';
import { type Observed, openly, startObserved } from './telemetry-store.ts';

const found = await findPrometheus();
const binary = 'path' in found ? found.path : '';
const why = 'missing' in found ? ` (${found.missing})` : '';

/** A minute ago, at the end of a step: Prometheus takes nothing that is old. */
const start = Math.floor(Date.now() / 10_000) * 10_000 - 100_000;

let observed: Observed;
beforeEach(async () => {
  observed = await startObserved(start);
});
afterEach(() => observed?.end());

const asked = (address: string): TelemetryReceiver => ({ address, credentials: { headers: {}, basic: watcher } });

/** A collector's three signals over HTTP. */
const collector = (address: string) => {
  const at = (signal: string) => ({ ...openly(`${address}/v1/${signal}`), protocol: 'http' as const });
  return { otlp: { traces: at('traces'), logs: at('logs') } };
};

describe.skipIf(binary === '')(`a real Prometheus${why}`, () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus({ binary, config: {}, flags: ['--web.enable-remote-write-receiver'], asks: true });
  });
  afterAll(async () => prometheus?.stop());

  /** Traffic with all that makes counting hard: new series, a new proxy, a restart, one that drops what nobody calls. */
  const live = async (over: HandOver): Promise<void> => {
    const web = new FakeEnvoy('shop/web-1', start - 30_000);
    const later = new FakeEnvoy('shop/web-2', start + 32_000);
    web.serve(3);
    for (let step = 0; step <= 8; step += 1) {
      const at = start + step * 10_000;
      if (step > 0) web.serve(step, { ms: step * 2 });
      if (step === 3) web.serve(5, { code: '503', ms: 70 });
      if (step === 5) {
        web.restart(at - 5_000);
        web.serve(4, { ms: 2 });
      }
      if (step === 7) web.evict();
      if (step > 4) later.serve(10, { caller: 'mobile' });
      await over.metrics.add([web.read(at), ...(step > 3 ? [later.read(at)] : [])]);
      const used = (pod: string, value: number) => ({
        ...{ metric: 'weft_application_memory_bytes', labels: { namespace: 'shop', workload: 'web' }, pod, value },
      });
      const full = { metric: 'weft_connections_used_share', labels: { destination_service: 'bank' }, pod: 'web-1', value: step / 10 };
      await over.metrics.look([used('web-1', 100 + step), used('web-2', 300 - step), full], at + 300);
      await over.metrics.tell({
        ...{ target: 'shop/web-1 /metrics', own: { namespace: 'shop', workload: 'web', pod: 'web-1' }, at: at + 400, format: 'text' },
        ...{ page: `pool_used{pool="db"} ${step}\nother 1\n`, metrics: ['pool_used'] },
      });
      await over.metrics.commit(at, 1);
    }
  };

  const ask = async (signals: SignalsQuery, question: Question) => {
    const [amounts, observations] = await Promise.all([
      signals.counters({ ...question, metric: 'istio_requests_total' }),
      signals.histograms({ ...question, metric: 'istio_request_duration_milliseconds' }),
    ]);
    const byLabels = <T extends { readonly labels: object }>(groups: readonly T[]) =>
      [...groups].sort((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
    const isSomething = (value: Measured): boolean =>
      value.kind === 'amount' ? value.amount > 0 : value.kind === 'gauge' || total(value.histogram) > 0;
    // Of a restart Weft's store knows that something may be missing, also where nothing was counted.
    const withoutGaps = <T extends { readonly steps: readonly { readonly at: number; readonly value: Measured }[] }>(
      groups: readonly T[],
    ) => groups.map((group) => ({ ...group, steps: group.steps.flatMap(({ at, value }) => (isSomething(value) ? [{ at, value }] : [])) }));
    return {
      step: amounts.step,
      amounts: withoutGaps(byLabels(amounts.groups)),
      observations: withoutGaps(byLabels(observations.groups)),
    };
  };

  test('answers as Weft’s own store does', async () => {
    const over = observed.handOverTo({ remoteWrite: asked(`${prometheus.address}/api/v1/write`), prometheus: asked(prometheus.address) });
    await live(over);
    await until('all is written', async () => ((await observed.laneOf('remote-write'))?.waiting === 0 ? true : undefined));
    expect(await observed.laneOf('remote-write')).toMatchObject({ dropped: 0, refused: 0 });
    const span = { metric: '', from: start, to: start + 80_000, step: 10_000 };
    for (const question of [
      span,
      { ...span, by: ['response_code'] },
      { ...span, by: ['source_workload', 'response_code'], where: { reporter: ['destination'], response_code: ['200', '503'] } },
      { ...span, whole: true, by: ['source_workload'] },
    ])
      expect(await ask(over.signals, question), JSON.stringify(question)).toEqual(await ask(observed.telemetry.metrics, question));
    for (const [metric, ...by] of [
      ['weft_application_memory_bytes', 'namespace', 'workload'],
      ['weft_connections_used_share', 'destination_service'],
      ['pool_used', 'workload', 'pod', 'pool'],
    ] as const) {
      for (const question of [
        { ...span, metric, by },
        { ...span, metric, by, step: 20_000 },
      ]) {
        const [{ groups }, own] = await Promise.all([over.signals.gauges(question), observed.telemetry.metrics.gauges(question)]);
        expect(groups, JSON.stringify(question)).toEqual(
          own.groups.map(({ labels, steps }) => ({ labels, steps: steps.map(({ at, value }) => ({ at, value })) })),
        );
        expect(groups[0]?.steps.length).toBeGreaterThan(3);
      }
    }
    const { gaps } = await over.signals.counters({ ...span, metric: 'istio_requests_total', from: start - 40_000 });
    expect(gaps).toEqual([4, 3, 2].map((steps) => start - steps * 10_000));
  });

  test('is asked by nobody without credentials, and what is to be written waits for them', async () => {
    const over = observed.handOverTo({ remoteWrite: openly(`${prometheus.address}/api/v1/write`), prometheus: openly(prometheus.address) });
    await over.metrics.add([new FakeEnvoy('shop/web-9', start).read(start + 80_000)]);
    await until('it was refused', () => (observed.logged.some((line) => line.includes('the answer is 401')) ? true : undefined));
    await expect(over.signals.counters({ metric: 'up', from: start, to: start + 10_000, step: 10_000 })).rejects.toThrow('401');
    observed.renew({ remoteWrite: asked(`${prometheus.address}/api/v1/write`), prometheus: { address: prometheus.address } });
    await until('it is written', async () => ((await observed.laneOf('remote-write'))?.waiting === 0 ? true : undefined));
    expect(await observed.laneOf('remote-write')).toMatchObject({ refused: 0, dropped: 0 });
    await expect(over.signals.counters({ metric: 'up', from: start, to: start + 10_000, step: 10_000 })).rejects.toThrow('Secret');
  });

  test('says what is wrong with a question', async () => {
    const { signals } = observed.handOverTo({ prometheus: asked(prometheus.address) });
    const question = { metric: 'istio requests', from: start, to: start + 10_000, step: 10_000 };
    await expect(signals.counters(question)).rejects.toThrow(/parse error/);
  });

  test('knows what each proxy stands at', async () => {
    const { signals } = observed.handOverTo({ prometheus: asked(prometheus.address) });
    const question = { metric: 'weft_proxy_answered', by: ['pod'], from: start + 50_000, to: start + 60_000, step: 10_000 };
    const { groups } = await signals.gauges(question);
    const value = { kind: 'gauge', min: 1, max: 1, sum: 1, looks: 1, last: 1 };
    expect(groups.map(({ labels, steps }) => [labels, steps[0]?.value])).toEqual([
      [{ pod: 'web-1' }, value],
      [{ pod: 'web-2' }, value],
    ]);
  });
});

const teller = { service: 'web', namespace: 'shop', workload: 'web-v1', pod: 'web-1' };
const trace = '0af7651916cd43dd8448eb211c80319c';
const span = { trace, id: 'a1', at: start, duration: 5, attributes: { 'http.url': 'http://bank/pay?token=hidden', component: 'proxy' } };

describe('a collector', () => {
  test('gets traces, without what must not be kept and with the name of who tells', async () => {
    const { server, arrived, address } = await receiver(0);
    const over = observed.handOverTo(collector(address));
    await over.traces.add({ bytes: told([span]), teller, received: start });
    await until('it came', () => (arrived.length > 0 ? true : undefined));
    const [message] = read(ExportTraceServiceRequestSchema, arrived, '/v1/traces');
    const [{ resource, scopeSpans } = { resource: undefined, scopeSpans: [] }] = message?.resourceSpans ?? [];
    const attributes = (all: readonly KeyValue[] = []) => Object.fromEntries(all.map(({ key, value }) => [key, value?.value.value]));
    expect(attributes(resource?.attributes)).toEqual({
      ...{ 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-1', 'weft.workload': 'web-v1', 'service.name': 'web.shop' },
    });
    expect(attributes(scopeSpans[0]?.spans[0]?.attributes)).toEqual({ 'http.url': 'http://bank/pay', component: 'proxy' });
    expect(Buffer.from(scopeSpans[0]?.spans[0]?.traceId ?? []).toString('hex')).toBe(trace);
    expect(arrived[0]?.headers['content-type']).toBe('application/x-protobuf');
    server.close();
  });

  test('gets records from when it is named on, each once', async () => {
    const earlier = (): Promise<void> => observed.telemetry.records.add({ records: [recordOf({ at: start - 1 })] }, start);
    await earlier();
    const { server, arrived, address } = await receiver(0);
    observed.handOverTo(collector(address));
    await until('it looks', async () => {
      await earlier();
      return arrived.length > 0 ? true : undefined;
    });
    const many = Array.from({ length: 450 }, (_, index) => recordOf({ at: start + index }));
    await observed.telemetry.records.add({ records: many }, start + 1000);
    const logs = () =>
      read(ExportLogsServiceRequestSchema, arrived, '/v1/logs')
        .flatMap(({ resourceLogs }) => resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)))
        .filter(({ timeUnixNano }) => timeUnixNano >= BigInt(start) * 1_000_000n);
    await until('they came', async () => (logs().length >= 450 && (await observed.laneOf('logs'))?.waiting === 0 ? true : undefined));
    expect(logs().map(({ timeUnixNano }) => Number(timeUnixNano / 1_000_000n))).toEqual(many.map(({ at }) => at));
    expect(JSON.parse(String(logs()[0]?.body?.value.value))).toMatchObject({ at: start, side: many[0]?.side });
    server.close();
  });

  test('that is away is waited for; what it cannot pass is tried again, what it refuses is counted', async () => {
    const port = await freePort();
    const over = observed.handOverTo(collector(`http://127.0.0.1:${port}`));
    for (const id of ['a1', 'a2', 'a3']) await over.traces.add({ bytes: told([{ ...span, id }]), teller, received: start });
    await until('it was tried', () => (observed.logged.some((line) => line.includes('cannot be handed over')) ? true : undefined));
    expect(await observed.laneOf('traces')).toMatchObject({ waiting: 3, sent: 0 });
    // Logs come on the same way, but there are none.
    const { server, arrived } = await receiver(port, [503, 400]);
    await until('all is over', async () => ((await observed.laneOf('traces'))?.waiting === 0 ? true : undefined), 20_000);
    expect(await observed.laneOf('traces')).toEqual({ lane: 'traces', waiting: 0, sent: 2, refused: 1, dropped: 0 });
    expect(arrived).toHaveLength(2);
    server.close();
  });

  test('that stays away costs no more room than it may, and what is dropped is counted', async () => {
    await observed.reopen(4_000);
    const over = observed.handOverTo(collector(`http://127.0.0.1:${await freePort()}`));
    for (let id = 1; id <= 100; id += 1) await over.traces.add({ bytes: told([{ ...span, id: `${id}` }]), teller, received: start });
    const { waiting = 0, dropped } = (await observed.laneOf('traces')) ?? {};
    expect(waiting).toBeGreaterThan(5);
    expect(dropped).toBe(100 - waiting);
    expect((await observed.telemetry.traces.trace(trace))?.spans).toHaveLength(100);
  });

  test('that stands where nobody named it is not asked', async () => {
    const { server, arrived, address } = await receiver(0);
    const over = observed.handOverTo({ ...collector(address), networks: [] });
    await over.traces.add({ bytes: told([span]), teller, received: start });
    await until('it was refused', () => (observed.logged.some((line) => line.includes('is inside (loopback)')) ? true : undefined));
    expect(arrived).toEqual([]);
    server.close();
  });
});
