/**
 * Rules that lead a pod's TCP through its Envoy, as text for `iptables-restore`. The proxy's own sockets carry a mark, which the
 * application cannot set. The order is the order of the lines; each was tried on a whole mesh.
 */
import { type CaptureChoice, readCapture } from './annotations.ts';

export interface Capture {
  /** Mark of the proxy's own sockets. */
  readonly proxyMark: number;
  /** Ports of the proxy itself, which are not led to it again: tunnel, merged metrics, health, Envoy's metrics. */
  readonly ownPorts?: readonly number[];
  readonly inboundCapturePort?: number;
  readonly outboundCapturePort?: number;
  /** The mesh's DNS, of the rules' family: answers that did not fit into a datagram come over TCP, and stay outside the proxy. */
  readonly dnsAddress?: string;
  /** The pod's: `traffic.sidecar.istio.io/*`. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export type CaptureFamily = 'IPv4' | 'IPv6';

interface Loopback {
  readonly own: string;
  /** Address from which Envoy speaks to the application behind it [S3]. */
  readonly passthrough: string;
}

const loopbacks: Readonly<Record<CaptureFamily, Loopback>> = {
  IPv4: { own: '127.0.0.1/32', passthrough: '127.0.0.6/32' },
  IPv6: { own: '::1/128', passthrough: '::6/128' },
};

/** iptables' multiport takes no more in one rule. */
const portsPerRule = 15;

const chunks = (ports: readonly number[]): readonly string[] =>
  Array.from({ length: Math.ceil(ports.length / portsPerRule) }, (_, i) => ports.slice(i * portsPerRule, (i + 1) * portsPerRule).join(','));

const perPorts = (ports: readonly number[], rule: (dports: string) => string): readonly string[] =>
  chunks(ports).map((list) => rule(`-p tcp -m multiport --dports ${list}`));

const inboundRules = (capture: Capture): readonly string[] => {
  const { choice } = readCapture(capture.annotations ?? {});
  const own = capture.ownPorts ?? [15008, 15020, 15021, 15090];
  const included =
    choice.includeInboundPorts === '*'
      ? ['-A MESH_IN -p tcp -j MESH_IN_REDIRECT']
      : perPorts(choice.includeInboundPorts, (dports) => `-A MESH_IN ${dports} -j MESH_IN_REDIRECT`);
  return [
    '-A PREROUTING -p tcp -j MESH_IN',
    ...perPorts(own, (dports) => `-A MESH_IN ${dports} -j RETURN`),
    ...perPorts(choice.excludeInboundPorts, (dports) => `-A MESH_IN ${dports} -j RETURN`),
    ...included,
    `-A MESH_IN_REDIRECT -p tcp -j REDIRECT --to-ports ${capture.inboundCapturePort ?? 15006}`,
  ];
};

/** Ranges in annotations are IPv4's: they exempt nothing of IPv6, which is captured whole where anything is. */
const outboundChoice = ({ annotations = {} }: Capture, family: CaptureFamily): CaptureChoice => {
  const { choice } = readCapture(annotations);
  if (family === 'IPv4') return choice;
  return { ...choice, includeOutboundRanges: choice.includeOutboundRanges.length > 0 ? '*' : [], excludeOutboundRanges: [] };
};

const outboundRules = (capture: Capture, family: CaptureFamily): readonly string[] => {
  const choice = outboundChoice(capture, family);
  const loopback = loopbacks[family];
  const mark = `0x${capture.proxyMark.toString(16)}`;
  const redirect = '-j MESH_OUT_REDIRECT';
  const included =
    choice.includeOutboundRanges === '*'
      ? [`-A MESH_OUTPUT -p tcp ${redirect}`]
      : choice.includeOutboundRanges.map((range) => `-A MESH_OUTPUT -p tcp -d ${range} ${redirect}`);
  return [
    '-A OUTPUT -p tcp -j MESH_OUTPUT',
    // First, or the rule after it would lead Envoy's connection to its application back into Envoy.
    `-A MESH_OUTPUT -s ${loopback.passthrough} -o lo -j RETURN`,
    // Hairpin: Envoy calls its own pod by address.
    `-A MESH_OUTPUT ! -d ${loopback.own} -o lo -m mark --mark ${mark} -j MESH_IN_REDIRECT`,
    `-A MESH_OUTPUT -o lo -m mark ! --mark ${mark} -j RETURN`,
    `-A MESH_OUTPUT -m mark --mark ${mark} -j RETURN`,
    `-A MESH_OUTPUT -d ${loopback.own} -j RETURN`,
    ...(capture.dnsAddress ? [`-A MESH_OUTPUT -d ${capture.dnsAddress} -p tcp --dport 53 -j RETURN`] : []),
    ...perPorts(choice.excludeOutboundPorts, (dports) => `-A MESH_OUTPUT ${dports} -j RETURN`),
    ...choice.excludeOutboundRanges.map((range) => `-A MESH_OUTPUT -d ${range} -j RETURN`),
    // Ports that are named are captured whatever the ranges say, as Istio does.
    ...perPorts(choice.includeOutboundPorts, (dports) => `-A MESH_OUTPUT ${dports} ${redirect}`),
    ...included,
    `-A MESH_OUT_REDIRECT -p tcp -j REDIRECT --to-ports ${capture.outboundCapturePort ?? 15001}`,
  ];
};

const table = (name: string, lines: readonly string[]): string => [`*${name}`, ...lines, 'COMMIT', ''].join('\n');

/** For `iptables-restore --noflush`, or ip6tables', in the pod's network namespace, once. */
export const captureRules = (capture: Capture, family: CaptureFamily = 'IPv4'): string =>
  table('nat', [
    ...['MESH_IN', 'MESH_IN_REDIRECT', 'MESH_OUTPUT', 'MESH_OUT_REDIRECT'].map((chain) => `:${chain} - [0:0]`),
    ...inboundRules(capture),
    ...outboundRules(capture, family),
  ]);
