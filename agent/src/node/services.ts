/** The mesh namespace's firewall as text for iptables-restore: Services for workloads without a sidecar, as kube-proxy would. Pure. */
import type { NodeView } from '@weft/model';
import { automaticRange, egressPort, hairpinAddress, meshAddress, nodeAddresses, podRange, serviceRange } from '../addresses.ts';

type Service = NodeView['services'][number];

/** With n endpoints left, 1/n of the connections takes this one: together they are even. */
const destinations = ({ endpoints }: Service, match: string): readonly string[] =>
  endpoints.map(({ address, port }, index) => {
    const left = endpoints.length - index;
    const share = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    return `${match}${share} -j DNAT --to-destination ${address}:${port}`;
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
    // DNAT, not REDIRECT: that takes the incoming interface's address, and ours have none.
    `-A SERVICES -p tcp -j DNAT --to-destination ${meshAddress}:${egressPort}`,
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
