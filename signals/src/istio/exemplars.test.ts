import { expect, test } from 'vitest';
import { parseExposition } from '../prometheus/parse.ts';
import { writeExposition } from '../prometheus/write.fixture.ts';
import { type TracedSpan, withExemplars } from './exemplars.ts';

const name = 'istio_request_duration_milliseconds';
const bank = 'bank.money.svc.cluster.local';

const series = (labels: string, [one, ten, all]: readonly number[]): string =>
  `${name}_bucket{${labels},le="1"} ${one}\n${name}_bucket{${labels},le="10"} ${ten}\n${name}_bucket{${labels},le="+Inf"} ${all}\n`;

const called = 'reporter="source",response_code="200",response_flags="-"';
const page = [
  `# TYPE ${name} histogram\n`,
  series(`${called},destination_service="${bank}"`, [0, 2, 3]),
  series(`${called},destination_service="shop"`, [1, 1, 1]),
  series('reporter="destination",response_code="200",response_flags="-",source_principal="web",source_workload="one"', [1, 1, 1]),
  series('reporter="destination",response_code="200",response_flags="-",source_principal="web",source_workload="two"', [1, 1, 1]),
].join('');

const span = (duration: number, more: Partial<TracedSpan> = {}): TracedSpan => ({
  ...{ trace: 'aa', id: `b${duration}`, kind: 'client', at: 1_000, duration },
  attributes: { 'http.status_code': '200', response_flags: '-', upstream_cluster: `outbound|80||${bank}` },
  ...more,
});

const exemplars = (...spans: readonly TracedSpan[]): readonly string[] =>
  writeExposition(withExemplars(parseExposition(page, 'text').families, spans), 'openmetrics')
    .split('\n')
    .flatMap((line) =>
      line.includes(' # ') && !line.startsWith('#') ? [`${/le="([^"]+)"/.exec(line)?.[1]} ${line.split(' # ')[1]}`] : [],
    );

test('a span stands at the bucket that counted it, the newest of several', () => {
  expect(exemplars(span(4), span(5), span(70))).toEqual([
    '10 {trace_id="aa",span_id="b4"} 4 1.004',
    '+Inf {trace_id="aa",span_id="b70"} 70 1.07',
  ]);
});

test('nowhere where it was not counted yet, where it may be of several, or of none', () => {
  expect(exemplars(span(0.5))).toEqual([]);
  const served = { 'http.status_code': '200', response_flags: '-', source_principal: 'web' };
  expect(exemplars(span(0.5, { kind: 'server', attributes: served }))).toEqual([]);
  expect(exemplars(span(4, { attributes: { ...span(4).attributes, 'http.status_code': '503' } }))).toEqual([]);
  expect(exemplars(span(4, { attributes: { 'http.status_code': '200', upstream_cluster: 'PassthroughCluster' } }))).toEqual([]);
  expect(exemplars(span(4, { kind: 'internal' }))).toEqual([]);
});
