import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkLabelMap, ineffective, invalid, isPort, portHelp } from '../rule.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';
import { checkServerTls, type ServerTlsSettings } from './server-tls.ts';

export interface GatewayServerSettings {
  readonly name?: string;
  readonly port: { readonly number: number; readonly protocol: string; readonly name: string; readonly targetPort?: number };
  /** `host` or `namespace/host` [S117]. */
  readonly hosts: readonly string[];
  /** An IP address of the gateway; absent: all of them. */
  readonly bind?: string;
  readonly tls?: ServerTlsSettings;
}

export interface GatewaySpec {
  /** Labels of the gateway's pods, in every namespace [S118]. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly servers?: readonly GatewayServerSettings[];
}

const http = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);
const encrypted = new Set(['HTTPS', 'TLS']);
/** What Istio's `protocol.Parse` takes and a gateway can serve; MONGO, MYSQL and REDIS pass as TCP. */
const protocols = new Set([...http, ...encrypted, 'TCP', 'MONGO', 'MYSQL', 'REDIS']);

function* checkHost(text: string, path: string): Iterable<Problem> {
  const slash = text.indexOf('/');
  const namespace = slash < 0 ? '*' : text.slice(0, slash);
  const host = text.slice(slash + 1);
  if (!['*', '.'].includes(namespace) && !isDnsLabel(namespace))
    yield invalid(path, `\`${namespace.slice(0, 80)}\` is no namespace`, 'Write `*`, `.` or a namespace before the `/`.');
  if (!isWildcardHostname(host) && !isIp(host))
    yield invalid(path, `\`${host.slice(0, 80)}\` is no host name`, 'Write a name, `*`, or `*.` and a domain.');
}

function* checkPort({ port }: GatewayServerSettings, path: string): Iterable<Problem> {
  if (!isPort(port.number))
    yield invalid(`${path}.number`, port.number === undefined ? '`number` is missing' : `${port.number} is no port`, portHelp);
  if (!port.name) yield invalid(`${path}.name`, 'the port has no name', 'Add `name`.');
  if (!protocols.has((port.protocol ?? '').toUpperCase()))
    yield invalid(
      `${path}.protocol`,
      `\`${port.protocol ?? ''}\` is no protocol of a gateway`,
      `Write one of ${[...protocols].join(', ')}.`,
    );
  if (port.targetPort) yield invalid(`${path}.targetPort`, '`targetPort` of a Gateway means nothing: the Service says it', 'Remove it.');
}

/** The protocol says whether there must be, may be or must not be TLS (Istio's `validateServer`). */
function* checkTls(server: GatewayServerSettings, path: string): Iterable<Problem> {
  const { tls, port } = server;
  const protocol = (port.protocol ?? '').toUpperCase();
  if (!protocols.has(protocol)) return;
  if (encrypted.has(protocol)) {
    if (!tls) yield invalid(path, `a ${protocol} server needs \`tls\``, 'Add it.');
    else yield* checkServerTls(tls, path);
    if (tls?.httpsRedirect) yield doubtful('IST0133', `${path}.httpsRedirect`, ['only HTTP servers redirect to HTTPS', 'Remove it.']);
    return;
  }
  if (!tls) return;
  const { httpsRedirect: _, mode, ...certificates } = tls;
  if (!http.has(protocol)) yield invalid(path, `a ${protocol} server has no TLS`, 'Use the protocol TLS.');
  else if (Object.keys(certificates).length > 0 || (mode !== undefined && mode !== 'PASSTHROUGH'))
    yield invalid(path, `a ${protocol} server has no TLS`, 'Use the protocol HTTPS, or keep `httpsRedirect` only.');
}

function* checkServer(server: GatewayServerSettings, path: string): Iterable<Problem> {
  yield* checkPort(server, `${path}.port`);
  if (server.hosts.length === 0) yield invalid(`${path}.hosts`, 'the server is for no host', 'List hosts, or `*`.');
  for (const [index, host] of server.hosts.entries()) yield* checkHost(host, `${path}.hosts[${index}]`);
  yield* checkTls(server, `${path}.tls`);
  if (server.bind && !isIp(server.bind))
    yield invalid(`${path}.bind`, `\`${server.bind.slice(0, 80)}\` is no IP address`, 'Write an address of the gateway, or leave it out.');
  if (Object.hasOwn(server, 'defaultEndpoint'))
    yield ineffective(`${path}.defaultEndpoint`, '`defaultEndpoint` has no effect', 'Use a VirtualService.');
}

/** Istio's admission (`ValidateGateway`), and what merging would leave out. */
export function* checkGateway(spec: GatewaySpec): Iterable<Problem> {
  yield* checkLabelMap(spec.selector, 'spec.selector', 'IST0106');
  if (!spec.servers?.length) yield invalid('spec.servers', 'the Gateway has no server', 'Add one.');
  const names = new Set<string>();
  const claimed = new Set<string>();
  for (const [index, server] of (spec.servers ?? []).entries()) {
    const at = `spec.servers[${index}]`;
    yield* checkServer(server, at);
    if (names.has(server.port.name))
      yield invalid(`${at}.port.name`, `the port's name \`${server.port.name}\` stands twice`, 'Give each port its own name.');
    names.add(server.port.name);
    for (const [place, host] of server.hosts.entries()) {
      const claim = `${server.port.number} ${server.bind ?? ''} ${host.toLowerCase()}`;
      if (claimed.has(claim))
        yield doubtful('IST0145', `${at}.hosts[${place}]`, [
          `\`${host.slice(0, 80)}\` on port ${server.port.number} stands twice`,
          'Remove one of them.',
        ]);
      claimed.add(claim);
    }
  }
}
