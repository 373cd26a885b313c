/** Sidecars: what proxies know of the mesh, and what they accept [S20-S23]. */
import type { EgressListenerSettings, IngressListenerSettings, Resource, SidecarPortSettings, SidecarSpec } from '@weft/model';
import { protocolNamed } from '../kubernetes/protocol.ts';
import type {
  ConnectionPool,
  EgressListener,
  Import,
  IngressListener,
  OutboundTrafficPolicy,
  Protocol,
  Sidecar,
  SidecarPort,
} from '../mesh/index.ts';
import { connectionPoolOf } from './traffic-policy.ts';

const socket = 'unix://';
const placeOf = (text: string): string => (text.startsWith(socket) ? text.slice(socket.length) : text);

/** What says no protocol is sniffed. */
const protocolOf = ({ protocol = '' }: SidecarPortSettings): Protocol => protocolNamed(protocol) ?? 'auto';

const portOf = (port: SidecarPortSettings): SidecarPort => ({
  number: port.number ?? 0,
  protocol: protocolOf(port),
  isProxy: port.protocol?.toUpperCase() === 'HTTP_PROXY',
});

const importOf = (text: string): Import => {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), host: text.slice(slash + 1).toLowerCase() };
};

/** A listener on a socket is there for itself, whatever is captured; without capture an address stands for loopback [S23]. */
const egressOf = ({ port, bind = '', captureMode, hosts }: EgressListenerSettings): EgressListener => {
  const bindToPort = captureMode === 'NONE' || bind.startsWith(socket);
  const own = bind === '' ? (bindToPort ? '127.0.0.1' : undefined) : placeOf(bind);
  return {
    ...(port && { port: portOf(port) }),
    ...(own !== undefined && { bind: own }),
    bindToPort,
    imports: hosts.map(importOf),
  };
};

/** Absent, as where no address is named (`:8080`): where the connection was dialled, as Istio reads it. */
const targetOf = (text: string | undefined): IngressListener['target'] => {
  if (!text) return undefined;
  if (text.startsWith(socket)) return { address: placeOf(text), port: 0 };
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(colon + 1));
  return host === '' ? undefined : { address: host, port };
};

const ingressOf = ({ port, bind, captureMode, defaultEndpoint, connectionPool }: IngressListenerSettings): IngressListener => {
  const target = targetOf(defaultEndpoint);
  const bindToPort = captureMode === 'NONE';
  return {
    port: port.number ?? 0,
    protocol: protocolOf(port),
    ...(bindToPort && bind && { bind }),
    bindToPort,
    ...(target && { target }),
    ...(connectionPool && { connectionPool: connectionPoolOf(connectionPool) }),
  };
};

const outboundOf = ({ mode, egressProxy }: NonNullable<SidecarSpec['outboundTrafficPolicy']>): OutboundTrafficPolicy => ({
  // An empty policy is REGISTRY_ONLY, protobuf's first value: other than nothing at all (Istio's API).
  mode: mode ?? 'REGISTRY_ONLY',
  ...(egressProxy && {
    proxy: {
      host: egressProxy.host.toLowerCase(),
      subset: egressProxy.subset ?? '',
      ...(egressProxy.port?.number && { port: egressProxy.port.number }),
    },
  }),
});

const everything: readonly EgressListener[] = [{ bindToPort: false, imports: [{ namespace: '*', host: '*' }] }];

const poolOf = (spec: SidecarSpec): { readonly connectionPool?: ConnectionPool } =>
  spec.inboundConnectionPool ? { connectionPool: connectionPoolOf(spec.inboundConnectionPool) } : {};

export const sidecarOf = ({ metadata, spec }: Resource<SidecarSpec>): Sidecar => {
  const labels = spec.workloadSelector?.labels ?? {};
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    ...(Object.keys(labels).length > 0 && { selector: labels }),
    egress: spec.egress?.length ? spec.egress.map(egressOf) : everything,
    ingress: (spec.ingress ?? []).map(ingressOf),
    ...(spec.outboundTrafficPolicy && { outboundTrafficPolicy: outboundOf(spec.outboundTrafficPolicy) }),
    ...poolOf(spec),
  };
};
