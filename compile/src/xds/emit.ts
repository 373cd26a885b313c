/**
 * `emit`: a View as Envoy's resources. Pure; what a part of the View was made into is remembered for as long as that part lives,
 * so a change costs what it changed, and maps that say the same are the same object.
 */
import { inboundCapturePort, outboundCapturePort, type ResourceSet, typeUrls } from '@weft/envoy';
import type { HttpRoute, InboundSlice, Origin, OutboundSlice, PortEndpoints, ScopedService, View } from '../mesh/index.ts';
import { isHttp } from '../mesh/index.ts';
import { type Role, type Situation, serviceClusters } from './clusters.ts';
import { type Entry, ownAddresses } from './connections.ts';
import { assignments, endpointsOf } from './endpoints.ts';
import { fixedClusters, portCluster } from './fixed-clusters.ts';
import { gatewayListeners, gatewayRouteTables } from './gateway.ts';
import { inboundListener } from './inbound.ts';
import { outboundListeners, sniffedRoutes } from './outbound.ts';
import { byName, merged, type Part, type Resources, remember, rememberEach, rememberPair, rememberTable } from './remember.ts';
import { sniClusters } from './sni-clusters.ts';
import { catchAll, domainsOf, encodeHost, encodeTable, type OutboundTrafficPolicy, ruleHost, serviceHost } from './virtual-hosts.ts';
import { wildcards } from './wildcard.ts';

type Services = readonly ScopedService[];
type Endpoints = ReadonlyMap<string, PortEndpoints>;

interface Balanced {
  readonly clusters: (services: Services, endpoints: Endpoints) => Resources;
  readonly assignments: (services: Services, endpoints: Endpoints) => Resources;
}

const isEds = ({ service }: ScopedService, role: Role): boolean =>
  service.resolution === 'eds' || (role === 'gateway' && service.headless && service.resolution === 'original-dst');

const serviceAssignments = (scoped: ScopedService, { role, origin, endpoints }: Situation): Part[] => {
  if (!isEds(scoped, role)) return [];
  return scoped.service.ports
    .filter(({ protocol }) => protocol !== 'udp')
    .map(({ number }) => assignments(endpointsOf(endpoints, scoped.service, number), scoped, origin));
};

/** Clusters and endpoints as they are for all proxies of one place. */
const balancedFrom = (role: Role): ((origin: Origin) => Balanced) =>
  remember((origin) => {
    const clusters = rememberEach((scoped: ScopedService, endpoints: Endpoints) => serviceClusters(scoped, { role, origin, endpoints }));
    const assigned = rememberEach((scoped: ScopedService, endpoints: Endpoints) => serviceAssignments(scoped, { role, origin, endpoints }));
    return {
      clusters: rememberPair((services: Services, endpoints: Endpoints): Resources => byName(clusters(services, endpoints))),
      assignments: rememberPair((services: Services, endpoints: Endpoints): Resources => byName(assigned(services, endpoints).flat())),
    };
  });

const balanced = { sidecar: balancedFrom('sidecar'), gateway: balancedFrom('gateway') };

/** Envoy's own ports stand for nothing else. */
const isTaken = (port: number): boolean => port === outboundCapturePort || port === inboundCapturePort;

const entriesOf: (services: Services) => readonly Entry[] = remember((services) =>
  services.flatMap((scoped) =>
    scoped.service.ports.filter(({ protocol, number }) => protocol !== 'udp' && !isTaken(number)).map((port) => ({ scoped, port })),
  ),
);

const encodedHosts = rememberTable<ScopedService, Part>();
const encodedRules = rememberTable<readonly HttpRoute[], Part>();

/** The virtual hosts of one port. A domain belongs to the first that has it: Envoy refuses a table with two. */
const portHosts = (port: number, entries: readonly Entry[], rules: OutboundSlice['virtualHosts']): Part[] => {
  const taken = new Set<string>(['*']);
  const free = (domains: readonly string[]): string[] => domains.filter((domain) => !taken.has(domain) && taken.add(domain));
  const parts: Part[] = [];
  for (const { scoped, port: servicePort } of entries) {
    const domains = free(domainsOf(scoped));
    if (domains.length === 0) continue;
    const make = () => [encodeHost(`${port}`, serviceHost(scoped, servicePort, domains))];
    parts.push(encodedHosts(scoped)(`${port} ${domains.join(' ')}`, make));
  }
  for (const { host, routes } of rules) {
    if (free([host]).length > 0)
      parts.push(encodedRules(routes)(`${port} ${host}`, () => [encodeHost(`${port}`, ruleHost(host, port, routes))]));
  }
  return parts;
};

const sniffedTables = rememberTable<ScopedService, Part>();

/** A sniffed service's table is its own: whatever comes to its address is meant for it. */
const sniffedTable = (entry: Entry): Part => {
  const name = sniffedRoutes(entry);
  return sniffedTables(entry.scoped)(name, () => [
    encodeTable({ name, hosts: [serviceHost(entry.scoped, entry.port, ['*'])], vhds: false }),
  ]);
};

interface Routing {
  readonly listeners: Resources;
  readonly tables: Resources;
  readonly hosts: Resources;
}

const routing: (slice: OutboundSlice) => Routing = remember((slice) => {
  const entries = entriesOf(slice.services);
  const http = Map.groupBy(
    entries.filter(({ port }) => isHttp(port.protocol) || port.protocol === 'auto'),
    ({ port }) => port.number,
  );
  const ports = wildcards(entries, slice).filter((wildcard) => wildcard.http);
  const hosts = ports.map(({ port }) => portHosts(port, http.get(port) ?? [], port === 80 ? slice.virtualHosts : []));
  const sniffed = entries.filter((entry) => entry.port.protocol === 'auto' && ownAddresses(entry, slice.endpoints).length > 0);
  return {
    listeners: byName(outboundListeners(entries, slice)),
    tables: byName([
      ...ports.map(({ port }, index) => portTable(port, (hosts[index]?.length ?? 0) > 0, slice.outboundTrafficPolicy)),
      ...sniffed.map(sniffedTable),
    ]),
    hosts: byName(hosts.flat()),
  };
});

const portTables = new Map<string, Part>();

const portTable = (port: number, vhds: boolean, policy: OutboundTrafficPolicy): Part => {
  const key = `${port} ${vhds} ${policy}`;
  const table = portTables.get(key) ?? [encodeTable({ name: `${port}`, hosts: [catchAll(policy)], vhds })];
  portTables.set(key, table);
  return table;
};

const inbound: (slice: InboundSlice) => { readonly clusters: Resources; readonly listeners: Resources } = remember((slice) => ({
  clusters: byName([fixedClusters, slice.ports.filter(({ protocol }) => protocol !== 'udp').map(portCluster)]),
  listeners: byName([[inboundListener(slice)]]),
}));

const gatewayTables = remember((slice: View['gateway']): Omit<Routing, 'listeners'> => {
  const { tables, virtualHosts } = gatewayRouteTables(slice);
  return { tables: byName([tables]), hosts: byName([virtualHosts]) };
});

const sidecarResources = ({ origin, outbound, inbound: accepted }: View): ResourceSet => {
  const balance = balanced.sidecar(origin);
  const { listeners, tables, hosts } = routing(outbound);
  const own = inbound(accepted);
  return new Map([
    [typeUrls.CDS, merged(balance.clusters(outbound.services, outbound.endpoints), own.clusters)],
    [typeUrls.EDS, balance.assignments(outbound.services, outbound.endpoints)],
    [typeUrls.LDS, merged(listeners, own.listeners)],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
  ]);
};

const gatewayResourceSet = ({ origin, outbound, gateway: slice }: View): ResourceSet => {
  const { services, endpoints } = outbound;
  const { tables, hosts } = gatewayTables(slice);
  const own = balanced.gateway(origin);
  const { clusters, assignments } = sniClusters(slice, services, endpoints);
  return new Map([
    [typeUrls.CDS, merged(own.clusters(services, endpoints), byName([clusters]))],
    [typeUrls.EDS, merged(own.assignments(services, endpoints), byName([assignments]))],
    [typeUrls.LDS, byName([gatewayListeners(slice, services)])],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
  ]);
};

export const emit = (view: View): ResourceSet => (view.role === 'gateway' ? gatewayResourceSet(view) : sidecarResources(view));
