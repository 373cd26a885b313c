/** Against what Envoy 1.40 writes at `/stats/prometheus`. */
import { expect, test } from 'vitest';
import { parseExposition } from '../prometheus/parse.ts';
import { writeExposition } from '../prometheus/write.fixture.ts';
import { proxyMetrics } from './proxy-metrics.ts';
import type { WorkloadLabels } from './standard.ts';

const own: WorkloadLabels = {
  workload: 'ledger',
  namespace: 'shop',
  principal: 'spiffe://cluster.local/ns/shop/sa/ledger',
  app: 'ledger',
  version: 'v2',
  cluster: 'Kubernetes',
  canonicalService: 'ledger',
  canonicalRevision: 'v2',
};
const limits = { counters: 3, histograms: 3 };

const said = (text: string) => proxyMetrics(parseExposition(text, 'text').families, own, limits);

const server = `# TYPE envoy_istio_requests_total counter
envoy_istio_requests_total{mesh="n http 200 - - - web.web.v1.Kubernetes.meta.mesh ledger.shop.svc.cluster.local inbound|8080||"} 7
# TYPE envoy_server_live gauge
envoy_server_live{} 1
`;

test('a server adds itself, what is unknown says so, and what is not the mesh’s stays', () => {
  const [requests, ...others] = said(server);
  expect(requests?.name).toBe('istio_requests');
  expect(requests?.samples).toHaveLength(1);
  expect(requests?.samples[0]).toMatchObject({ name: 'istio_requests_total', value: 7 });
  expect(requests?.samples[0]?.labels).toEqual({
    reporter: 'destination',
    source_workload: 'web',
    source_canonical_service: 'web',
    source_canonical_revision: 'v1',
    source_workload_namespace: 'unknown',
    source_principal: 'unknown',
    source_app: 'web',
    source_version: 'v1',
    source_cluster: 'Kubernetes',
    destination_workload: 'ledger',
    destination_canonical_service: 'ledger',
    destination_canonical_revision: 'v2',
    destination_workload_namespace: 'shop',
    destination_principal: 'spiffe://cluster.local/ns/shop/sa/ledger',
    destination_app: 'ledger',
    destination_version: 'v2',
    destination_cluster: 'Kubernetes',
    destination_service: 'ledger.shop.svc.cluster.local',
    destination_service_name: 'ledger',
    destination_service_namespace: 'shop',
    request_protocol: 'http',
    response_code: '200',
    response_flags: '-',
    connection_security_policy: 'none',
  });
  expect(others.at(-1)?.name).toBe('envoy_server_live');
});

test('a client is the source of what it counts, and messages have no status', () => {
  const [messages, opened] = said(`# TYPE envoy_istio_request_messages_total counter
envoy_istio_request_messages_total{mesh="s - - - - - bank.bank.v1.east.meta.mesh - outbound|80||bank",mine="x",messages="2,1"} 3
envoy_istio_request_messages_total{mesh="s - - - - - bank.bank.v1.east.meta.mesh - outbound|80||bank",mine="x",messages="10,20"} 4
# TYPE envoy_istio_tcp_connections_opened_total counter
envoy_istio_tcp_connections_opened_total{mesh="s tcp - - - - - - -"} 2
`);
  expect(messages?.samples).toMatchObject([{ value: 46, labels: { source_workload: 'ledger', destination_workload: 'bank', mine: 'x' } }]);
  expect(Object.keys(messages?.samples[0]?.labels ?? {})).not.toContain('response_code');
  expect(opened?.samples[0]?.labels).toMatchObject({ response_flags: '-', destination_service: 'unknown' });
  expect(Object.keys(opened?.samples[0]?.labels ?? {})).not.toContain('grpc_response_status');
});

test('a peer is who its certificate says, and subsets of a service are one', () => {
  const one = (subset: string, count: number): string =>
    `envoy_istio_requests_total{mesh="s http 200 UF - spiffe://cluster.local/ns/money/sa/bank bank-1.bank.v1.east.meta.mesh,x - outbound|80|${subset}|bank.money.svc.cluster.local"} ${count}\n`;
  const [requests] = said(`# TYPE envoy_istio_requests_total counter\n${one('', 2)}${one('v1 or v2', 3)}`);
  expect(requests?.samples).toHaveLength(1);
  expect(requests?.samples[0]).toMatchObject({
    value: 5,
    labels: {
      destination_workload: 'bank-1',
      destination_app: 'bank',
      destination_version: 'v1',
      destination_cluster: 'east',
      destination_canonical_service: 'bank',
      destination_canonical_revision: 'v1',
      destination_workload_namespace: 'money',
      destination_service: 'bank.money.svc.cluster.local',
      destination_service_name: 'bank',
      destination_service_namespace: 'money',
      source_workload: 'ledger',
      response_flags: 'UF',
    },
  });
  expect(Object.keys(requests?.samples[0]?.labels ?? {})).not.toContain('mesh');
});

test.each([
  ['s', 'PassthroughCluster', 'unknown', 'PassthroughCluster'],
  ['s', 'BlackHoleCluster', 'unknown', 'BlackHoleCluster'],
  ['s', 'outbound|443||api.example.com', 'api.example.com', 'api.example.com'],
  ['s', '-', 'unknown', 'unknown'],
  ['m', 'InboundPassthroughCluster', 'ledger', 'InboundPassthroughCluster'],
  ['m', 'inbound|8080||', 'ledger', 'ledger'],
])('where it is watched as %s, the cluster "%s" is the service %s, called %s', (watch, cluster, service, name) => {
  const [requests] = said(
    `# TYPE envoy_istio_requests_total counter\nenvoy_istio_requests_total{mesh="${watch} http 200 - - - - - ${cluster}"} 1\n`,
  );
  expect(requests?.samples[0]?.labels).toMatchObject({ destination_service: service, destination_service_name: name });
});

test('a request that no cluster was to get is called as its route says [S143]', () => {
  const [requests] = said(
    '# TYPE envoy_istio_requests_total counter\nenvoy_istio_requests_total{mesh="s http 502 - - - - BlackHoleCluster -"} 1\n',
  );
  expect(requests?.samples[0]?.labels).toMatchObject({ destination_service: 'unknown', destination_service_name: 'BlackHoleCluster' });
});

const durations = (labels: string, count: number): string => `# TYPE envoy_istio_request_duration_milliseconds histogram
envoy_istio_request_duration_milliseconds_bucket{${labels},le="0.5"} 1
envoy_istio_request_duration_milliseconds_bucket{${labels},le="+Inf"} ${count}
envoy_istio_request_duration_milliseconds_sum{${labels}} 3.05
envoy_istio_request_duration_milliseconds_count{${labels}} ${count}
`;
const mesh = 'mesh="m http 200 - - - - - inbound|80||"';

test('histograms keep their bounds', () => {
  const [duration] = said(durations(mesh, 2));
  expect(duration?.samples.map(({ name, labels }) => [name, labels['le']])).toEqual([
    ['istio_request_duration_milliseconds_bucket', '0.5'],
    ['istio_request_duration_milliseconds_bucket', '+Inf'],
    ['istio_request_duration_milliseconds_sum', undefined],
    ['istio_request_duration_milliseconds_count', undefined],
  ]);
});

test('labels that Telemetry objects took away are gone, and those that they set are there', () => {
  const [duration] = said(durations(`${mesh},changed="-source_principal,-destination_service,+tenant,+team",tenant="a"`, 2));
  const { labels = {} } = duration?.samples.at(-1) ?? {};
  expect(labels).toMatchObject({ tenant: 'a', team: 'unknown', source_workload: 'unknown' });
  expect(Object.keys(labels)).not.toContain('source_principal');
  expect(Object.keys(labels)).not.toContain('destination_service');
  expect(Object.keys(labels)).not.toContain('changed');
});

test('as many series as are kept may be fewer than there were', () => {
  const one = (code: number): string => `envoy_istio_requests_total{mesh="m http ${code} - - - - - -"} 1\n`;
  const shown = (count: number): string =>
    writeExposition(
      said(`# TYPE envoy_istio_requests_total counter\n${Array.from({ length: count }, (_, code) => one(code)).join('')}`),
      'text',
    );
  expect(shown(2)).toContain('weft_metrics_overflow{kind="counters"} 0');
  expect(shown(3)).toContain('weft_metrics_overflow{kind="counters"} 1');
  expect(shown(3)).toContain('weft_metrics_series{kind="counters"} 3');
  expect(shown(3)).toContain('weft_metrics_overflow{kind="histograms"} 0');
});
