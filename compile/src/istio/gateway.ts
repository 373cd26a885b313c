import type { GatewayServerSettings, GatewaySpec, Resource } from '@weft/model';
import type { Gateway, GatewayListener } from '../mesh/index.ts';

/** `ns/host`; a bare host takes routes of every namespace, `./` only the gateway's own [S117]. */
const serverHost = (text: string, namespace: string): GatewayListener['hosts'][number] => {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: '*', host: text.toLowerCase() };
  const owner = text.slice(0, slash);
  return { namespace: owner === '.' ? namespace : owner, host: text.slice(slash + 1).toLowerCase() };
};

/** Protocols that end in routes; HTTPS and TLS servers wait for secrets. */
const isHttpServer = ({ port }: GatewayServerSettings): boolean =>
  ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB'].includes(port.protocol.toUpperCase());

const listenerOf = (server: GatewayServerSettings, namespace: string): GatewayListener => ({
  port: server.port.number,
  protocol: 'HTTP',
  hosts: server.hosts.map((host) => serverHost(host, namespace)),
  httpsRedirect: server.tls?.httpsRedirect ?? false,
});

export const gatewayOf = ({ metadata, spec }: Resource<GatewaySpec>): Gateway => ({
  key: `${metadata.namespace}/${metadata.name}`,
  namespace: metadata.namespace,
  selector: spec.selector ?? {},
  listeners: (spec.servers ?? []).filter(isHttpServer).map((server) => listenerOf(server, metadata.namespace)),
});
