/** The mesh namespace's firewall as text for iptables-restore: Services for workloads without a sidecar, as kube-proxy would. Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { NodeView } from '@weft/model';
import {
  automaticRange,
  egressPort,
  hairpinAddress,
  hairpinAddress6,
  meshAddress,
  nodeAddresses,
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
const liesOutside = ({ address }: Endpoint): boolean => !podAddresses.check(address);
// DNAT, not REDIRECT: that takes the incoming interface's address, and ours have none.
const toEdge = `-j DNAT --to-destination ${meshAddress}:${egressPort}`;

const ofIPv4 = (services: readonly Service[]): readonly Service[] => services.filter(({ address }) => !isIPv6(address));

/** IPv6 does not leave the mesh: endpoints outside are not reached by it. */
const ofIPv6 = (services: readonly Service[]): readonly Service[] =>
  services
    .filter(({ address }) => isIPv6(address))
    .map((service) => ({ ...service, endpoints: service.endpoints.filter(({ address }) => podAddresses6.check(address, 'ipv6')) }));

/** What the edge has to know: a connection is translated once only, so the edge sees the Service's address and chooses the endpoint. */
export const outsideServices = (services: readonly Service[]): readonly Service[] =>
  ofIPv4(services)
    .map((service) => ({ ...service, endpoints: service.endpoints.filter(liesOutside) }))
    .filter(({ endpoints }) => endpoints.length > 0);

const toEndpoint = ({ address, port }: Endpoint): string =>
  `-j DNAT --to-destination ${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** With n endpoints left, 1/n of the connections takes this one: together they are even. */
const destinations = ({ endpoints }: Service, match: string): readonly string[] =>
  endpoints.map((endpoint, index) => {
    const left = endpoints.length - index;
    const share = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    return `${match}${share} ${!isIPv6(endpoint.address) && liesOutside(endpoint) ? toEdge : toEndpoint(endpoint)}`;
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

/**
 * For ip6tables-restore: from pod to pod and nowhere else, neither to this namespace's own addresses nor out of it. Reverse-path
 * filtering is a rule here, since the kernel has no setting for it: IPV6_FREEBIND lets anyone write another's address.
 */
export const firewall6 = (services: readonly Service[], pods: readonly string[]): string =>
  [
    '*raw',
    '-A PREROUTING -m rpfilter --invert -j DROP',
    'COMMIT',
    '*nat',
    ...serviceRules(ofIPv6(services), 128),
    ...hairpins(pods, 128, hairpinAddress6),
    'COMMIT',
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':REFUSED - [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -j REFUSED',
    `-A FORWARD -s ${podRange6} -d ${podRange6} -j ACCEPT`,
    '-A FORWARD -j REFUSED',
    '-A REFUSED -p tcp -j REJECT --reject-with tcp-reset',
    '-A REFUSED -p udp -j REJECT --reject-with icmp6-port-unreachable',
    'COMMIT',
    '',
  ].join('\n');
