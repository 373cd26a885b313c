/** What Kiali's client asks (kiali/kiali, graph/telemetry/istio, prometheus, business), of the namespaces and workloads of the bank. */
import {
  bank,
  bytesPerSecond,
  counts,
  gone,
  grpcToBank,
  http,
  type Labels,
  latency,
  plain,
  type Query,
  quantiles,
  type Row,
  size,
  toBank,
  values,
  ways,
  word,
} from './traffic.ts';

const node = (side: string) =>
  ['cluster', 'workload_namespace', 'workload', 'canonical_service', 'canonical_revision'].map((label) => `${side}_${label}`);
const ofService = ['destination_service_namespace', 'destination_service', 'destination_service_name'];
const edge = [...node('source'), ...node('destination'), ...ofService];
const ofRequest = ['request_protocol', 'response_code', 'grpc_response_status', 'response_flags'];

const party = (side: string, [cluster, namespace, workload, service, revision]: readonly string[]): Labels => ({
  [`${side}_cluster`]: cluster ?? '',
  [`${side}_workload_namespace`]: namespace ?? '',
  [`${side}_workload`]: workload ?? '',
  [`${side}_canonical_service`]: service ?? '',
  [`${side}_canonical_revision`]: revision ?? '',
});
const nobody = ['unknown', 'unknown', 'unknown', 'unknown', 'latest'];
const service = (name: string, namespace: string): Labels => ({
  destination_service_namespace: namespace,
  destination_service: `${name}.${namespace}.svc.cluster.local`,
  destination_service_name: name,
});
const web = party('source', ['local', 'shop', 'web', 'web', 'latest']);
const batch = party('source', nobody);
const toBankV1 = { ...party('destination', ['local', 'money', 'bank-v1', 'bank', 'v1']), ...service('bank', 'money') };
const toGone = { ...party('destination', nobody), ...service('gone', 'money') };

const answer = (request_protocol: string, response_code: string, more: Labels = {}): Labels => ({
  request_protocol,
  response_code,
  response_flags: '-',
  ...more,
});
const requestRows: readonly Row[] = [
  ...Object.entries(http).map(([code, count]) => [{ ...web, ...toBankV1, ...answer('http', code) }, count] as const),
  [{ ...web, ...toBankV1, ...answer('grpc', '200', { grpc_response_status: '0' }) }, ways.pay],
  [{ ...web, ...toBankV1, ...answer('grpc', '200', { grpc_response_status: '5' }) }, ways.refuse],
];
const plainRow: Row = [{ ...batch, ...toBankV1, ...answer('http', '200') }, plain];
const goneRow: Row = [{ ...web, ...toGone, ...answer('http', '503', { response_flags: 'UH' }) }, ways.gone];

const summed = (metric: string, labels: string, by: readonly string[]) =>
  `sum(rate(${metric}{${labels}} [$interval])) by (${by.join(',')}) > 0`;

const graph: readonly Query[] = [
  counts(
    'graph: requests to services that nobody serves',
    summed(
      'istio_requests_total',
      'reporter="source",source_workload_namespace!="money",destination_workload_namespace="unknown",destination_workload="unknown",destination_service=~"^.+\\\\.money\\\\..+$"',
      [...edge, ...ofRequest],
    ),
    goneRow,
  ),
  counts(
    'graph: requests into a namespace',
    summed('istio_requests_total', 'reporter="destination",destination_workload_namespace="money"', [...edge, ...ofRequest]),
    ...requestRows,
    plainRow,
  ),
  counts(
    'graph: requests out of a namespace',
    summed('istio_requests_total', 'reporter="source",source_workload_namespace="shop"', [...edge, ...ofRequest]),
    ...requestRows,
    goneRow,
  ),
  ...['received', 'sent'].flatMap((direction) => [
    counts(
      `graph: TCP ${direction} into a namespace`,
      summed(`istio_tcp_${direction}_bytes_total`, 'app!="ztunnel",reporter="destination",destination_workload_namespace="money"', [
        'app',
        ...edge,
        'response_flags',
      ]),
      [{ ...web, ...toBankV1, response_flags: '-' }, ways.tcp * word],
    ),
    counts(
      `graph: TCP ${direction} out of a namespace`,
      summed(`istio_tcp_${direction}_bytes_total`, 'app!="ztunnel",reporter="source",source_workload_namespace="shop"', [
        'app',
        ...edge,
        'response_flags',
      ]),
      [{ ...web, ...toBankV1, response_flags: '-' }, ways.tcp * word],
    ),
  ]),
  ...[
    ['istio_request_messages_total', ways.pay + ways.refuse] as const,
    // Who is refused gets no message.
    ['istio_response_messages_total', ways.pay] as const,
  ].flatMap(([metric, messages]) => [
    counts(`graph: ${metric} into a namespace`, summed(metric, 'reporter="destination",destination_workload_namespace="money"', edge), [
      { ...web, ...toBankV1 },
      messages,
    ]),
    counts(`graph: ${metric} out of a namespace`, summed(metric, 'reporter="source",source_workload_namespace="shop"', edge), [
      { ...web, ...toBankV1 },
      messages,
    ]),
  ]),
  counts(
    'graph: of one workload, in',
    summed(
      'istio_requests_total',
      'reporter="destination",destination_cluster="local",destination_workload_namespace="money",destination_workload="bank-v1"',
      [...edge, ...ofRequest],
    ),
    ...requestRows,
    plainRow,
  ),
  counts(
    'graph: of one application, in',
    summed(
      'istio_requests_total',
      'reporter="destination",destination_cluster="local",destination_service_namespace="money",destination_canonical_service="bank",destination_canonical_revision="v1"',
      [...edge, ...ofRequest],
    ),
    ...requestRows,
    plainRow,
  ),
  counts(
    'graph: of one service that nobody serves',
    summed('istio_requests_total', 'reporter="source",destination_workload="unknown",destination_service=~"^gone\\\\.money\\\\..*$"', [
      ...edge,
      ...ofRequest,
    ]),
    goneRow,
  ),
  counts(
    'graph: of one service, in',
    summed(
      'istio_requests_total',
      'reporter="destination",destination_cluster="local",destination_service_namespace="money",destination_service=~"^bank\\\\.money\\\\..*$"',
      [...edge, ...ofRequest],
    ),
    ...requestRows,
    plainRow,
  ),
  counts(
    'graph: of one workload, out',
    summed('istio_requests_total', 'reporter="source",source_cluster="local",source_workload_namespace="shop",source_workload="web"', [
      ...edge,
      ...ofRequest,
    ]),
    ...requestRows,
    goneRow,
  ),
];

const withProtocol = [...edge, 'request_protocol'];
const perProtocol = (range: readonly [number, number], more: readonly Row[]): readonly Row[] => [
  [{ ...web, ...toBankV1, request_protocol: 'http' }, range],
  [{ ...web, ...toBankV1, request_protocol: 'grpc' }, [0.1, 20_000]],
  ...more,
];
const into = 'reporter="destination",destination_service_namespace="money"';
const out = 'reporter="source",source_workload_namespace="shop"';
const duration = 'istio_request_duration_milliseconds';
const average = (labels: string): string => {
  const of = (part: string) => `sum(rate(${duration}_${part}{${labels}}[$interval])) by (${withProtocol.join(',')})`;
  return `${of('sum')} / ${of('count')} > 0`;
};
const plainDuration: Row = [{ ...batch, ...toBankV1, request_protocol: 'http' }, [0.1, 20_000]];
const goneDuration: Row = [{ ...web, ...toGone, request_protocol: 'http' }, [0, 20_000]];

const responseTime: readonly Query[] = [
  values('response time: average, in', average(into), ...perProtocol([5, 10_000], [plainDuration])),
  ...quantiles.flatMap((quantile) => {
    const of = (labels: string) =>
      `histogram_quantile(${quantile}, sum(rate(${duration}_bucket{${labels}}[$interval])) by (le,${withProtocol.join(',')})) > 0`;
    return [
      values(`response time: P${quantile}, in`, of(into), ...perProtocol(latency[quantile], [plainDuration])),
      values(`response time: P${quantile}, out`, of(out), ...perProtocol(latency[quantile], [goneDuration])),
    ];
  }),
];

const principals = ['source_principal', 'destination_principal', 'connection_security_policy'];
const withPrincipals = [
  ...node('source'),
  ...node('destination'),
  'destination_service_namespace',
  'destination_service_name',
  ...principals,
];
const withoutHost = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'destination_service'));
const bankIdentity = 'spiffe://cluster.local/ns/money/sa/bank';
const mutual = {
  source_principal: 'spiffe://cluster.local/ns/shop/sa/web',
  destination_principal: bankIdentity,
  connection_security_policy: 'mutual_tls',
};
const plaintext = { source_principal: 'unknown', destination_principal: bankIdentity, connection_security_policy: 'none' };

const appenders: readonly Query[] = [
  counts(
    'security: who is protected by mutual TLS',
    `(${summed('istio_requests_total', 'reporter="destination",source_workload_namespace!="money",destination_service_namespace="money"', withPrincipals)})`,
    [{ ...withoutHost({ ...web, ...toBankV1 }), ...mutual }, toBank],
    [{ ...withoutHost({ ...batch, ...toBankV1 }), ...plaintext }, plain],
  ),
  counts(
    'security: whose bytes are protected by mutual TLS',
    `(${summed('istio_tcp_sent_bytes_total', 'app!="ztunnel",reporter="destination",source_workload_namespace!="money",destination_service_namespace="money"', withPrincipals)})`,
    [{ ...withoutHost({ ...web, ...toBankV1 }), ...mutual }, ways.tcp * word],
  ),
  values(
    'throughput: of requests',
    summed('istio_request_bytes_sum', 'reporter="source",source_workload_namespace!="money",destination_service_namespace="money"', edge),
    [{ ...web, ...toBankV1 }, bytesPerSecond],
    [{ ...web, ...toGone }, bytesPerSecond],
  ),
  values(
    'throughput: of responses',
    summed(
      'istio_response_bytes_sum',
      'reporter="destination",source_workload_namespace!="money",destination_service_namespace="money"',
      edge,
    ),
    [{ ...web, ...toBankV1 }, bytesPerSecond],
    [{ ...batch, ...toBankV1 }, bytesPerSecond],
  ),
];

const failedCodes = '^0$|^[4-5]\\\\d\\\\d$';
const inbound = 'reporter="destination",destination_workload_namespace="money",destination_workload="bank-v1"';
const outbound = 'reporter="source",source_workload_namespace="shop",source_workload="web"';
const plainSum = (name: string, metric: string, [labels, expected]: readonly [string, number]): Query =>
  counts(`metrics: ${name}`, `sum(rate(${metric}{${labels}}[$interval]))`, [{}, expected]);
const errors = (labels: string): string =>
  `(sum(rate(istio_requests_total{${labels},response_code=~"${failedCodes}"}[$interval])) OR sum(rate(istio_requests_total{${labels},grpc_response_status=~"^[1-9]$|^1[0-6]$",response_code!~"${failedCodes}"}[$interval])))`;
const histogram = (metric: string, range: readonly [number, number]): readonly Query[] => [
  values(
    `metrics: ${metric}, average by protocol`,
    `sum(rate(${metric}_sum{${inbound}}[$interval])) by (request_protocol) / sum(rate(${metric}_count{${inbound}}[$interval])) by (request_protocol)`,
    [{ request_protocol: 'http' }, range],
    [{ request_protocol: 'grpc' }, range],
  ),
  ...['0.5', '0.95', '0.99', '0.999'].map((quantile) =>
    values(
      `metrics: ${metric}, P${quantile}`,
      `histogram_quantile(${quantile}, sum(rate(${metric}_bucket{${inbound}}[$interval])) by (le))`,
      [{}, range],
    ),
  ),
];

const metrics: readonly Query[] = [
  plainSum('request_count in', 'istio_requests_total', [inbound, toBank + plain]),
  plainSum('request_count out', 'istio_requests_total', [outbound, toBank + ways.gone]),
  counts('metrics: request_error_count in', errors(inbound), [{}, ways.bad + ways.failed]),
  counts(
    'metrics: grpc errors, where the protocol is chosen',
    `sum(rate(istio_requests_total{${inbound},request_protocol="grpc",grpc_response_status=~"^[1-9]$|^1[0-6]$",response_code!~"${failedCodes}"}[$interval]))`,
    [{}, ways.refuse],
  ),
  plainSum('tcp_opened in', 'istio_tcp_connections_opened_total', [inbound, ways.tcp]),
  plainSum('tcp_closed out', 'istio_tcp_connections_closed_total', [outbound, ways.tcp]),
  plainSum('tcp_received in', 'istio_tcp_sent_bytes_total', [inbound, ways.tcp * word]),
  plainSum('tcp_sent of a service', 'istio_tcp_received_bytes_total', [
    'reporter="destination",destination_service_name="bank",destination_service_namespace="money"',
    ways.tcp * word,
  ]),
  plainSum('request_count of an application', 'istio_requests_total', [
    'reporter="source",source_workload_namespace="shop",source_canonical_service="web",destination_cluster="local"',
    toBank,
  ]),
  ...histogram(duration, [0.1, 20_000]),
  ...histogram('istio_request_bytes', size),
  ...histogram('istio_response_bytes', size),
];

const grouped = (rows: readonly (readonly [Labels, number])[]) => rows;
const health: readonly Query[] = [
  counts(
    'health: of a service, by what came of its requests',
    'sum(rate(istio_requests_total{destination_service_name="bank",destination_service_namespace="money",destination_cluster=~"local|unknown"}[$interval]) > 0) by (reporter, request_protocol, response_code)',
    ...grouped([
      ...['source', 'destination'].flatMap((reporter) => [
        [{ reporter, request_protocol: 'http', response_code: '200' }, http[200] + (reporter === 'destination' ? plain : 0)] as const,
        [{ reporter, request_protocol: 'http', response_code: '404' }, http[404]] as const,
        [{ reporter, request_protocol: 'http', response_code: '500' }, http[500]] as const,
        [{ reporter, request_protocol: 'grpc', response_code: '200' }, grpcToBank] as const,
      ]),
    ]),
  ),
  counts(
    'health: of a namespace’s services, those that fail',
    'sum(rate(istio_requests_total{destination_service_namespace="money",destination_cluster=~"local|unknown",response_code=~"5.."}[$interval]) > 0) by (destination_service, reporter)',
    [{ destination_service: bank, reporter: 'source' }, ways.failed],
    [{ destination_service: bank, reporter: 'destination' }, ways.failed],
    [{ destination_service: gone, reporter: 'source' }, ways.gone],
  ),
];

export const kiali: readonly Query[] = [...graph, ...responseTime, ...appenders, ...metrics, ...health];
