/** What Istio's public Grafana boards ask (istio/istio, manifests/addons/dashboards), with their variables set to the bank, its workload and the web. */
import manifest from '../../../weftd/package.json' with { type: 'json' };
import {
  bank,
  batch,
  bytesPerSecond,
  counts,
  gateway,
  gone,
  grpcToBank,
  http,
  type Labels,
  latency,
  plain,
  type Quantile,
  type Query,
  quantiles,
  type Range,
  type Row,
  seconds,
  size,
  toBank,
  values,
  ways,
  word,
} from './traffic.ts';

const sources = 'reporter=~"source|waypoint"';
const rate = (metric: string, labels: string, func: 'rate' | 'irate' = 'rate') => `${func}(${metric}{${labels}}[$interval])`;
const asked = toBank + ways.gone + 2;
const broken = ways.failed + ways.gone;

const joined = (query: string) =>
  `label_join(${query}, "destination_workload_var", ".", "destination_workload", "destination_workload_namespace")`;
const workload = (name: string, namespace: string, more: Labels = {}): Labels => ({
  destination_workload: name,
  destination_workload_namespace: namespace,
  destination_workload_var: `${name}.${namespace}`,
  ...more,
});
const byWorkload = 'by (destination_workload,destination_workload_namespace)';

const meshQuantile = (quantile: string, bounds: Range): Query =>
  values(
    `mesh: HTTP/gRPC Workloads, P${quantile}`,
    joined(
      `histogram_quantile(${quantile}, sum by (le,destination_workload,destination_workload_namespace) (${rate('istio_request_duration_milliseconds_bucket', sources)}))`,
    ),
    [workload('bank-v1', 'money'), bounds],
    [workload('web', 'shop'), [0, 20_000]],
    [workload('unknown', 'unknown'), [0, 20_000]],
  );

const tcpWorkloads = (metric: string): Query =>
  counts(
    `mesh: TCP Workloads, ${metric}`,
    joined(`sum by (destination_workload,destination_workload_namespace,destination_service) (${rate(metric, sources)})`),
    [workload('bank-v1', 'money', { destination_service: bank }), ways.tcp * word],
  );

const mesh: readonly Query[] = [
  counts('mesh: Traffic Volume', `round(sum (${rate('istio_requests_total', sources)}), 0.01)`, [{}, asked]),
  values(
    'mesh: Success Rate',
    `sum (${rate('istio_requests_total', `${sources},response_code!~"5.."`)}) / sum (${rate('istio_requests_total', sources)})`,
    [{}, (asked - broken) / asked],
  ),
  counts('mesh: 4xxs', `round(sum (${rate('istio_requests_total', `${sources},response_code=~"4.."`)}), 0.01)or vector(0)`, [{}, ways.bad]),
  counts('mesh: 5xxs', `round(sum (${rate('istio_requests_total', `${sources},response_code=~"5.."`)}), 0.01)or vector(0)`, [{}, broken]),
  counts(
    'mesh: HTTP/gRPC Workloads, Requests',
    joined(`sum by (destination_workload,destination_workload_namespace,destination_service) (${rate('istio_requests_total', sources)})`),
    [workload('bank-v1', 'money', { destination_service: bank }), toBank],
    [workload('web', 'shop', { destination_service: 'web.shop.svc.cluster.local' }), 1],
    [workload('unknown', 'unknown', { destination_service: gone }), ways.gone],
    [workload('unknown', 'unknown', { destination_service: batch }), 1],
  ),
  meshQuantile('0.5', latency['0.50']),
  meshQuantile('0.9', latency['0.90']),
  meshQuantile('0.99', latency['0.99']),
  values(
    'mesh: HTTP/gRPC Workloads, Success Rate',
    joined(
      `sum ${byWorkload} (${rate('istio_requests_total', `${sources},response_code!~"5.."`)})/sum ${byWorkload} (${rate('istio_requests_total', sources)})`,
    ),
    [workload('bank-v1', 'money'), (toBank - ways.failed) / toBank],
    [workload('web', 'shop'), 1],
    [workload('unknown', 'unknown'), 1 / (1 + ways.gone)],
  ),
  tcpWorkloads('istio_tcp_received_bytes_total'),
  tcpWorkloads('istio_tcp_sent_bytes_total'),
  values(
    'mesh: Istio Component Versions',
    'sum by (component,tag) (istio_build)',
    [{ component: 'pilot', tag: manifest.version }, 1],
    [{ component: 'proxy', tag: manifest.version }, 3],
  ),
];

/** Boards prefer seconds where somebody counts those. */
const inSeconds = (quantile: Quantile, labels: string, by: string): string => {
  const of = (unit: string) =>
    `histogram_quantile(${quantile}, sum(${rate(`istio_request_duration_${unit}_bucket`, labels, 'irate')}) by (${by}))`;
  return `(${of('milliseconds')} / 1000) or ${of('seconds')}`;
};

/** Of one reporter and one kind of security, who belongs to an answer and with how many requests. */
interface Party {
  readonly labels: Labels;
  readonly requests: Readonly<Record<string, number>>;
  readonly tcp: number;
}

interface Panels {
  readonly from: string;
  readonly labels: string;
  readonly by: readonly string[];
  readonly parties: readonly Party[];
}

const sum = (amounts: Readonly<Record<string, number>>): number => Object.values(amounts).reduce((all, one) => all + one, 0);

/** Only the bank is slow on purpose. */
const bounds = (quantile: Quantile, { requests }: Party): Range => (sum(requests) === toBank ? latency[quantile] : [0, 20_000]);

/** Rows "by Source", "by Destination Workload" and "by Destination": the same eight panels each. */
const rowsOf = ({ from, labels, by, parties }: Panels): readonly Query[] => {
  const per = by.join(', ');
  const code = (party: Party) =>
    Object.entries(party.requests).map(([response_code, count]) => [{ ...party.labels, response_code }, count] as const);
  const good = (party: Party) => 1 - (party.requests['500'] ?? 0) / sum(party.requests);
  const withRequests = parties.filter(({ requests }) => sum(requests) > 0);
  const withBytes = parties.filter(({ tcp }) => tcp > 0);
  const success = (more: string) => `sum(${rate('istio_requests_total', `${labels}${more}`, 'irate')}) by (${per})`;
  const sizes = (metric: string) =>
    quantiles.map((quantile) =>
      values(
        `${from}: ${metric}, P${quantile}`,
        `histogram_quantile(${quantile}, sum(${rate(`${metric}_bucket`, labels, 'irate')}) by (${per}, le))`,
        ...withRequests.map((party) => [party.labels, size] as const),
      ),
    );
  const bytes = (metric: string) =>
    counts(
      `${from}: ${metric}`,
      `round(sum(${rate(metric, labels, 'irate')}) by (${per}), 0.001)`,
      ...withBytes.map((party) => [party.labels, party.tcp] as const),
    );
  return [
    counts(
      `${from}: Requests By Response Code`,
      `round(sum(${rate('istio_requests_total', labels, 'irate')}) by (${per}, response_code), 0.001)`,
      ...withRequests.flatMap(code),
    ),
    values(
      `${from}: Success Rate`,
      `${success(',response_code!~"5.*"')} / ${success('')}`,
      ...withRequests.map((party) => [party.labels, good(party)] as const),
    ),
    ...quantiles.map((quantile) =>
      values(
        `${from}: Request Duration, P${quantile}`,
        inSeconds(quantile, labels, `${per}, le`),
        ...withRequests.map((party) => [party.labels, seconds(bounds(quantile, party))] as const),
      ),
    ),
    ...sizes('istio_request_bytes'),
    ...sizes('istio_response_bytes'),
    bytes('istio_tcp_received_bytes_total'),
    bytes('istio_tcp_sent_bytes_total'),
  ];
};

const codes = { 200: http[200] + grpcToBank, 404: http[404], 500: http[500] };
const fromWeb: Party = { labels: { source_workload: 'web', source_workload_namespace: 'shop' }, requests: codes, tcp: ways.tcp * word };
const fromBatch: Party = { labels: { source_workload: 'unknown', source_workload_namespace: 'unknown' }, requests: { 200: plain }, tcp: 0 };
const ofBank = { destination_workload: 'bank-v1', destination_workload_namespace: 'money' };
const bySource = ['source_workload', 'source_workload_namespace'];
const byDestination = ['destination_workload', 'destination_workload_namespace'];
const everybody = 'source_workload=~".+", source_workload_namespace=~".+"';

const serviceSummary = (reporter: string, requests: number, from: string): readonly Query[] => {
  const labels = `reporter=~"${reporter}",destination_service="${bank}"`;
  const all = `sum(${rate('istio_requests_total', labels, 'irate')})`;
  return [
    counts(`service: ${from} Request Volume`, `round(${all}, 0.001)`, [{}, requests]),
    values(
      `service: ${from} Success Rate`,
      `sum(${rate('istio_requests_total', `${labels},response_code!~"5.*"`, 'irate')}) / (${all} or on () vector(1))`,
      [{}, 1 - ways.failed / requests],
    ),
    ...quantiles.map((quantile) =>
      values(`service: ${from} Request Duration, P${quantile}`, inSeconds(quantile, labels, 'le'), [{}, seconds(latency[quantile])]),
    ),
    counts(`service: ${from}: TCP Received Bytes`, `sum(${rate('istio_tcp_received_bytes_total', labels, 'irate')})`, [
      {},
      ways.tcp * word,
    ]),
    counts(`service: ${from}: TCP Sent Bytes`, `sum(${rate('istio_tcp_sent_bytes_total', labels, 'irate')})`, [{}, ways.tcp * word]),
  ];
};

const choices = (from: string, labels: string, by: string, found: readonly string[]): Query =>
  values(
    `${from} may be chosen`,
    `count(sum(istio_requests_total{${labels}}) by (${by}) or sum(istio_tcp_sent_bytes_total{${labels}}) by (${by})) by (${by})`,
    ...found.map((value) => [{ [by]: value }, 1] as const),
  );

const service: readonly Query[] = [
  choices('service: services', '', 'destination_service', [bank, gone, batch, 'web.shop.svc.cluster.local']),
  choices('service: clusters of callers', `reporter=~"source", destination_service="${bank}"`, 'source_cluster', ['local']),
  choices('service: callers', `reporter=~"destination", destination_service="${bank}"`, 'source_workload', ['web', 'unknown']),
  choices('service: workloads', `reporter="destination", destination_service="${bank}"`, 'destination_workload', ['bank-v1']),
  ...serviceSummary('source', toBank, 'Client'),
  ...serviceSummary('destination', toBank + plain, 'Server'),
  ...rowsOf({
    from: 'service: by Source, mTLS',
    labels: `reporter=~"destination", connection_security_policy="mutual_tls", destination_service="${bank}", ${everybody}`,
    ...{ by: bySource, parties: [fromWeb] },
  }),
  ...rowsOf({
    from: 'service: by Source, no mTLS',
    labels: `reporter=~"destination", connection_security_policy!="mutual_tls", destination_service="${bank}", ${everybody}`,
    ...{ by: bySource, parties: [fromBatch] },
  }),
  ...rowsOf({
    from: 'service: by Destination Workload, mTLS',
    labels: `reporter="destination", connection_security_policy="mutual_tls", destination_service="${bank}", destination_workload=~"bank-v1", destination_workload_namespace=~"money"`,
    ...{ by: byDestination, parties: [{ ...fromWeb, labels: ofBank }] },
  }),
  ...rowsOf({
    from: 'service: by Destination Workload, no mTLS',
    labels: `reporter="destination", connection_security_policy!="mutual_tls", destination_service="${bank}", destination_workload=~"bank-v1", destination_workload_namespace=~"money"`,
    ...{ by: byDestination, parties: [{ ...fromBatch, labels: ofBank }] },
  }),
];

const served = 'reporter=~"destination", destination_workload_namespace=~"money", destination_workload=~"bank-v1"';
const called = 'source_workload_namespace=~"shop", source_workload=~"web"';
const everyService = 'destination_service=~".+"';
const toServices: readonly Party[] = [
  { labels: { destination_service: bank }, requests: codes, tcp: ways.tcp * word },
  { labels: { destination_service: gone }, requests: { 503: ways.gone }, tcp: 0 },
];

const traffic = (name: string, labels: string): Query =>
  counts(
    `workload: ${name}`,
    `sum(${rate('istio_tcp_sent_bytes_total', labels, 'irate')}) + sum(${rate('istio_tcp_received_bytes_total', labels, 'irate')})`,
    [{}, 2 * ways.tcp * word],
  );

const outgoing = (principal: string, ...rows: readonly (readonly [Labels, number])[]): Query =>
  counts(
    `workload: Outgoing Requests, principal ${principal}`,
    `round(sum(${rate('istio_requests_total', `destination_principal${principal}, ${called}, reporter="source", ${everyService}`, 'irate')}) by (destination_service, response_code), 0.001)`,
    ...rows,
  );

const succeeded = (name: string, labels: string, ...rows: readonly (readonly [Labels, number])[]): Query => {
  const by = name.startsWith('Outgoing') ? ' by (destination_service)' : '';
  const sum = (more: string) => `sum(${rate('istio_requests_total', `${labels}${more}`, 'irate')})${by}`;
  const near = rows.map(([row, share]): Row => [row, [share - 0.001, share + 0.001]]);
  return values(`workload: ${name}`, `${sum(',response_code!~"5.*"')} / ${sum('')}`, ...near);
};
const outgoingTo = (policy: string) => `reporter="source", connection_security_policy${policy}, ${called}, ${everyService}`;

const workloads: readonly Query[] = [
  succeeded('Incoming Success Rate', served, [{}, 1 - ways.failed / (toBank + plain)]),
  // As Istio's, callers do not know whether it is mutual.
  succeeded('Outgoing Success Rate By Destination, mTLS', outgoingTo('="mutual_tls"')),
  succeeded('Outgoing Success Rate By Destination', outgoingTo('!="mutual_tls"'), [
    { destination_service: bank },
    1 - ways.failed / toBank,
  ]),
  choices('workload: namespaces', '', 'destination_workload_namespace', ['money', 'shop', 'unknown']),
  choices(
    'workload: callers',
    'reporter=~"destination", destination_workload="bank-v1", destination_workload_namespace=~"money"',
    'source_workload',
    ['web', 'unknown'],
  ),
  choices('workload: services', `reporter="source", ${called}`, 'destination_service', [bank, gone]),
  counts('workload: Incoming Request Volume', `round(sum(${rate('istio_requests_total', served, 'irate')}), 0.001)`, [{}, toBank + plain]),
  ...quantiles.map((quantile) =>
    values(`workload: Request Duration, P${quantile}`, inSeconds(quantile, served, 'le'), [{}, seconds(latency[quantile])]),
  ),
  traffic('TCP Server Traffic', served),
  traffic('TCP Client Traffic', `reporter=~"source", ${called}`),
  ...rowsOf({
    from: 'workload: by Source, mTLS',
    labels: `connection_security_policy="mutual_tls", ${served}, ${everybody}`,
    ...{ by: bySource, parties: [fromWeb] },
  }),
  outgoing(
    '=~"spiffe.*"',
    ...Object.entries(codes).map(([response_code, count]) => [{ destination_service: bank, response_code }, count] as const),
  ),
  outgoing('!~"spiffe.*"', [{ destination_service: gone, response_code: '503' }, ways.gone]),
  ...rowsOf({
    from: 'workload: by Destination',
    labels: `reporter="source", connection_security_policy!="mutual_tls", ${called}, ${everyService}`,
    ...{ by: ['destination_service'], parties: toServices },
  }).filter(({ from }) => !from.includes('Success Rate')),
];

const performance: readonly Query[] = [
  values(
    'performance: Istio Components by Version',
    'sum(istio_build) by (component, tag)',
    [{ component: 'pilot', tag: manifest.version }, 1],
    [{ component: 'proxy', tag: manifest.version }, 3],
  ),
  counts(
    'performance: requests of the gateway',
    `round(sum(irate(istio_requests_total{source_workload="${gateway}", reporter="source"}[$interval])), 0.001)`,
    [{}, 2],
  ),
  values(
    'performance: Bytes transferred / sec, gateway',
    `sum(irate(istio_response_bytes_sum{source_workload="${gateway}", reporter="source"}[$interval])) > 0`,
    [{}, bytesPerSecond],
  ),
  values(
    'performance: Bytes transferred / sec, sidecars',
    'sum(irate(istio_response_bytes_sum{source_workload_namespace!="istio-system", reporter="source"}[$interval])) + sum(irate(istio_request_bytes_sum{source_workload_namespace!="istio-system", reporter="source"}[$interval])) > 0',
    [{}, bytesPerSecond],
  ),
  values('performance: Memory', 'process_resident_memory_bytes{app="istiod"} > 1e6', [{ app: 'istiod' }, [1e6, 1e10]]),
  values('performance: Memory, virtual', 'process_virtual_memory_bytes{app="istiod"} > 1e6', [{ app: 'istiod' }, [1e6, 1e13]]),
  values('performance: vCPU', 'irate(process_cpu_seconds_total{app="istiod"}[$interval])', [{ app: 'istiod' }, [0, 8]]),
  values('performance: Disk', 'process_open_fds{app="istiod"}', [{ app: 'istiod' }, [10, 10_000]]),
];

const perSecond: Range = [0, 1_000];
const buckets = (from: string, metric: string, bounds: readonly string[]): Query =>
  values(from, `sum(rate(${metric}_bucket{}[$interval])) by (le)`, ...[...bounds, '+Inf'].map((le) => [{ le }, perSecond] as const));

const controlPlane: readonly Query[] = [
  values('control plane: Pilot Versions', 'sum by (tag) (istio_build{component="pilot"})', [{ tag: manifest.version }, 1]),
  values('control plane: Connections', 'sum (pilot_xds)', [{}, 3]),
  values(
    'control plane: XDS Pushes',
    'sum by (type) (irate(pilot_xds_pushes[$interval]))',
    ...['cds', 'ecds', 'eds', 'lds', 'rds', 'vhds'].map((type) => [{ type }, perSecond] as const),
  ),
  values('control plane: Push Errors', 'sum by (type) (pilot_total_xds_rejects)', [{}, 0]),
  values('control plane: Push Errors, internal', 'pilot_total_xds_internal_errors', [{ app: 'istiod' }, 0]),
  buckets('control plane: Push Time', 'pilot_xds_push_time', ['0.01', '0.1', '1', '3', '5', '10', '20', '30']),
  buckets('control plane: Push Size', 'pilot_xds_config_size_bytes', ['1', '10000', '1000000', '4000000', '10000000', '40000000']),
  values('control plane: Validation, passed', 'sum (rate(galley_validation_passed[$interval]))', [{}, 0]),
  values('control plane: Validation, failed', 'sum (rate(galley_validation_failed[$interval]))', [{}, 0]),
];

export const boards: readonly Query[] = [...mesh, ...service, ...workloads, ...performance, ...controlPlane];
