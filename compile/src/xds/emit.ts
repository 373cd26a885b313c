/**
 * `emit`: a View as Envoy's resources. Pure; what a part of the View was made into is remembered for as long as that part lives,
 * so a change costs what it changed, and maps that say the same are the same object.
 */
import { type Encoded, inboundCapturePort, outboundCapturePort, type ResourceSet, typeUrls } from '@weft/envoy';
import type { DestinationPolicy, InboundSlice, OutboundSlice, PortEndpoints, ScopedService, View } from '../mesh/index.ts';
import { isHttp } from '../mesh/index.ts';
import { type Role, serviceClusters } from './clusters.ts';
import { assignments, endpointsOf } from './endpoints.ts';
import { fixedClusters, portCluster } from './fixed-clusters.ts';
import { gatewayResources } from './gateway.ts';
import { inboundListener } from './inbound.ts';
import { type Entry, outboundListeners, ownAddresses, sniffedRoutes, wildcards } from './outbound.ts';
import { byName, merged, type Resources, remember, rememberPair } from './remember.ts';
import { catchAll, domainsOf, encodeHost, encodeTable, type OutboundTrafficPolicy, ruleHost, serviceHost } from './virtual-hosts.ts';

type Services = readonly ScopedService[];
type Endpoints = ReadonlyMap<string, PortEndpoints>;

const clustersOf = (role: Role) =>
  rememberPair(
    (services: Services, endpoints: Endpoints): Resources =>
      byName(services.map(({ service, destination }) => serviceClusters(service, destination, { role, endpoints }))),
  );

const clustersByRole = { sidecar: clustersOf('sidecar'), gateway: clustersOf('gateway') };

const assignmentsOf = (role: Role) =>
  rememberPair(
    (services: Services, endpoints: Endpoints): Resources =>
      byName(services.flatMap((scoped) => serviceAssignments(scoped, endpoints, role))),
  );

const isEds = ({ service }: ScopedService, role: Role): boolean =>
  service.resolution === 'eds' || (role === 'gateway' && service.headless && service.resolution === 'original-dst');

const usesEds = (destination: DestinationPolicy, port: number): boolean => destination.policy(port).loadBalancer !== 'PASSTHROUGH';

const serviceAssignments = (scoped: ScopedService, endpoints: Endpoints, role: Role): (readonly Encoded[])[] => {
  if (!isEds(scoped, role)) return [];
  const { service, destination } = scoped;
  return service.ports
    .filter(({ protocol, number }) => protocol !== 'udp' && usesEds(destination, number))
    .map(({ number }) => assignments(endpointsOf(endpoints, service, number), destination, service.hostname));
};

const assignmentsByRole = { sidecar: assignmentsOf('sidecar'), gateway: assignmentsOf('gateway') };

/** Envoy's own ports stand for nothing else. */
const isTaken = (port: number): boolean => port === outboundCapturePort || port === inboundCapturePort;

const entriesOf: (services: Services) => readonly Entry[] = remember((services) =>
  services.flatMap((scoped) =>
    scoped.service.ports.filter(({ protocol, number }) => protocol !== 'udp' && !isTaken(number)).map((port) => ({ scoped, port })),
  ),
);

const hostTables = remember((_scoped: ScopedService): Map<string, Encoded> => new Map());

/** @param domains those of the service that no other on this port has */
const encodedHost = ({ scoped, port }: Entry, domains: readonly string[]): Encoded => {
  const known = hostTables(scoped);
  const key = `${port.number} ${domains.join(' ')}`;
  const resource = known.get(key) ?? encodeHost(`${port.number}`, serviceHost(scoped, port, domains));
  known.set(key, resource);
  return resource;
};

/** The virtual hosts of one port. A domain belongs to the first that has it: Envoy refuses a table with two. */
const portHosts = (port: number, entries: readonly Entry[], rules: OutboundSlice['virtualHosts']): Encoded[] => {
  const taken = new Set<string>(['*']);
  const free = (domains: readonly string[]): string[] => domains.filter((domain) => !taken.has(domain) && taken.add(domain));
  const services = entries.flatMap((entry) => {
    const domains = free(domainsOf(entry.scoped));
    return domains.length > 0 ? [encodedHost(entry, domains)] : [];
  });
  const others = rules.flatMap(({ host, routes }) =>
    free([host]).length > 0 ? [encodeHost(`${port}`, ruleHost(host, port, routes))] : [],
  );
  return [...services, ...others];
};

/** A sniffed service's table is its own: whatever comes to its address is meant for it. */
const sniffedTable = (entry: Entry): Encoded =>
  encodeTable({ name: sniffedRoutes(entry), hosts: [serviceHost(entry.scoped, entry.port, ['*'])], vhds: false });

interface Routing {
  readonly listeners: Resources;
  readonly tables: Resources;
  readonly hosts: Resources;
}

const routing: (slice: OutboundSlice) => Routing = remember((slice) => {
  const entries = entriesOf(slice.services);
  const http = Map.groupBy(
    entries.filter(({ port }) => isHttp(port.protocol)),
    ({ port }) => port.number,
  );
  const ports = wildcards(entries, slice).filter((wildcard) => wildcard.http);
  const hosts = ports.map(({ port }) => portHosts(port, http.get(port) ?? [], port === 80 ? slice.virtualHosts : []));
  const sniffed = entries.filter((entry) => entry.port.protocol === 'auto' && ownAddresses(entry, slice.endpoints).length > 0);
  return {
    listeners: byName([outboundListeners(entries, slice)]),
    tables: byName([
      ports.map(({ port }, index) => portTable(port, (hosts[index]?.length ?? 0) > 0, slice.outboundTrafficPolicy)),
      sniffed.map(sniffedTable),
    ]),
    hosts: byName(hosts),
  };
});

const portTable = (port: number, vhds: boolean, policy: OutboundTrafficPolicy): Encoded =>
  encodeTable({ name: `${port}`, hosts: [catchAll(policy)], vhds });

const inbound: (slice: InboundSlice) => { readonly clusters: Resources; readonly listeners: Resources } = remember((slice) => ({
  clusters: byName([fixedClusters, slice.ports.filter(({ protocol }) => protocol !== 'udp').map(portCluster)]),
  listeners: byName([[inboundListener(slice)]]),
}));

const gateway = remember((slice: View['gateway']): Routing => {
  const { listeners, routes, virtualHosts } = gatewayResources(slice);
  return { listeners: byName([listeners]), tables: byName([routes]), hosts: byName([virtualHosts]) };
});

const sidecarResources = ({ outbound, inbound: accepted }: View): ResourceSet => {
  const { listeners, tables, hosts } = routing(outbound);
  const own = inbound(accepted);
  return new Map([
    [typeUrls.CDS, merged(clustersByRole.sidecar(outbound.services, outbound.endpoints), own.clusters)],
    [typeUrls.EDS, assignmentsByRole.sidecar(outbound.services, outbound.endpoints)],
    [typeUrls.LDS, merged(listeners, own.listeners)],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
  ]);
};

const gatewayResourceSet = ({ outbound, gateway: slice }: View): ResourceSet => {
  const { listeners, tables, hosts } = gateway(slice);
  return new Map([
    [typeUrls.CDS, clustersByRole.gateway(outbound.services, outbound.endpoints)],
    [typeUrls.EDS, assignmentsByRole.gateway(outbound.services, outbound.endpoints)],
    [typeUrls.LDS, listeners],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
  ]);
};

export const emit = (view: View): ResourceSet => (view.role === 'gateway' ? gatewayResourceSet(view) : sidecarResources(view));
