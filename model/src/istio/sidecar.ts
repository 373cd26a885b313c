/** Sidecars: what proxies know of the mesh, and what they accept instead of what services say [S20-S23]. */
import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkLabelMap, ineffective, invalid, isPort, portHelp, unenforced } from '../rule.ts';
import { isHostname, isIp, isWildcardHostname } from '../text/host.ts';
import { checkIngressTls, type IngressTlsSettings } from './sidecar-tls.ts';
import { type ConnectionPoolSettings, checkConnectionPool } from './traffic-policy.ts';

type CaptureMode = 'DEFAULT' | 'IPTABLES' | 'NONE';

export interface SidecarPortSettings {
  readonly number?: number;
  readonly protocol?: string;
  readonly name?: string;
  readonly targetPort?: number;
}

export interface IngressListenerSettings {
  readonly port: SidecarPortSettings;
  readonly bind?: string;
  readonly captureMode?: CaptureMode;
  /** `127.0.0.1:PORT`, `0.0.0.0:PORT`, `:PORT`, or `unix:///path`. */
  readonly defaultEndpoint?: string;
  readonly tls?: IngressTlsSettings;
  readonly connectionPool?: ConnectionPoolSettings;
}

export interface EgressListenerSettings {
  /** Absent: all ports that no other listener has. */
  readonly port?: SidecarPortSettings;
  /** An address, or `unix:///path` with port 0. */
  readonly bind?: string;
  readonly captureMode?: CaptureMode;
  /** `namespace/host` */
  readonly hosts: readonly string[];
}

export interface SidecarSpec {
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> };
  readonly ingress?: readonly IngressListenerSettings[];
  readonly egress?: readonly EgressListenerSettings[];
  readonly outboundTrafficPolicy?: {
    readonly mode?: 'REGISTRY_ONLY' | 'ALLOW_ANY';
    readonly egressProxy?: { readonly host: string; readonly subset?: string; readonly port?: { readonly number?: number } };
  };
  readonly inboundConnectionPool?: ConnectionPoolSettings;
}

const socket = 'unix://';

const protocols = new Set('HTTP HTTPS GRPC GRPC-WEB HTTP2 MONGO TCP TLS UDP REDIS MYSQL HTTP_PROXY'.split(' '));
const http = new Set('HTTP GRPC GRPC-WEB HTTP2 HTTP_PROXY'.split(' '));

const isHttpPort = ({ protocol = '' }: SidecarPortSettings): boolean => http.has(protocol.toUpperCase());

function* checkPort({ protocol = '', name, targetPort }: SidecarPortSettings, path: string): Iterable<Problem> {
  if (name && !isDnsLabel(name))
    yield invalid(`${path}.name`, `\`${name.slice(0, 80)}\` is no port's name`, 'Use lower-case letters, digits and `-`.');
  if (protocol !== '' && !protocols.has(protocol.toUpperCase()))
    yield invalid(`${path}.protocol`, `\`${protocol.slice(0, 40)}\` is no protocol`, `Write one of ${[...protocols].join(', ')}.`);
  if (targetPort)
    yield invalid(
      `${path}.targetPort`,
      '`targetPort` does nothing in a Sidecar',
      'Remove it; `defaultEndpoint` says where connections go.',
    );
}

/** A port of a listener with an address. */
function* checkNumber({ number }: SidecarPortSettings, path: string, taken: Set<number>): Iterable<Problem> {
  if (number === undefined || !isPort(number)) yield invalid(`${path}.number`, `${number ?? 'nothing'} is no port`, portHelp);
  else if (taken.has(number)) yield invalid(`${path}.number`, `port ${number} stands twice`, 'Give each listener its own port.');
  if (number !== undefined) taken.add(number);
}

function* checkSocket(text: string, path: string): Iterable<Problem> {
  const file = text.slice(socket.length);
  if (!file.startsWith('/') || file.length > 107)
    yield invalid(path, `\`${text.slice(0, 120)}\` is no path of a Unix socket`, 'Write `unix:///` and a path of at most 107 characters.');
}

/** Envoy has no privileges, and its pod has loopback and one address, which is nowhere written down. */
function* checkBind(bind: string, port: number, path: string): Iterable<Problem> {
  if (isIp(bind) && !['0.0.0.0', '::', '::1'].includes(bind) && !bind.startsWith('127.'))
    yield invalid(`${path}.bind`, `\`${bind}\` is no address of loopback`, 'Write `127.0.0.1` or `0.0.0.0`, or remove it.');
  if (port > 0 && port < 1024)
    yield unenforced(`${path}.port.number`, `the proxy may not open port ${port}: nothing listens there`, 'Use a port from 1024 on.');
}

const loopbacks = new Set(['', '127.0.0.1', '0.0.0.0', '[::1]', '[::]']);

function* checkDefaultEndpoint(text: string, path: string): Iterable<Problem> {
  if (text.startsWith(socket)) {
    yield* checkSocket(text, path);
    return;
  }
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  if (colon < 0 || !loopbacks.has(text.slice(0, colon)) || !/^\d+$/.test(port) || !isPort(Number(port)))
    yield invalid(
      path,
      `\`${text.slice(0, 80)}\` is no place that a proxy may lead to`,
      'Write `127.0.0.1:PORT`, `0.0.0.0:PORT`, `[::1]:PORT`, `[::]:PORT` or `unix:///path`.',
    );
}

function* checkIngress(listener: IngressListenerSettings, path: string, taken: Set<number>): Iterable<Problem> {
  const { port, bind, defaultEndpoint, tls, connectionPool } = listener;
  yield* checkPort(port, `${path}.port`);
  yield* checkNumber(port, `${path}.port`, taken);
  if (bind && !isIp(bind)) yield invalid(`${path}.bind`, `\`${bind.slice(0, 80)}\` is no IP address`, 'Write an IP address.');
  if (listener.captureMode === 'NONE') yield* checkBind(bind ?? '', port.number ?? 0, path);
  else if (bind)
    yield ineffective(`${path}.bind`, '`bind` says nothing where connections are captured', 'Remove it, or use `captureMode: NONE`.');
  if (listener.captureMode === 'NONE' && !defaultEndpoint)
    yield doubtful('IST0133', path, ['a listener without capture does not know where its connections lead', 'Add `defaultEndpoint`.']);
  if (defaultEndpoint) yield* checkDefaultEndpoint(defaultEndpoint, `${path}.defaultEndpoint`);
  if (tls) yield* checkIngressTls(tls, `${path}.tls`, port.protocol ?? '');
  if (!connectionPool) return;
  yield* checkConnectionPool(connectionPool, `${path}.connectionPool`);
  if (connectionPool.http && !isHttpPort(port))
    yield doubtful('IST0133', `${path}.connectionPool.http`, [
      `the port's protocol is ${port.protocol || 'not said'}, not HTTP: only the TCP settings count`,
      'Correct the protocol, or remove `http`.',
    ]);
}

function* checkImport(text: string, path: string): Iterable<Problem> {
  const slash = text.indexOf('/');
  const [namespace, host] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  if (slash < 0 || host === '') {
    yield invalid(path, `\`${text.slice(0, 80)}\` names no namespace`, 'Write `namespace/host`, `./*` or `*/*`.');
    return;
  }
  if (!['*', '.', '~'].includes(namespace) && !isDnsLabel(namespace))
    yield invalid(path, `\`${namespace.slice(0, 80)}\` is no namespace`, 'Write `*`, `.`, `~` or a namespace before the `/`.');
  if (!isWildcardHostname(host))
    yield invalid(path, `\`${host.slice(0, 80)}\` is no host name`, 'Write a full name, `*`, or `*.` and a domain.');
  else if (host !== '*' && !host.includes('.'))
    yield invalid(
      path,
      `\`${host}\` is a short name`,
      `Write the full name: \`${host}.${isDnsLabel(namespace) ? namespace : 'NAMESPACE'}.svc.cluster.local\`.`,
    );
}

/** What another entry of the same list already imports. */
function* checkRepeated(hosts: readonly string[], path: string): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, text] of hosts.entries()) {
    const namespace = text.slice(0, Math.max(text.indexOf('/'), 0));
    const covering = [text, `${namespace}/*`, '*/*'].find((other) => seen.has(other));
    if (covering) yield doubtful('IST0133', `${path}[${index}]`, [`\`${covering}\` imports that already`, 'Remove one of the two.']);
    seen.add(text);
  }
}

function* checkEgress(listener: EgressListenerSettings, path: string, taken: Set<number>): Iterable<Problem> {
  const { port, bind = '', hosts } = listener;
  if (hosts.length === 0) yield invalid(`${path}.hosts`, 'the listener imports nothing', 'List hosts; `~/*` stands for none.');
  for (const [index, host] of hosts.entries()) yield* checkImport(host, `${path}.hosts[${index}]`);
  yield* checkRepeated(hosts, `${path}.hosts`);
  if (port) yield* checkPort(port, `${path}.port`);
  if (port && (port.number ?? 0) === 0) {
    if (!bind.startsWith(socket)) yield invalid(`${path}.bind`, 'port 0 is for Unix sockets', 'Write `unix:///path`, or a port.');
    else yield* checkSocket(bind, `${path}.bind`);
    if (listener.captureMode === 'IPTABLES')
      yield invalid(`${path}.captureMode`, 'nothing can be captured for a Unix socket', 'Remove it.');
    return;
  }
  if (port) yield* checkNumber(port, `${path}.port`, taken);
  if (listener.captureMode === 'NONE') yield* checkBind(bind, port?.number ?? 0, path);
  if (bind !== '' && !isIp(bind)) yield invalid(`${path}.bind`, `\`${bind.slice(0, 80)}\` is no IP address`, 'Write an IP address.');
}

function* checkEgressList(egress: readonly EgressListenerSettings[]): Iterable<Problem> {
  const taken = new Set<number>();
  const sockets = new Set<string>();
  for (const [index, listener] of egress.entries()) {
    const path = `spec.egress[${index}]`;
    yield* checkEgress(listener, path, taken);
    if (!listener.port && listener.captureMode === 'NONE')
      yield doubtful('IST0133', `${path}.captureMode`, [
        'the proxy has no privileges: nothing listens on ports below 1024 of what is imported',
        'Name such services by a listener with a port from 1024 on.',
      ]);
    if (!listener.port && index < egress.length - 1)
      yield invalid(
        path,
        'a listener without port takes all that is left, so it must be the last',
        'Move it to the end; keep one of them.',
      );
    if (listener.bind?.startsWith(socket)) {
      if (sockets.has(listener.bind)) yield invalid(`${path}.bind`, 'the socket stands twice', 'Give each listener its own.');
      sockets.add(listener.bind);
    }
  }
}

function* checkOutbound({ mode, egressProxy }: NonNullable<SidecarSpec['outboundTrafficPolicy']>): Iterable<Problem> {
  if (mode === undefined)
    yield doubtful('IST0133', 'spec.outboundTrafficPolicy', [
      'a policy without `mode` is REGISTRY_ONLY, whatever the mesh says',
      'Write the mode.',
    ]);
  if (!egressProxy) return;
  const path = 'spec.outboundTrafficPolicy.egressProxy';
  if (mode !== 'ALLOW_ANY') yield invalid(path, '`egressProxy` needs `mode: ALLOW_ANY`', 'Say `mode: ALLOW_ANY`.');
  if (!egressProxy.host.includes('.') || !isHostname(egressProxy.host))
    yield invalid(`${path}.host`, `\`${egressProxy.host.slice(0, 80)}\` is no full host name`, 'Write the full name of a service.');
  if (!isPort(egressProxy.port?.number)) yield invalid(`${path}.port`, 'the port is missing', 'Add `port: { number: N }`.');
}

/** Istio's admission (`ValidateSidecar`) beyond the CRD's own rules. */
export function* checkSidecar(spec: SidecarSpec): Iterable<Problem> {
  const { workloadSelector, ingress = [], egress = [], outboundTrafficPolicy, inboundConnectionPool } = spec;
  yield* checkLabelMap(workloadSelector?.labels, 'spec.workloadSelector.labels', 'IST0106');
  if (workloadSelector && Object.keys(workloadSelector.labels ?? {}).length === 0)
    yield doubtful('IST0133', 'spec.workloadSelector', [
      'a selector without labels selects the whole namespace',
      'Add labels, or remove it.',
    ]);
  if (ingress.length + egress.length === 0 && !outboundTrafficPolicy && !inboundConnectionPool)
    yield invalid('spec', 'the Sidecar says nothing', 'Add `egress`, `ingress`, `outboundTrafficPolicy` or `inboundConnectionPool`.');
  const taken = new Set<number>();
  for (const [index, listener] of ingress.entries()) yield* checkIngress(listener, `spec.ingress[${index}]`, taken);
  yield* checkEgressList(egress);
  const heard = new Set(ingress.filter(({ captureMode }) => captureMode === 'NONE').map(({ port }) => port.number));
  for (const [index, { port, captureMode }] of egress.entries()) {
    if (captureMode === 'NONE' && port?.number && heard.has(port.number))
      yield invalid(
        `spec.egress[${index}].port.number`,
        `an ingress listener has a socket on port ${port.number} too`,
        'Give each its own port.',
      );
  }
  if (outboundTrafficPolicy) yield* checkOutbound(outboundTrafficPolicy);
  if (inboundConnectionPool) yield* checkConnectionPool(inboundConnectionPool, 'spec.inboundConnectionPool');
}
