/** Titles name the rules that they pin. */
import { describe, expect, test } from 'vitest';
import type { MtlsMode, Narrowed, Protocol, View } from '../mesh/index.ts';
import { emit } from './index.ts';
import { namesOf, read } from './read.fixture.ts';
import { endpoint, inboundPort, outbound, type Sample, sidecar } from './views.fixture.ts';

const calling = (...samples: Sample[]) => emit(sidecar({ outbound: outbound(samples) }));

interface Chain {
  readonly name: string;
  readonly filter_chain_match: Record<string, unknown>;
  readonly filters: { readonly name: string; readonly typed_config: Record<string, unknown> }[];
  readonly transport_socket?: { readonly typed_config: Record<string, unknown> };
  readonly metadata?: { readonly filter_metadata: Readonly<Record<string, { readonly narrowed: number }>> };
}

const serving = (protocol: Protocol, mode: MtlsMode, rest: MtlsMode = mode) =>
  read(emit(sidecar({ inbound: { ports: [inboundPort(8080, protocol, mode)], mode: rest } })), 'LDS', 'virtualInbound');

const chainsOf = (protocol: Protocol, mode: MtlsMode): Chain[] =>
  serving(protocol, mode).filter_chains.filter(({ filter_chain_match }: Chain) => filter_chain_match.destination_port === 8080);

const all = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const http = all.slice(2);
const tcp = all.slice(0, 2);

const managers = (view: View, name: string) =>
  (read(emit(view), 'LDS', name).filter_chains as Chain[]).flatMap(({ filters }) =>
    filters.filter((filter) => filter.name.endsWith('http_connection_manager')),
  );

test.each([
  ['NONE', { normalize_path: false }],
  ['BASE', { normalize_path: true }],
  ['MERGE_SLASHES', { normalize_path: true, merge_slashes: true }],
  ['DECODE_AND_MERGE_SLASHES', { merge_slashes: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' }],
] as const)('[S86]: paths are normalised alike on the way out and in: %s', (paths, expected) => {
  const view = sidecar({
    outbound: outbound([{ name: 'web' }], { paths }),
    inbound: { ports: [inboundPort(8080, 'http', 'DISABLE')], mode: 'DISABLE', paths },
  });
  const all = [...managers(view, '0.0.0.0_80'), ...managers(view, 'virtualInbound')];
  expect(all.length).toBeGreaterThan(2);
  for (const { typed_config } of all) expect(typed_config).toMatchObject(expected);
});

test('[G20]: where nothing is said, what arrives has its slashes merged, and what leaves is as it was', () => {
  const view = sidecar({
    outbound: outbound([{ name: 'web' }]),
    inbound: { ports: [inboundPort(8080, 'http', 'DISABLE')], mode: 'DISABLE' },
  });
  for (const { typed_config } of managers(view, '0.0.0.0_80')) expect(typed_config).not.toHaveProperty('merge_slashes');
  for (const { typed_config } of managers(view, 'virtualInbound'))
    expect(typed_config).toMatchObject({
      merge_slashes: true,
      strip_trailing_host_dot: true,
      common_http_protocol_options: { headers_with_underscores_action: 'DROP_HEADER' },
    });
});

describe('inbound', () => {
  const summary = (protocol: Protocol, mode: MtlsMode) =>
    chainsOf(protocol, mode).map(({ filter_chain_match: match, filters, transport_socket }) => [
      filters[0]?.name.endsWith('http_connection_manager') ? 'http' : 'tcp',
      transport_socket ? 'mesh' : 'plain',
      match.transport_protocol,
      match.application_protocols,
    ]);

  test('[S90]: PERMISSIVE has two chains for HTTP, three for TCP, five for what is sniffed', () => {
    expect(summary('http', 'PERMISSIVE')).toEqual([
      ['http', 'mesh', 'tls', all],
      ['http', 'plain', 'raw_buffer', undefined],
    ]);
    expect(summary('tcp', 'PERMISSIVE')).toEqual([
      ['tcp', 'mesh', 'tls', all],
      ['tcp', 'plain', 'tls', undefined],
      ['tcp', 'plain', 'raw_buffer', undefined],
    ]);
    expect(summary('auto', 'PERMISSIVE')).toEqual([
      ['http', 'mesh', 'tls', http],
      ['http', 'plain', 'raw_buffer', ['http/1.1', 'h2c']],
      ['tcp', 'mesh', 'tls', tcp],
      ['tcp', 'plain', 'raw_buffer', undefined],
      ['tcp', 'plain', 'tls', undefined],
    ]);
  });

  test('[S79]: gRPC-Web is turned into gRPC for a server that is called so, and for nobody else', () => {
    const filtersOf = (protocol: Protocol) => {
      const filters = chainsOf(protocol, 'DISABLE')[0]?.filters[0]?.typed_config.http_filters ?? [];
      return (filters as readonly { readonly name: string }[]).map(({ name }) => name);
    };
    expect(filtersOf('grpc-web')).toContain('envoy.filters.http.grpc_web');
    expect(filtersOf('grpc')).not.toContain('envoy.filters.http.grpc_web');
  });

  test.each(['http', 'tcp', 'auto', 'grpc'] as const)('[S91]: STRICT has no chain without mesh TLS (%s)', (protocol) => {
    const chains = chainsOf(protocol, 'STRICT');
    expect(chains.length).toBeGreaterThan(0);
    for (const { transport_socket, filter_chain_match } of chains) {
      expect(filter_chain_match.transport_protocol).toBe('tls');
      expect(transport_socket?.typed_config.require_client_certificate).toBe(true);
    }
  });

  test('DISABLE has none with it, and reads nothing from a TCP port before the server speaks', () => {
    for (const protocol of ['http', 'tcp', 'auto'] as const)
      for (const chain of chainsOf(protocol, 'DISABLE')) expect(chain).not.toHaveProperty('transport_socket');
    const inspector = serving('tcp', 'DISABLE').listener_filters.find(({ name }: { name: string }) => name.endsWith('tls_inspector'));
    expect(inspector.filter_disabled).toEqual({ destination_port_range: { start: 8080, end: 8081 } });
  });

  test('[S92]: the server negotiates no marker, takes TLS 1.2 to 1.3, resumes nothing', () => {
    const context = chainsOf('http', 'STRICT')[0]?.transport_socket?.typed_config as { common_tls_context: Record<string, unknown> };
    expect(context.common_tls_context).not.toHaveProperty('alpn_protocols');
    expect(context).toMatchObject({
      disable_stateless_session_resumption: true,
      disable_stateful_session_resumption: true,
      common_tls_context: { tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' } },
    });
  });

  test('[G22, E31]: of narrower policies the chains of requests are told, at the ports that they are narrower at', () => {
    const inbound = {
      ports: [inboundPort(8080, 'http', 'STRICT'), inboundPort(9000, 'auto', 'STRICT'), inboundPort(5432, 'tcp', 'STRICT')],
      mode: 'STRICT' as const,
    };
    const marks = (narrowed: Narrowed): object => {
      const chains: Chain[] = read(emit(sidecar({ inbound: { ...inbound, narrowed } })), 'LDS', 'virtualInbound').filter_chains;
      return Object.fromEntries(
        chains.flatMap(({ name, metadata }) => (metadata ? [[name, metadata.filter_metadata['dev.weft.policies']?.narrowed]] : [])),
      );
    };
    expect(marks({ others: 0, 8080: 0 })).toEqual({});
    expect(marks({ others: 1, 8080: 0 })).toEqual({ '9000-mtls-http': 1, 'virtualInbound-mtls-http': 1 });
    expect(marks({ others: 1, 8080: 3, 7070: 2 })).toEqual({ '8080-mtls-http': 3, '9000-mtls-http': 1, 'virtualInbound-mtls-http': 2 });
  });

  test('[S88]: other ports obey the default mode and go where they were dialled', () => {
    const others: Chain[] = serving('http', 'PERMISSIVE', 'STRICT').filter_chains.filter(
      ({ filter_chain_match }: Chain) => filter_chain_match.destination_port === undefined,
    );
    expect(others).toHaveLength(3);
    for (const chain of others) {
      expect(chain).toHaveProperty('transport_socket');
      expect(JSON.stringify(chain.filters)).toContain('InboundPassthroughCluster');
    }
  });

  test('[S6]: neither capture port leads to itself', () => {
    const set = calling();
    for (const [name, port] of [
      ['virtualInbound', 15006],
      ['virtualOutbound', 15001],
    ] as const) {
      const [first] = read(set, 'LDS', name).filter_chains as Chain[];
      expect(first?.filter_chain_match).toEqual({ destination_port: port });
      expect(first?.filters[0]?.typed_config.cluster).toBe('BlackHoleCluster');
    }
  });

  test('[S9, S39, S87]: inline routes, retried on reset unless gRPC, the caller appended, a bounded life', () => {
    const manager = (protocol: Protocol) => chainsOf(protocol, 'STRICT')[0]?.filters[0]?.typed_config;
    expect(manager('http')).toMatchObject({
      forward_client_cert_details: 'APPEND_FORWARD',
      common_http_protocol_options: { max_connection_duration: '900s' },
      http1_safe_max_connection_duration: true,
      stream_idle_timeout: '0s',
      route_config: {
        name: 'inbound|8080||',
        virtual_hosts: [
          { name: 'inbound|http|8080', routes: [{ name: 'default' }], retry_policy: { retry_on: 'reset-before-request', num_retries: 2 } },
        ],
      },
    });
    expect(JSON.stringify(manager('grpc'))).not.toContain('reset-before-request');
  });
});

describe('outbound', () => {
  test('[S7, S8, S72]: HTTP by port, TCP by address, headless TCP by endpoint, UDP not at all', () => {
    const set = calling(
      { name: 'web' },
      { name: 'db', protocol: 'tcp', port: 5432, addresses: ['10.96.0.12', '10.96.0.13'] },
      {
        name: 'kafka',
        protocol: 'tcp',
        port: 9092,
        headless: true,
        addresses: [],
        endpoints: [endpoint('10.0.0.2'), endpoint('10.0.0.1')],
      },
      { name: 'dns', protocol: 'udp', port: 53 },
    );
    expect(namesOf(set, 'LDS')).toEqual([
      'virtualOutbound',
      '0.0.0.0_80',
      '10.96.0.12_5432',
      '10.96.0.13_5432',
      '10.0.0.1_9092',
      '10.0.0.2_9092',
      'virtualInbound',
    ]);
    for (const name of namesOf(set, 'LDS').slice(1, -1)) expect(read(set, 'LDS', name).bind_to_port).toBe(false);
  });

  test('[S7, S84]: a sniffed service has a listener and a table of its own, and falls through to bytes', () => {
    const set = calling({ name: 'any', protocol: 'auto', port: 9000 });
    const listener = read(set, 'LDS', '10.96.0.10_9000');
    expect(listener.filter_chains[0].filter_chain_match).toEqual({
      transport_protocol: 'raw_buffer',
      application_protocols: ['http/1.1', 'h2c'],
    });
    expect(listener.filter_chains[0].filters[0].typed_config.rds.route_config_name).toBe('any.shop.svc.cluster.local:9000');
    expect(listener.default_filter_chain.filters.map(({ name }: { name: string }) => name)).toEqual([
      'envoy.filters.network.set_filter_state',
      'envoy.filters.network.tcp_proxy',
    ]);
    expect(read(set, 'RDS', 'any.shop.svc.cluster.local:9000').virtual_hosts[0].domains).toEqual(['*']);
  });

  test('[S80]: declared TCP is not sniffed, so a server may speak first', () => {
    expect(read(calling({ name: 'mysql', protocol: 'mysql', port: 3306 }), 'LDS', '10.96.0.10_3306')).not.toHaveProperty(
      'listener_filters',
    );
  });

  test('TLS without an address is told by its server name', () => {
    const set = calling({ name: 'x', hostname: '*.example.com', protocol: 'tls', port: 443, addresses: [], resolution: 'original-dst' });
    expect(read(set, 'LDS', '0.0.0.0_443').filter_chains).toMatchObject([
      { filter_chain_match: { transport_protocol: 'tls', server_names: ['*.example.com'] } },
    ]);
  });

  test('a network of addresses is told by them', () => {
    const set = calling({ name: 'x', hostname: 'x.example', protocol: 'tcp', port: 5432, addresses: ['10.1.0.0/16'] });
    expect(read(set, 'LDS', '0.0.0.0_5432').filter_chains).toMatchObject([
      { filter_chain_match: { prefix_ranges: [{ address_prefix: '10.1.0.0', prefix_len: 16 }] } },
    ]);
  });

  test('Envoy’s own ports are nobody’s service', () => {
    expect(namesOf(calling({ name: 'odd', port: 15001 }), 'LDS')).toEqual(['virtualOutbound', 'virtualInbound']);
  });
});
