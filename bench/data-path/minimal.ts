/**
 * The least that two Envoys need for the same: mutual TLS 1.3 with the mesh's own certificates, a connection manager with a router, one
 * route. Written by hand, as an expert would who wants nothing else.
 */
import type { JsonObject } from '@weft/envoy';
import type { Leaf } from '../../e2e/traffic/certificates.ts';
import type { Behind } from './application.ts';
import { application, callers, type Ports } from './places.ts';

const extensions = 'type.googleapis.com/envoy.extensions';

export const at = (address: string, port: number): JsonObject => ({ socket_address: { address, port_value: port } });

interface Own extends Leaf {
  readonly root: string;
}

const common = ({ root, certificate, key }: Own): JsonObject => ({
  tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
  tls_certificates: [{ certificate_chain: { inline_string: certificate }, private_key: { inline_string: key } }],
  validation_context: { trusted_ca: { inline_string: root } },
});

const tls = (context: 'Upstream' | 'Downstream', own: Own): JsonObject => ({
  name: 'envoy.transport_sockets.tls',
  typed_config: {
    '@type': `${extensions}.transport_sockets.tls.v3.${context}TlsContext`,
    common_tls_context: common(own),
    ...(context === 'Downstream' && { require_client_certificate: true }),
  },
});

const http2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': `${extensions}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  },
};

interface Hop {
  readonly name: string;
  readonly from: JsonObject;
  readonly to: JsonObject;
  readonly isHttp2: boolean;
  readonly accepts?: JsonObject;
  readonly calls?: JsonObject;
}

/** @param action what becomes of every request */
export const manager = (name: string, action: JsonObject): JsonObject => ({
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    route_config: { virtual_hosts: [{ name, domains: ['*'], routes: [{ match: { prefix: '/' }, ...action }] }] },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': `${extensions}.filters.http.router.v3.Router` } }],
  },
});

const listenerOf = ({ name, from, accepts }: Hop): JsonObject => ({
  name,
  address: from,
  filter_chains: [{ filters: [manager(name, { route: { cluster: name } })], ...(accepts && { transport_socket: accepts }) }],
});

const clusterOf = ({ name, to, isHttp2, calls }: Hop): JsonObject => ({
  name,
  type: 'STATIC',
  connect_timeout: '5s',
  load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: to } }] }] },
  ...(isHttp2 && { typed_extension_protocol_options: http2 }),
  ...(calls && { transport_socket: calls }),
});

const bootstrapOf = (hops: readonly Hop[]): JsonObject => ({
  static_resources: { listeners: hops.map(listenerOf), clusters: hops.map(clusterOf) },
});

/** @param ports targets are where the server listens; the application is somewhere else */
export const minimalClient = (ports: Ports, own: Own, server: string): JsonObject => {
  const calls = tls('Upstream', own);
  return bootstrapOf([
    { name: 'http', from: at(callers, ports.http), to: at(server, ports.httpTarget), isHttp2: false, calls },
    { name: 'http2', from: at(callers, ports.http2), to: at(server, ports.http2Target), isHttp2: true, calls },
  ]);
};

export const minimalServer = (
  ports: Ports,
  own: Own,
  { server, behind }: { readonly server: string; readonly behind: Behind },
): JsonObject => {
  const accepts = tls('Downstream', own);
  return bootstrapOf([
    { name: 'http', from: at(server, ports.httpTarget), to: at(application, behind.httpTarget), isHttp2: false, accepts },
    { name: 'http2', from: at(server, ports.http2Target), to: at(application, behind.http2Target), isHttp2: true, accepts },
  ]);
};
