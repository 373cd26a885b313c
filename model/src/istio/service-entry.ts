import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkExportTo, checkLabelMap, invalid } from '../rule.ts';
import { cidrFault, isIp, isWildcardHostname } from '../text/host.ts';
import { checkClusterCount } from './limits.ts';
import { checkWorkloadEntry, type WorkloadEntrySpec } from './workload-entry.ts';

export interface ServiceEntryPort {
  readonly number: number;
  readonly protocol?: string;
  readonly name: string;
  readonly targetPort?: number;
}

export type ServiceEntryResolution = 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS';

export interface ServiceEntrySpec {
  readonly hosts: readonly string[];
  readonly addresses?: readonly string[];
  readonly ports?: readonly ServiceEntryPort[];
  /** Absent means MESH_EXTERNAL. */
  readonly location?: 'MESH_EXTERNAL' | 'MESH_INTERNAL';
  /** Absent means NONE. */
  readonly resolution?: ServiceEntryResolution;
  readonly endpoints?: readonly WorkloadEntrySpec[];
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> };
  readonly exportTo?: readonly string[];
  readonly subjectAltNames?: readonly string[];
}

const protocols = new Set('HTTP HTTPS GRPC GRPC-WEB HTTP2 MONGO TCP TLS UDP REDIS MYSQL HTTP_PROXY'.split(' '));

function* checkPorts(ports: readonly ServiceEntryPort[]): Iterable<Problem> {
  const names = new Set<string>();
  for (const [index, { name, protocol }] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    if (!isDnsLabel(name))
      yield invalid(`${at}.name`, `\`${name.slice(0, 80)}\` is no port's name`, 'Use lower-case letters, digits and `-`.');
    if (names.has(name))
      yield invalid(`${at}.name`, `the port's name \`${name.slice(0, 80)}\` stands twice`, 'Give each port its own name.');
    names.add(name);
    if (protocol && !protocols.has(protocol.toUpperCase()))
      yield invalid(`${at}.protocol`, `\`${protocol.slice(0, 40)}\` is no protocol`, `Write one of ${[...protocols].join(', ')}.`);
  }
}

function* checkEndpoints(spec: ServiceEntrySpec): Iterable<Problem> {
  const { resolution = 'NONE', endpoints = [] } = spec;
  const names = new Set((spec.ports ?? []).map(({ name }) => name));
  for (const [index, endpoint] of endpoints.entries()) {
    const at = `spec.endpoints[${index}]`;
    yield* checkWorkloadEntry(endpoint, at);
    if (endpoint.address?.startsWith('unix://') && (spec.ports ?? []).length !== 1)
      yield invalid(
        `${at}.address`,
        'a Unix socket is one port, and the entry has another number of them',
        'Give the entry exactly one port.',
      );
    for (const name of Object.keys(endpoint.ports ?? {})) {
      if (!names.has(name)) yield invalid(`${at}.ports.${name}`, `the entry has no port named \`${name}\``, 'Name one of `spec.ports`.');
    }
    const { address = '' } = endpoint;
    if (resolution === 'STATIC' && address !== '' && !isIp(address) && !address.startsWith('unix://')) {
      yield invalid(
        `${at}.address`,
        `\`${address.slice(0, 80)}\` is no IP address, as \`resolution: STATIC\` needs`,
        'Write an IP address, or use `resolution: DNS`.',
      );
    }
    if (resolution.startsWith('DNS') && address.startsWith('unix://'))
      yield invalid(`${at}.address`, 'a Unix socket cannot be resolved by DNS', 'Use `resolution: STATIC`.');
  }
}

function* checkResolution(spec: ServiceEntrySpec): Iterable<Problem> {
  const { resolution = 'NONE', endpoints = [] } = spec;
  if (resolution === 'STATIC' && endpoints.length === 0 && !spec.workloadSelector) {
    yield doubtful('IST0133', 'spec.endpoints', [
      'nobody is behind the entry: `resolution: STATIC` without endpoints',
      'Add `endpoints` or a `workloadSelector`.',
    ]);
  }
  if (resolution.startsWith('DNS') && endpoints.length === 0 && !spec.workloadSelector) {
    for (const [index, host] of spec.hosts.entries()) {
      if (host.startsWith('*'))
        yield invalid(
          `spec.hosts[${index}]`,
          'a wildcard cannot be resolved by DNS',
          'Name the host, add `endpoints`, or use `resolution: NONE`.',
        );
    }
  }
  if (resolution === 'DYNAMIC_DNS') yield* checkDynamic(spec);
  if (resolution === 'NONE' && spec.workloadSelector)
    yield doubtful('IST0133', 'spec.workloadSelector', [
      '`resolution: NONE` goes where clients dial, whoever is selected',
      'Use `resolution: STATIC`.',
    ]);
}

/** Names resolved as clients ask for them: by `Host` or by the server name in TLS, so that nothing else can be carried. */
function* checkDynamic(spec: ServiceEntrySpec): Iterable<Problem> {
  for (const [index, host] of spec.hosts.entries()) {
    if (!host.startsWith('*.'))
      yield invalid(`spec.hosts[${index}]`, '`DYNAMIC_DNS` is for wildcards', 'Write `*.` and a domain, or use `resolution: DNS`.');
  }
  for (const field of ['addresses', 'endpoints'] as const) {
    if (spec[field]?.length) yield invalid(`spec.${field}`, `\`DYNAMIC_DNS\` has no \`${field}\`: names decide`, 'Remove them.');
  }
  if (spec.workloadSelector) yield invalid('spec.workloadSelector', '`DYNAMIC_DNS` selects nobody: names decide', 'Remove it.');
  for (const [index, { protocol = '' }] of (spec.ports ?? []).entries()) {
    if (!['HTTP', 'TLS'].includes(protocol.toUpperCase()))
      yield invalid(`spec.ports[${index}].protocol`, '`DYNAMIC_DNS` carries HTTP and TLS only', 'Write HTTP or TLS.');
  }
  if (spec.location === 'MESH_INTERNAL')
    yield invalid('spec.location', '`DYNAMIC_DNS` leads out of the mesh', 'Write `location: MESH_EXTERNAL`.');
}

const named = new Set('HTTP HTTPS TLS GRPC GRPC-WEB HTTP2 HTTP_PROXY'.split(' '));

/** What tells several hosts of one entry apart: `Host`, or the server name. */
function* checkSeveral({ hosts, addresses, ports = [], resolution = 'NONE' }: ServiceEntrySpec): Iterable<Problem> {
  if (hosts.length < 2) return;
  for (const [index, { protocol = '' }] of ports.entries()) {
    if (resolution !== 'NONE' && !named.has(protocol.toUpperCase()))
      yield invalid(
        `spec.ports[${index}]`,
        'nothing tells the hosts apart on a port that is neither HTTP nor TLS',
        'Make one entry of each host.',
      );
    else if (resolution.startsWith('DNS') && addresses?.length && protocol.toUpperCase() === 'TCP')
      yield doubtful('IST0133', `spec.ports[${index}]`, [
        'the hosts share addresses and a TCP port: the first gets all',
        'Make one entry of each host.',
      ]);
  }
}

/** Istio's admission (`ValidateServiceEntry`) beyond the CRD's own rules. */
export function* checkServiceEntry(spec: ServiceEntrySpec): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, host] of spec.hosts.entries()) {
    const at = `spec.hosts[${index}]`;
    if (!isWildcardHostname(host)) yield invalid(at, `\`${host.slice(0, 80)}\` is no host name`, 'Write a name, or `*.` and a domain.');
    if (seen.has(host.toLowerCase())) yield invalid(at, `the host \`${host.slice(0, 80)}\` stands twice`, 'Remove one of them.');
    seen.add(host.toLowerCase());
  }
  for (const [index, address] of (spec.addresses ?? []).entries()) {
    const fault = cidrFault(address);
    if (fault) yield invalid(`spec.addresses[${index}]`, fault, 'Write an address, or `10.0.0.0/24`.');
  }
  if (!spec.ports?.length) yield doubtful('IST0133', 'spec.ports', ['the entry has no port, so nothing can be called', 'Add `ports`.']);
  yield* checkClusterCount(spec);
  yield* checkPorts(spec.ports ?? []);
  yield* checkResolution(spec);
  yield* checkSeveral(spec);
  yield* checkEndpoints(spec);
  if (spec.workloadSelector && Object.keys(spec.workloadSelector.labels ?? {}).length === 0)
    yield doubtful('IST0133', 'spec.workloadSelector', [
      'a selector without labels selects the whole namespace',
      'Add labels, or remove it.',
    ]);
  yield* checkLabelMap(spec.workloadSelector?.labels, 'spec.workloadSelector.labels', 'IST0106');
  yield* checkExportTo(spec.exportTo, 'spec.exportTo', { nobody: true });
}
