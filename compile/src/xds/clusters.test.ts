/** Titles name the rules that they pin. */
import { describe, expect, test } from 'vitest';
import type { TrafficPolicy } from '../mesh/index.ts';
import { emit } from './index.ts';
import { namesOf, read } from './read.fixture.ts';
import { endpoint, inboundPort, outbound, type Sample, sidecar } from './views.fixture.ts';

const web = 'web.shop.svc.cluster.local';
const emitted = (...samples: Sample[]) => emit(sidecar({ outbound: outbound(samples) }));
const clusterOf = (init: Omit<Sample, 'name'> = {}) => read(emitted({ name: 'web', ...init }), 'CDS', `outbound|80||${web}`);
const withPolicy = (policy: TrafficPolicy) => clusterOf({ policy });
const meshContext = (cluster: ReturnType<typeof clusterOf>) => cluster.transport_socket_matches[0].transport_socket.typed_config;

describe('names', () => {
  test('[S1]: outbound|port|subset|host, one for the service and one for each subset, EDS likewise', () => {
    const set = emitted({ name: 'web', subsets: ['v1'] });
    const names = [`outbound|80||${web}`, `outbound|80|v1|${web}`];
    expect(namesOf(set, 'CDS')).toEqual(expect.arrayContaining(names));
    expect(namesOf(set, 'EDS')).toEqual(names);
  });

  test('[S4]: SNI has underscores and dots; a SNI of ISTIO_MUTUAL wins', () => {
    const set = emitted({ name: 'web', subsets: ['v1'] });
    expect(meshContext(read(set, 'CDS', `outbound|80|v1|${web}`)).sni).toBe(`outbound_.80_.v1_.${web}`);
    expect(withPolicy({ tls: { mode: 'ISTIO_MUTUAL', sni: 'mine' } }).transport_socket.typed_config.sni).toBe('mine');
  });

  test('[S2, S3, S5]: fixed clusters, and inbound ones that dial from 127.0.0.6', () => {
    const set = emit(sidecar({ inbound: { ports: [inboundPort(8080, 'http')], mode: 'STRICT' } }));
    expect(namesOf(set, 'CDS')).toEqual(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster', 'inbound|8080||']);
    for (const name of ['InboundPassthroughCluster', 'inbound|8080||']) {
      expect(read(set, 'CDS', name)).toMatchObject({
        type: 'ORIGINAL_DST',
        upstream_bind_config: { source_address: { address: '127.0.0.6', port_value: 0 } },
      });
    }
  });
});

describe('mesh TLS', () => {
  test('[S93]: chosen by endpoint metadata, plaintext otherwise', () => {
    const set = emitted({ name: 'web', endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.2', { mtls: false })] });
    expect(read(set, 'CDS', `outbound|80||${web}`).transport_socket_matches).toMatchObject([
      { name: 'tlsMode-istio', match: { tlsMode: 'istio' } },
      { name: 'tlsMode-disabled', match: {}, transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } },
    ]);
    const [meshed, plain] = read(set, 'EDS', `outbound|80||${web}`).endpoints[0].lb_endpoints;
    expect(meshed.metadata.filter_metadata).toEqual({ 'envoy.transport_socket_match': { tlsMode: 'istio' } });
    expect(plain.metadata).toBeUndefined();
  });

  test('[S96]: the server must be one of the identities of the endpoints; a list of the rule replaces them', () => {
    const endpoints = ['b', 'a', 'b'].map((sa, n) => endpoint(`10.0.0.${n}`, { identity: `spiffe://td/ns/shop/sa/${sa}` }));
    const names = (context: ReturnType<typeof clusterOf>) =>
      context.common_tls_context.combined_validation_context.default_validation_context.match_typed_subject_alt_names.map(
        (entry: { matcher: { exact: string } }) => entry.matcher.exact,
      );
    expect(names(meshContext(clusterOf({ endpoints })))).toEqual(['spiffe://td/ns/shop/sa/a', 'spiffe://td/ns/shop/sa/b']);
    const nobody = endpoint('10.0.0.9', { identity: '' });
    expect(names(meshContext(clusterOf({ endpoints: [nobody, ...endpoints] })))).toHaveLength(2);
    const tls = { mode: 'ISTIO_MUTUAL' as const, subjectAltNames: ['spiffe://td/ns/x/sa/y'] };
    expect(names(clusterOf({ endpoints, policy: { tls } }).transport_socket.typed_config)).toEqual(['spiffe://td/ns/x/sa/y']);
  });

  test('[S13, S97]: secrets default and ROOTCA by the agent, TLS 1.2 to 1.3, no resumption, one marker', () => {
    const { common_tls_context: common, max_session_keys } = meshContext(clusterOf());
    expect(max_session_keys).toBe(0);
    expect(common.tls_params).toEqual({ tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' });
    expect(common.alpn_protocols).toEqual(['istio-http/1.1']);
    expect(common.tls_certificate_sds_secret_configs[0].name).toBe('default');
    const trust = common.combined_validation_context.validation_context_sds_secret_config;
    expect(trust.name).toBe('ROOTCA');
    expect(trust.sds_config.api_config_source.grpc_services[0].envoy_grpc.cluster_name).toBe('sds-grpc');
  });

  test('[S92]: bytes say so', () => {
    expect(meshContext(clusterOf({ protocol: 'tcp' })).common_tls_context.alpn_protocols).toEqual(['istio']);
  });

  test('[S94]: an explicit tls block, or another mesh, switches it off; another policy does not', () => {
    expect(withPolicy({ tls: { mode: 'DISABLE' } })).not.toHaveProperty('transport_socket_matches');
    expect(clusterOf({ meshExternal: true })).not.toHaveProperty('transport_socket_matches');
    expect(withPolicy({ connectionPool: {} })).toHaveProperty('transport_socket_matches');
  });

  test.each([
    [true, [endpoint('10.0.0.1'), endpoint('10.0.0.2')]],
    [false, [endpoint('10.0.0.1'), endpoint('10.0.0.2', { mtls: false })]],
    [false, []],
  ])('[S95]: an original-destination cluster uses it (%s) only if all its endpoints do', (used, endpoints) => {
    const headless = clusterOf({ headless: true, addresses: [], resolution: 'original-dst', endpoints });
    expect('transport_socket' in headless).toBe(used);
  });

  test('[S77]: SIMPLE without a CA takes the public roots and the names of the host', () => {
    const cluster = withPolicy({ tls: { mode: 'SIMPLE' } });
    const [options] = Object.values(cluster.typed_extension_protocol_options) as ReturnType<typeof clusterOf>[];
    expect(options?.upstream_http_protocol_options).toEqual({ auto_sni: true, auto_san_validation: true });
    const { combined_validation_context: checks } = cluster.transport_socket.typed_config.common_tls_context;
    expect(checks.validation_context_sds_secret_config.name).toBe('file-root:system');
  });
});

describe('policy', () => {
  test('[S53, S58, S62]: least request, no limits, no outlier detection', () => {
    const cluster = clusterOf();
    const most = 2 ** 32 - 1;
    expect(cluster.lb_policy).toBe('LEAST_REQUEST');
    expect(cluster.connect_timeout).toBe('10s');
    expect(cluster.circuit_breakers.thresholds).toEqual([
      { max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most },
    ]);
    expect(cluster).not.toHaveProperty('outlier_detection');
  });

  test('[S62, S63]: an empty outlier block leaves consecutive 5xx on, success rate off, panic off', () => {
    const cluster = withPolicy({ outlierDetection: {} });
    expect(cluster.outlier_detection).toEqual({ enforcing_success_rate: 0 });
    expect(cluster.common_lb_config).toEqual({ healthy_panic_threshold: {} });
  });

  test('[S63]: 0 switches a detector off', () => {
    expect(withPolicy({ outlierDetection: { consecutive5xx: 0 } }).outlier_detection).toMatchObject({ enforcing_consecutive_5xx: 0 });
  });

  test.each([
    ['http', 'explicit_http_config.http_protocol_options'],
    ['auto', 'use_downstream_protocol_config'],
    ['grpc', 'explicit_http_config.http2_protocol_options'],
    ['grpc-web', 'explicit_http_config.http2_protocol_options'],
    ['http2', 'explicit_http_config.http2_protocol_options'],
  ] as const)('[S79]: %s is spoken by %s', (protocol, way) => {
    const [options] = Object.values(clusterOf({ protocol }).typed_extension_protocol_options) as ReturnType<typeof clusterOf>[];
    expect(options).toHaveProperty(way);
  });

  test('[S71]: resolution', () => {
    expect(clusterOf({ resolution: 'dns-strict' }).type).toBe('STRICT_DNS');
    expect(clusterOf({ resolution: 'dns-logical', endpoints: [endpoint('a.example')] }).type).toBe('LOGICAL_DNS');
    const headless: Sample = { name: 'web', headless: true, addresses: [], resolution: 'original-dst', endpoints: [endpoint('10.0.0.1')] };
    expect(read(emitted(headless), 'CDS', `outbound|80||${web}`).type).toBe('ORIGINAL_DST');
    const atGateway = emit(sidecar({ role: 'gateway', outbound: outbound([headless]) }));
    expect(read(atGateway, 'CDS', `outbound|80||${web}`).type).toBe('EDS');
    expect(read(atGateway, 'EDS', `outbound|80||${web}`).endpoints).toHaveLength(1);
  });
});
