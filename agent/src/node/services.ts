/** The mesh namespace's firewall as text for iptables-restore: Services for workloads without a sidecar, as kube-proxy would. Pure. */
import { BlockList } from 'node:net';
import type { NodeView } from '@weft/model';
import { automaticRange, egressPort, hairpinAddress, meshAddress, nodeAddresses, podRange, serviceRange } from '../addresses.ts';

type Service = NodeView['services'][number];
type Endpoint = Service['endpoints'][number];

const podAddresses = new BlockList();
podAddresses.addSubnet(podRange.slice(0, podRange.indexOf('/')), Number(podRange.slice(podRange.indexOf('/') + 1)));

/** The mesh's edge leads there: nothing else does. */
const liesOutside = ({ address }: Endpoint): boolean => !podAddresses.check(address);
// DNAT, not REDIRECT: that takes the incoming interface's address, and ours have none.
const toEdge = `-j DNAT --to-destination ${meshAddress}:${egressPort}`;

/** What the edge has to know: a connection is translated once only, so the edge sees the Service's address and chooses the endpoint. */
export const outsideServices = (services: readonly Service[]): readonly Service[] =>
  services
    .map((service) => ({ ...service, endpoints: service.endpoints.filter(liesOutside) }))
    .filter(({ endpoints }) => endpoints.length > 0);

/** With n endpoints left, 1/n of the connections takes this one: together they are even. */
const destinations = ({ endpoints }: Service, match: string): readonly string[] =>
  endpoints.map((endpoint, index) => {
    const left = endpoints.length - index;
    const share = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    return `${match}${share} ${liesOutside(endpoint) ? toEdge : `-j DNAT --to-destination ${endpoint.address}:${endpoint.port}`}`;
  });

const order = (a: Service, b: Service): number => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port);

/**
 * Chains are split by Service address, so that a connection passes the rules of one Service only.
 * What is for neither pods nor Services leaves the mesh through its edge; a Service without endpoints is refused at once.
 */
export const firewall = (services: readonly Service[], pods: readonly string[]): string => {
  const sorted = [...services].filter(({ endpoints }) => endpoints.length > 0).sort(order);
  const chains = [...new Set(sorted.map(({ address }) => address))];
  const chainOf = (address: string): string => `SVC_${address.replaceAll('.', '_')}`;
  const inside = [podRange, serviceRange, automaticRange];
  return [
    '*nat',
    ':SERVICES - [0:0]',
    ...chains.map((address) => `:${chainOf(address)} - [0:0]`),
    '-A PREROUTING -p tcp -j SERVICES',
    ...chains.map((address) => `-A SERVICES -d ${address}/32 -j ${chainOf(address)}`),
    ...sorted.flatMap((service) => destinations(service, `-A ${chainOf(service.address)} -p tcp --dport ${service.port}`)),
    ...[...inside, ...nodeAddresses.map((address) => `${address}/32`)].map((range) => `-A SERVICES -d ${range} -j RETURN`),
    `-A SERVICES -p tcp ${toEdge}`,
    // A pod that reaches itself through a Service would get answers from its own address and drop them.
    ...[...pods].sort().map((address) => `-A POSTROUTING -s ${address}/32 -d ${address}/32 -j SNAT --to-source ${hairpinAddress}`),
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
