import type { GatewayServerSettings, GatewaySpec, Resource } from '@weft/model';
import type { Gateway, GatewayContent, GatewayListener } from '../mesh/index.ts';
import { serverTlsOf } from './server-tls.ts';

/** `ns/host`; a bare host takes routes of every namespace, `./` only the gateway's own [S117]. */
const serverHost = (text: string, namespace: string): GatewayListener['hosts'][number] => {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: '*', host: text.toLowerCase() };
  const owner = text.slice(0, slash);
  return { namespace: owner === '.' ? namespace : owner, host: text.slice(slash + 1).toLowerCase() };
};

const http = ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB'];

/** TLS that is not told how to end passes on, whatever the protocol is called [S120]. */
const contentOf = ({ port, tls }: GatewayServerSettings): GatewayContent => {
  const protocol = port.protocol.toUpperCase();
  if (http.includes(protocol)) return 'http';
  if (!tls) return 'tcp';
  if (tls.mode === undefined || tls.mode === 'PASSTHROUGH') return 'passthrough';
  if (tls.mode === 'AUTO_PASSTHROUGH') return 'auto-passthrough';
  return protocol === 'HTTPS' ? 'http' : 'tcp';
};

const listenerOf = (server: GatewayServerSettings, namespace: string): GatewayListener => {
  const tls = http.includes(server.port.protocol.toUpperCase()) ? undefined : serverTlsOf(server.tls ?? {});
  return {
    port: server.port.number,
    portName: server.port.name,
    protocol: server.port.protocol.toUpperCase(),
    content: contentOf(server),
    ...(server.bind && { bind: server.bind }),
    ...(tls && { tls }),
    hosts: server.hosts.map((host) => serverHost(host, namespace)),
    httpsRedirect: server.tls?.httpsRedirect ?? false,
  };
};

export const gatewayOf = ({ metadata, spec }: Resource<GatewaySpec>): Gateway => ({
  key: `${metadata.namespace}/${metadata.name}`,
  namespace: metadata.namespace,
  selector: spec.selector ?? {},
  listeners: (spec.servers ?? []).map((server) => listenerOf(server, metadata.namespace)),
});
