import { doubtful, type Problem } from '../problem.ts';
import { broken, checkLabelMap, type Field, ineffective, isPort, portHelp, withoutEffect } from '../rule.ts';
import { isHostname, isIp } from '../text/host.ts';
import { type IntOrString, isPortName } from './pod.ts';

export interface ServicePortSettings {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: IntOrString;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol?: string;
  readonly nodePort?: number;
}

export interface ServiceSpec {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `None`: headless. */
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly externalName?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly ServicePortSettings[];
  readonly publishNotReadyAddresses?: boolean;
  /** `PreferClose` is the old name of `PreferSameZone`. */
  readonly trafficDistribution?: string;
}

const later: readonly Field[] = [{ field: 'externalIPs', message: 'nothing listens there' }];

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Names from which Istio reads the protocol [S79]. */
const conventional = /^(?:grpc-web|(?:tcp|udp|grpc|http|http2|https|tls|mongo|redis|mysql|http_proxy)(?:-|$))/i;

function* checkPort(port: ServicePortSettings, path: string, type: string): Iterable<Problem> {
  const { name, targetPort, protocol = 'TCP', appProtocol } = port;
  if (!isPort(port.port))
    yield broken(`${path}.port`, port.port === undefined ? 'the port has no number' : `${port.port} is no port`, portHelp);
  if (name && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    yield broken(`${path}.name`, `\`${name.slice(0, 80)}\` is no port's name`, 'Use lower-case letters, digits and `-`.');
  if (targetPort !== undefined && (typeof targetPort === 'number' ? !isPort(targetPort) : !isPortName(targetPort))) {
    yield broken(
      `${path}.targetPort`,
      `\`${String(targetPort).slice(0, 40)}\` is no port`,
      'Write a number between 1 and 65535, or the name of a container port.',
    );
  }
  if (!['TCP', 'UDP', 'SCTP'].includes(protocol))
    yield broken(`${path}.protocol`, `\`${String(protocol).slice(0, 40)}\` is no protocol`, 'Write TCP or UDP.');
  if (protocol === 'TCP' && !appProtocol && !conventional.test(name ?? '')) {
    const code = type === 'ExternalName' ? 'IST0150' : 'IST0118';
    const told = doubtful(code, name ? `${path}.name` : path, [
      'the protocol is guessed from the first bytes, as the name does not say it',
      'Set `appProtocol`, or begin the name with it: `http-web`.',
    ]);
    yield code === 'IST0118' ? { ...told, severity: 'info' } : told;
  }
}

function* checkPorts(ports: readonly ServicePortSettings[], type: string): Iterable<Problem> {
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    yield* checkPort(port, at, type);
    const { name = '', protocol = 'TCP' } = port;
    if (ports.length > 1 && name === '') yield broken(`${at}.name`, 'with several ports each needs a name', 'Add `name`.');
    if (name !== '' && names.has(name))
      yield broken(`${at}.name`, `the port's name \`${name}\` stands twice`, 'Give each port its own name.');
    names.add(name);
    const number = `${protocol} ${port.port}`;
    if (numbers.has(number)) yield broken(`${at}.port`, `port ${port.port} stands twice`, 'Remove one of them.');
    numbers.add(number);
  }
}

const policies = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];

/** Kubernetes' own rules, and what differs: an IPv4 address is always given. */
function* checkFamilies({ clusterIPs = [], ipFamilies = [], ipFamilyPolicy = 'SingleStack' }: ServiceSpec): Iterable<Problem> {
  if (!policies.includes(ipFamilyPolicy))
    yield broken('spec.ipFamilyPolicy', `\`${ipFamilyPolicy.slice(0, 40)}\` is no policy`, `Write ${policies.join(', ')}.`);
  for (const [index, family] of ipFamilies.entries()) {
    const at = `spec.ipFamilies[${index}]`;
    if (family !== 'IPv4' && family !== 'IPv6') yield broken(at, `\`${String(family).slice(0, 40)}\` is no family`, 'Write IPv4 or IPv6.');
    if (ipFamilies.indexOf(family) < index) yield broken(at, 'the family stands twice', 'Remove one of them.');
  }
  if (ipFamilyPolicy === 'SingleStack' && ipFamilies.length > 1)
    yield broken('spec.ipFamilies', 'SingleStack has one family', 'Remove one, or write `ipFamilyPolicy: PreferDualStack`.');
  if (ipFamilyPolicy === 'SingleStack' && ipFamilies[0] === 'IPv6' && clusterIPs.length === 0)
    yield ineffective('spec.ipFamilies', 'the Service has an IPv4 address beside the IPv6 one', 'Write `ipFamilyPolicy: PreferDualStack`.');
}

/** As the API server has them: the first is `clusterIP` where both are written, and `None` stands in both, alone. */
function* checkClusterIps({ clusterIP, clusterIPs = [] }: ServiceSpec): Iterable<Problem> {
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP)
    yield broken('spec.clusterIPs', 'the first of `clusterIPs` must be `clusterIP`', 'Leave one of the two out.');
  for (const [index, address] of clusterIPs.entries()) {
    const isAllowed = address === 'None' ? clusterIP === 'None' && clusterIPs.length === 1 : isIp(address);
    if (!isAllowed)
      yield broken(
        `spec.clusterIPs[${index}]`,
        `\`${address.slice(0, 80)}\` is no IP address`,
        'Write addresses; for none, `clusterIP: None`.',
      );
  }
}

export function* checkService(spec: ServiceSpec): Iterable<Problem> {
  const { type = 'ClusterIP', clusterIP, externalName, ports = [] } = spec;
  if (!['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'].includes(type)) {
    yield broken(
      'spec.type',
      `\`${String(type).slice(0, 40)}\` is no type of a Service`,
      'Write ClusterIP, NodePort, LoadBalancer or ExternalName.',
    );
  }
  if (type === 'ExternalName' && !(externalName && isHostname(externalName)))
    yield broken('spec.externalName', 'an ExternalName Service needs the name of a host', 'Add `externalName`.');
  if (clusterIP && clusterIP !== 'None' && !isIp(clusterIP))
    yield broken(
      'spec.clusterIP',
      `\`${clusterIP.slice(0, 80)}\` is no IP address`,
      'Leave it out, or write `None` for a headless Service.',
    );
  yield* checkClusterIps(spec);
  if (ports.length === 0 && type !== 'ExternalName' && clusterIP !== 'None')
    yield broken('spec.ports', 'the Service has no port', 'Add `ports`.');
  yield* checkPorts(ports, type);
  yield* checkFamilies(spec);
  yield* checkLabelMap(spec.selector, 'spec.selector', 'WEFT0020');
  yield* withoutEffect(spec, 'spec', later);
  const { trafficDistribution } = spec;
  if (trafficDistribution && !distributions.includes(trafficDistribution))
    yield doubtful('WEFT0101', 'spec.trafficDistribution', [
      `\`${trafficDistribution.slice(0, 40)}\` is unknown: all endpoints are used alike`,
      `Write one of ${distributions.join(', ')}.`,
    ]);
  const { sessionAffinity, internalTrafficPolicy } = spec as { readonly sessionAffinity?: string; readonly internalTrafficPolicy?: string };
  if (sessionAffinity && sessionAffinity !== 'None')
    yield doubtful('WEFT0101', 'spec.sessionAffinity', ['`sessionAffinity` has no effect yet', 'Remove it.']);
  if (internalTrafficPolicy === 'Local')
    yield doubtful('WEFT0101', 'spec.internalTrafficPolicy', [
      '`internalTrafficPolicy: Local` has no effect yet: all endpoints are used',
      'Remove it.',
    ]);
}
