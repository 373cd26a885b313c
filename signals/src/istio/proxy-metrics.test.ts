/** Against what Envoy 1.40 writes at `/stats/prometheus`. */
import { expect, test } from 'vitest';
import { parseExposition } from '../prometheus/parse.ts';
import { writeExposition } from '../prometheus/write.ts';
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
envoy_istio_requests_total{reporter="destination",source_workload="web",source_principal="",response_code="200",request_protocol="http",grpc_response_status="",destination_service="ledger.shop.svc.cluster.local"} 7
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
    source_canonical_service: 'unknown',
    source_canonical_revision: 'latest',
    source_workload_namespace: 'unknown',
    source_principal: 'unknown',
    source_app: 'unknown',
    source_version: 'unknown',
    source_cluster: 'unknown',
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
    connection_security_policy: 'unknown',
  });
  expect(others.at(-1)?.name).toBe('envoy_server_live');
});

test('a client is the source of what it counts, and messages have no status', () => {
  const [messages, opened] = said(`# TYPE envoy_istio_request_messages_total counter
envoy_istio_request_messages_total{reporter="source",destination_workload="bank",mine="x"} 3
# TYPE envoy_istio_tcp_connections_opened_total counter
envoy_istio_tcp_connections_opened_total{reporter="source",request_protocol="tcp"} 2
`);
  expect(messages?.samples[0]?.labels).toMatchObject({ source_workload: 'ledger', destination_workload: 'bank', mine: 'x' });
  expect(Object.keys(messages?.samples[0]?.labels ?? {})).not.toContain('response_code');
  expect(opened?.samples[0]?.labels).toMatchObject({ response_flags: '-', destination_service: 'unknown' });
  expect(Object.keys(opened?.samples[0]?.labels ?? {})).not.toContain('grpc_response_status');
});

test('a peer is who its certificate says, and subsets of a service are one', () => {
  const one = (subset: string, count: number): string =>
    `envoy_istio_requests_total{reporter="source",response_code="200",peer="bank-1.bank.v1.east.meta.mesh",destination_principal="spiffe://cluster.local/ns/money/sa/bank",cluster="outbound|80|${subset}|bank.money.svc.cluster.local"} ${count}\n`;
  const [requests] = said(`# TYPE envoy_istio_requests_total counter\n${one('', 2)}${one('v1', 3)}`);
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
    },
  });
  expect(Object.keys(requests?.samples[0]?.labels ?? {})).not.toContain('peer');
});

test.each([
  ['source', 'PassthroughCluster', 'unknown', 'PassthroughCluster'],
  ['source', 'outbound|443||api.example.com', 'api.example.com', 'api.example.com'],
  ['source', '', 'unknown', 'unknown'],
  ['destination', 'InboundPassthroughCluster', 'ledger', 'InboundPassthroughCluster'],
  ['destination', 'inbound|8080||', 'ledger', 'ledger'],
])('the %s’s cluster "%s" is the service %s, called %s', (reporter, cluster, service, name) => {
  const [requests] = said(
    `# TYPE envoy_istio_requests_total counter\nenvoy_istio_requests_total{reporter="${reporter}",cluster="${cluster}"} 1\n`,
  );
  expect(requests?.samples[0]?.labels).toMatchObject({ destination_service: service, destination_service_name: name });
});

test('histograms keep their bounds', () => {
  const [duration] = said(`# TYPE envoy_istio_request_duration_milliseconds histogram
envoy_istio_request_duration_milliseconds_bucket{reporter="destination",le="0.5"} 1
envoy_istio_request_duration_milliseconds_bucket{reporter="destination",le="+Inf"} 2
envoy_istio_request_duration_milliseconds_sum{reporter="destination"} 3.05
envoy_istio_request_duration_milliseconds_count{reporter="destination"} 2
`);
  expect(duration?.samples.map(({ name, labels }) => [name, labels['le']])).toEqual([
    ['istio_request_duration_milliseconds_bucket', '0.5'],
    ['istio_request_duration_milliseconds_bucket', '+Inf'],
    ['istio_request_duration_milliseconds_sum', undefined],
    ['istio_request_duration_milliseconds_count', undefined],
  ]);
});

test('as many series as are kept may be fewer than there were', () => {
  const one = (code: number): string => `envoy_istio_requests_total{reporter="destination",response_code="${code}"} 1\n`;
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
