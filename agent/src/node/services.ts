/** The mesh namespace's firewall as text for iptables-restore: Services for workloads without a sidecar, as kube-proxy would. Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { NodeView } from '@weft/model';
import {
  automaticRange,
  automaticRange6,
  egressPort,
  hairpinAddress,
  hairpinAddress6,
  meshAddress,
  meshAddress6,
  meshRanges6,
  metadataRanges6,
  nodeAddresses,
  outsideRanges6,
  plainDnsAddress6,
  podRange,
  podRange6,
  serviceRange,
} from '../addresses.ts';

type Service = NodeView['services'][number];
type Endpoint = Service['endpoints'][number];

const blockOf = (range: string, family: 'ipv4' | 'ipv6'): BlockList => {
  const [address = '', bits] = range.split('/');
  const block = new BlockList();
  block.addSubnet(address, Number(bits), family);
  return block;
};

const podAddresses = blockOf(podRange, 'ipv4');
const podAddresses6 = blockOf(podRange6, 'ipv6');

/** The mesh's edge leads there: nothing else does. */
const liesOutside = ({ address }: Endpoint): boolean =>
  isIPv6(address) ? !podAddresses6.check(address, 'ipv6') : !podAddresses.check(address);
// DNAT, not REDIRECT: that takes the incoming interface's address, and ours have none.
const toEdge = `-j DNAT --to-destination ${meshAddress}:${egressPort}`;
const toEdge6 = `-j DNAT --to-destination [${meshAddress6}]:${egressPort}`;

const ofIPv4 = (services: readonly Service[]): readonly Service[] => services.filter(({ address }) => !isIPv6(address));
const ofIPv6 = (services: readonly Service[]): readonly Service[] => services.filter(({ address }) => isIPv6(address));

/** What the edge has to know: a connection is translated once only, so the edge sees the Service's address and chooses the endpoint. */
export const outsideServices = (services: readonly Service[]): readonly Service[] =>
  services
    .map((service) => ({ ...service, endpoints: service.endpoints.filter(liesOutside) }))
    .filter(({ endpoints }) => endpoints.length > 0);

const toEndpoint = ({ address, port }: Endpoint): string =>
  `-j DNAT --to-destination ${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** With n endpoints left, 1/n of the connections takes this one: together they are even. */
const destinations = ({ endpoints }: Service, match: string): readonly string[] =>
  endpoints.map((endpoint, index) => {
    const left = endpoints.length - index;
    const share = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    const edge = isIPv6(endpoint.address) ? toEdge6 : toEdge;
    return `${match}${share} ${liesOutside(endpoint) ? edge : toEndpoint(endpoint)}`;
  });

const order = (a: Service, b: Service): number => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port);

/** Chains are split by Service address, so that a connection passes the rules of one Service only. */
const serviceRules = (services: readonly Service[], bits: 32 | 128): readonly string[] => {
  const sorted = [...services].filter(({ endpoints }) => endpoints.length > 0).sort(order);
  const chains = [...new Set(sorted.map(({ address }) => address))];
  const chainOf = (address: string): string => `SVC_${address.replaceAll(/[.:]/g, '_')}`;
  return [
    ':SERVICES - [0:0]',
    ...chains.map((address) => `:${chainOf(address)} - [0:0]`),
    '-A PREROUTING -p tcp -j SERVICES',
    ...chains.map((address) => `-A SERVICES -d ${address}/${bits} -j ${chainOf(address)}`),
    ...sorted.flatMap((service) => destinations(service, `-A ${chainOf(service.address)} -p tcp --dport ${service.port}`)),
  ];
};

/** A pod that reaches itself through a Service would get answers from its own address and drop them. */
const hairpins = (pods: readonly string[], bits: 32 | 128, source: string): readonly string[] =>
  [...pods].sort().map((address) => `-A POSTROUTING -s ${address}/${bits} -d ${address}/${bits} -j SNAT --to-source ${source}`);

/** What is for neither pods nor Services leaves the mesh through its edge; a Service without endpoints is refused at once. */
export const firewall = (services: readonly Service[], pods: readonly string[]): string => {
  const inside = [podRange, serviceRange, automaticRange];
  return [
    '*nat',
    ...serviceRules(ofIPv4(services), 32),
    ...[...inside, ...nodeAddresses.map((address) => `${address}/32`)].map((range) => `-A SERVICES -d ${range} -j RETURN`),
    `-A SERVICES -p tcp ${toEdge}`,
    ...hairpins(pods, 32, hairpinAddress),
    'COMMIT',
    '*filter',
    ...[serviceRange, automaticRange].flatMap((range) => [
      `-A FORWARD -d ${range} -p tcp -j REJECT --reject-with tcp-reset`,
      `-A FORWARD -d ${range} -j REJECT --reject-with icmp-port-unreachable`,
    ]),
    'COMMIT',
    '',
  ].join('\n');
};

/** Questions to the mesh's DNS, of pods alone. */
const dns6 = [meshAddress6, plainDnsAddress6].flatMap((address) =>
  ['udp', 'tcp'].map((protocol) => `-A INPUT -s ${podRange6} -d ${address}/128 -p ${protocol} --dport 53 -j ACCEPT`),
);

/**
 * For ip6tables-restore: from pod to pod, to the mesh's DNS and, through the edge, to what lies outside; to nothing else of this
 * namespace. Reverse-path filtering is a rule here, since the kernel has no setting for it: IPV6_FREEBIND lets anyone write
 * another's address.
 */
export const firewall6 = (services: readonly Service[], pods: readonly string[]): string =>
  [
    '*raw',
    '-A PREROUTING -m rpfilter --invert -j DROP',
    'COMMIT',
    '*nat',
    ...serviceRules(ofIPv6(services), 128),
    ...[automaticRange6, ...meshRanges6, ...metadataRanges6].map((range) => `-A SERVICES -d ${range} -j RETURN`),
    ...outsideRanges6.map((range) => `-A SERVICES -d ${range} -p tcp ${toEdge6}`),
    ...hairpins(pods, 128, hairpinAddress6),
    'COMMIT',
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':REFUSED - [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    ...dns6,
    // Answers to probes, and what was for somebody outside; the edge's own address leads nowhere.
    '-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    `-A INPUT -s ${podRange6} -d ${meshAddress6}/128 -p tcp --dport ${egressPort} -m conntrack --ctstate DNAT -j ACCEPT`,
    '-A INPUT -j REFUSED',
    `-A FORWARD -s ${podRange6} -d ${podRange6} -j ACCEPT`,
    '-A FORWARD -j REFUSED',
    '-A REFUSED -p tcp -j REJECT --reject-with tcp-reset',
    '-A REFUSED -p udp -j REJECT --reject-with icmp6-port-unreachable',
    'COMMIT',
    '',
  ].join('\n');
