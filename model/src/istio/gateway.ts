import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkLabelMap, ineffective, invalid, isPort, portHelp, unenforced } from '../rule.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';

export interface GatewayServerSettings {
  readonly name?: string;
  readonly port: { readonly number: number; readonly protocol: string; readonly name: string; readonly targetPort?: number };
  /** `host` or `namespace/host` [S117]. */
  readonly hosts: readonly string[];
  readonly bind?: string;
  readonly tls?: { readonly httpsRedirect?: boolean; readonly mode?: string; readonly credentialName?: string };
}

export interface GatewaySpec {
  /** Labels of the gateway's pods, in every namespace [S118]. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly servers?: readonly GatewayServerSettings[];
}

const http = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);
const protocols = new Set([...http, 'HTTPS', 'TLS', 'TCP', 'MONGO']);

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
  if (port.targetPort !== undefined)
    yield ineffective(`${path}.targetPort`, '`targetPort` is read from the Service, not from here', 'Remove it.');
}

function* checkServer(server: GatewayServerSettings, path: string): Iterable<Problem> {
  yield* checkPort(server, `${path}.port`);
  if (server.hosts.length === 0) yield invalid(`${path}.hosts`, 'the server is for no host', 'List hosts, or `*`.');
  for (const [index, host] of server.hosts.entries()) yield* checkHost(host, `${path}.hosts[${index}]`);
  const protocol = (server.port.protocol ?? '').toUpperCase();
  if (http.has(protocol)) {
    const { httpsRedirect: _, ...rest } = server.tls ?? {};
    if (Object.keys(rest).length > 0)
      yield invalid(`${path}.tls`, `a ${protocol} server has no TLS`, 'Use the protocol HTTPS, or keep `httpsRedirect` only.');
  } else if (protocols.has(protocol)) {
    // Served without TLS it would leak, so it is not served at all.
    yield unenforced(path, `${protocol} servers have no effect yet: the gateway does not listen on this port`, 'Use an HTTP server.');
    if (['HTTPS', 'TLS'].includes(protocol) && !server.tls) yield invalid(`${path}.tls`, `a ${protocol} server needs \`tls\``, 'Add it.');
  }
  if (server.bind !== undefined)
    yield ineffective(`${path}.bind`, '`bind` has no effect yet: the gateway listens on all its addresses', 'Remove it.');
  if (Object.hasOwn(server, 'defaultEndpoint'))
    yield ineffective(`${path}.defaultEndpoint`, '`defaultEndpoint` has no effect', 'Use a VirtualService.');
}

/** Istio's admission (`ValidateGateway`), and what has no effect yet. */
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
      const claim = `${server.port.number} ${host.toLowerCase()}`;
      if (claimed.has(claim))
        yield doubtful('IST0145', `${at}.hosts[${place}]`, [
          `\`${host.slice(0, 80)}\` on port ${server.port.number} stands twice`,
          'Remove one of them.',
        ]);
      claimed.add(claim);
    }
  }
}
