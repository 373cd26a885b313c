/** Egress listeners of a Sidecar that have an address or a socket of their own [S23]. */
import { type Encoded, type Init, listenerName } from '@weft/envoy';
import type { VirtualHostSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { type EgressScope, type Entry, isHttp, type OutboundSlice, readsHttp, type SidecarPort, signOf } from '../mesh/index.ts';
import { distinct } from './chain-match.ts';
import { waysOf } from './connections.ts';
import { isDynamic } from './dynamic-dns.ts';
import { contentOf, outboundListener } from './outbound-listener.ts';
import { toldBy } from './telemetry.ts';
import { domainsOf, outsideCluster, serviceHost } from './virtual-hosts.ts';

export interface BoundPort extends Pick<EgressScope, 'bindToPort'> {
  readonly port: SidecarPort;
  readonly bind: string;
}

/** Its table: the port's; whoever is asked for everything has one under its own name. */
export const boundRoutes = ({ port, bind }: BoundPort): string => {
  if (port.number === 0) return bind;
  return port.isProxy ? listenerName(bind, port.number) : `${port.number}`;
};

/** `name:port` for whoever asks a proxy for everything; without port, port 80 is meant. */
export const proxiedHosts = (entries: readonly Entry[]): readonly Init<typeof VirtualHostSchema>[] => {
  const taken = new Set<string>();
  return entries
    .filter(({ port }) => readsHttp({ number: port.number, protocol: port.protocol, isProxy: false }))
    .flatMap(({ scoped, port }) => {
      const all = domainsOf(scoped).flatMap((name) => (port.number === 80 ? [name, `${name}:80`] : [`${name}:${port.number}`]));
      const domains = all.filter((domain) => !taken.has(domain) && taken.add(domain));
      return domains.length === 0 ? [] : [serviceHost(scoped, port, domains)];
    });
};

export const boundListener = (bound: BoundPort, entries: readonly Entry[], slice: OutboundSlice): Encoded => {
  const { port, bind, bindToPort } = bound;
  const name = port.number === 0 ? bind : listenerName(bind, port.number);
  const carried = isHttp(port.protocol) ? [] : entries.filter((entry) => !isHttp(entry.port.protocol));
  const told = toldBy(slice);
  const bytes = distinct(carried.flatMap((entry) => waysOf(entry, signOf(entry), told)));
  const grpcWeb = entries.some((entry) => entry.port.protocol === 'grpc-web');
  const dynamic = entries.some(({ scoped }) => isDynamic(scoped.service));
  const { bindToPort: _captured, ...content } = contentOf(name, {
    http: readsHttp(port) ? { routes: boundRoutes(bound), grpcWeb, dynamic, paths: slice.paths } : undefined,
    bytes,
    outside: outsideCluster(slice),
    told,
  });
  return outboundListener(name, { addresses: [bind], port: port.number }, { ...content, ...(!bindToPort && { bindToPort }) });
};
