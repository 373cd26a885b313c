/** What a sidecar's application may call: one HTTP listener and route table for each port, TCP listeners by virtual address. */
import {
  blackHoleCluster,
  create,
  type Encoded,
  encodeResource,
  type Init,
  listenerName,
  outboundCapturePort,
  outboundCluster,
  virtualHostName,
  virtualOutbound,
} from '@weft/envoy';
import type { AddressSchema } from '@weft/envoy/gen/envoy/config/core/v3/address_pb.js';
import { TrafficDirection } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import type { DestinationPolicy, OutboundSlice, PortEndpoints, ScopedService, Service, ServicePort } from '../mesh/index.ts';
import { isHttp } from '../mesh/index.ts';
import { endpointsOf, socketAddress } from './endpoints.ts';
import { asTcp, type Chain, detection, httpInspector, httpManager, plainHttp, routesFrom, tcpProxy, tlsInspector } from './filters.ts';
import { type Part, rememberPair } from './remember.ts';
import { isRange, type OutboundTrafficPolicy, outsideCluster } from './virtual-hosts.ts';

/** One port of one service, as its listeners see it. */
export interface Entry {
  readonly scoped: ScopedService;
  readonly port: ServicePort;
}

const clusterOf = ({ scoped, port }: Entry): string => outboundCluster({ port: port.number, host: scoped.service.hostname });

const listener = (name: string, address: Init<typeof AddressSchema>, init: Init<typeof ListenerSchema>): Encoded =>
  encodeResource(name, ListenerSchema, create(ListenerSchema, { name, address, trafficDirection: TrafficDirection.OUTBOUND, ...init }));

/** Hands over to the listener of the address dialled; what none has goes on, or nowhere [S6]. */
const captureListener = (policy: OutboundTrafficPolicy): Encoded =>
  listener(virtualOutbound, socketAddress('0.0.0.0', outboundCapturePort), {
    useOriginalDst: true,
    filterChains: [
      {
        name: 'virtualOutbound-trafficloop',
        filterChainMatch: { destinationPort: outboundCapturePort },
        filters: [tcpProxy(blackHoleCluster)],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: [tcpProxy(outsideCluster(policy))] },
    ],
  });

/** `mine`: the connection manager's statistics, and the name of its routes. */
const httpChain = (mine: string, routes: string): Chain => ({
  filterChainMatch: plainHttp,
  filters: [httpManager({ statPrefix: `outbound_${mine};`, routeSpecifier: routesFrom(routes) })],
});

const tcpChain = (entry: Entry): Chain => ({
  filters: [
    ...(entry.port.protocol === 'auto' ? [asTcp] : []),
    tcpProxy(clusterOf(entry), entry.scoped.destination.policy(entry.port.number)),
  ],
});

/** The route table of a sniffed service, which its own listeners use and nobody else [S7]. */
export const sniffedRoutes = ({ scoped, port }: Entry): string => virtualHostName(scoped.service.hostname, port.number);

const makeAddressListener = (entry: Entry, address: string): Encoded => {
  const { number, protocol } = entry.port;
  const name = listenerName(address, number);
  if (protocol !== 'auto') return listener(name, socketAddress(address, number), { bindToPort: false, filterChains: [tcpChain(entry)] });
  return listener(name, socketAddress(address, number), {
    bindToPort: false,
    listenerFilters: [httpInspector()],
    ...detection,
    filterChains: [httpChain(name, sniffedRoutes(entry))],
    defaultFilterChain: tcpChain(entry),
  });
};

const addressListeners = rememberPair((_service: Service, _destination: DestinationPolicy) => new Map<string, Part>());

/** TCP, or whatever it turns out to be, at one address. */
const addressListener = (entry: Entry, address: string): Part => {
  const known = addressListeners(entry.scoped.service, entry.scoped.destination);
  const key = listenerName(address, entry.port.number);
  const part = known.get(key) ?? [makeAddressListener(entry, address)];
  known.set(key, part);
  return part;
};

/** A service has listeners of its own unless its HTTP shares the port's [S7, S8, S72]. */
export const ownAddresses = ({ scoped, port }: Entry, endpoints: ReadonlyMap<string, PortEndpoints>): readonly string[] => {
  const { service } = scoped;
  if (isHttp(port.protocol)) return [];
  if (!service.headless) return service.addresses.filter((address) => !isRange(address));
  return [...new Set(endpointsOf(endpoints, service, port.number).endpoints.map(({ address }) => address))].sort();
};

const carriesTls = ({ port }: Entry): boolean => port.protocol === 'tls' || port.protocol === 'https';

const rangeOf = (address: string) => {
  const [prefix = '', length] = address.split('/');
  return { addressPrefix: prefix, prefixLen: Number(length) };
};

/** What tells a service without a listener of its own from others on its port: its addresses, or the server's name in TLS. */
const sign = (entry: Entry): Chain['filterChainMatch'] => {
  const ranges = entry.scoped.service.addresses.filter(isRange);
  if (ranges.length > 0) return { prefixRanges: ranges.map(rangeOf) };
  return carriesTls(entry) ? { transportProtocol: 'tls', serverNames: [entry.scoped.service.hostname] } : undefined;
};

/** Chains with one sign would be refused with the whole listener: the first has it. */
const signedChains = (entries: readonly Entry[]): Chain[] => {
  const signs = new Map<string, Chain>();
  for (const entry of entries) {
    const filterChainMatch = sign(entry);
    const key = JSON.stringify(filterChainMatch);
    if (filterChainMatch && !signs.has(key)) signs.set(key, { ...tcpChain(entry), filterChainMatch });
  }
  return [...signs.values()];
};

/** All that shares `0.0.0.0_<port>`. */
export interface Wildcard {
  readonly port: number;
  readonly http: boolean;
  /** Services without a listener of their own, of which the first that nothing tells apart gets the rest [S8]. */
  readonly homeless: readonly Entry[];
}

/** On a port with HTTP services what is not HTTP goes outside as it came, as Istio's fall-through chain does it. */
const wildcardListener = ({ port, http, homeless }: Wildcard, policy: OutboundTrafficPolicy): Encoded => {
  const name = listenerName('0.0.0.0', port);
  const rest = homeless.find((entry) => sign(entry) === undefined);
  const inspectors = [...(homeless.some(carriesTls) ? [tlsInspector()] : []), ...(http ? [httpInspector()] : [])];
  return listener(name, socketAddress('0.0.0.0', port), {
    bindToPort: false,
    listenerFilters: inspectors,
    ...(inspectors.length > 0 && detection),
    filterChains: [...(http ? [httpChain(name, `${port}`)] : []), ...signedChains(homeless)],
    defaultFilterChain: rest ? tcpChain(rest) : { filters: [tcpProxy(outsideCluster(policy))] },
  });
};

const isHomeless = ({ port, scoped: { service } }: Entry): boolean =>
  !isHttp(port.protocol) && !service.headless && (service.addresses.length === 0 || service.addresses.some(isRange));

/** By port: which listeners `0.0.0.0_<port>` there must be, and what they hold. */
export const wildcards = (entries: readonly Entry[], slice: OutboundSlice): Wildcard[] => {
  const shared = Map.groupBy(
    entries.filter((entry) => isHttp(entry.port.protocol) || isHomeless(entry)),
    ({ port }) => port.number,
  );
  // Rules for hosts in no registry work on port 80 [S49], whether a service has it or not.
  if (slice.virtualHosts.length > 0 && !shared.has(80)) shared.set(80, []);
  return [...shared]
    .sort(([a], [b]) => a - b)
    .map(([port, members]) => ({
      port,
      http: members.some((entry) => isHttp(entry.port.protocol)) || (port === 80 && slice.virtualHosts.length > 0),
      homeless: members.filter(isHomeless),
    }));
};

export const outboundListeners = (entries: readonly Entry[], slice: OutboundSlice): Part[] => [
  [
    captureListener(slice.outboundTrafficPolicy),
    ...wildcards(entries, slice).map((wildcard) => wildcardListener(wildcard, slice.outboundTrafficPolicy)),
  ],
  ...entries.flatMap((entry) => ownAddresses(entry, slice.endpoints).map((address) => addressListener(entry, address))),
];
