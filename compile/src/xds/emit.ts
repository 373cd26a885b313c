/**
 * `emit`: a View as Envoy's resources. Pure; what a part of the View was made into is remembered for as long as that part lives,
 * so a change costs what it changed, and maps that say the same are the same object.
 */
import { canBind, inboundName, isCapturePort, type ResourceSet, typeUrls } from '@weft/envoy';
import {
  atPort,
  type EgressScope,
  type Entry,
  type InboundSlice,
  isHttp,
  type Origin,
  type OutboundSlice,
  ownAddresses,
  type PortEndpoints,
  portsOf,
  readsHttp,
  type ScopedService,
  type View,
} from '../mesh/index.ts';
import { type Role, type Situation, serviceClusters } from './clusters.ts';
import { type BoundPort, boundListener, boundRoutes, proxiedHosts } from './egress.ts';
import { assignments, endpointsOf } from './endpoints.ts';
import { fixedClusters, portCluster } from './fixed-clusters.ts';
import { gatewayListeners, gatewayRouteTables } from './gateway.ts';
import { type Guards, guardResources, guards } from './guards.ts';
import { boundListeners, inboundListener } from './inbound.ts';
import { outboundListeners, sniffedRoutes } from './outbound.ts';
import { portHosts, type RuleHosts } from './port-hosts.ts';
import { byName, merged, type Part, type Resources, remember, rememberEach, rememberPair, rememberTable } from './remember.ts';
import { secretResources } from './secrets.ts';
import { sniClusters } from './sni-clusters.ts';
import { catchAll, encodeTable, outsideCluster, serviceHost } from './virtual-hosts.ts';
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

const entriesOfService: (scoped: ScopedService) => readonly Entry[] = remember((scoped) =>
  scoped.service.ports.filter(({ protocol, number }) => protocol !== 'udp' && !isCapturePort(number)).map((port) => ({ scoped, port })),
);

const entriesOf: (services: Services) => readonly Entry[] = remember((services) => services.flatMap(entriesOfService));

/** Of hosts that no service has on this port [S49]. */
const rulesAt = (port: number, { virtualHosts }: OutboundSlice): RuleHosts => virtualHosts.get(port) ?? noRules;
const noRules: RuleHosts = [];

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

const routingOf = (slice: OutboundSlice, entries: readonly Entry[]): Routing => {
  const http = Map.groupBy(
    entries.filter(({ port }) => isHttp(port.protocol) || port.protocol === 'auto'),
    ({ port }) => port.number,
  );
  const ports = wildcards(entries, slice).filter((wildcard) => wildcard.http);
  const hosts = ports.map(({ port }) => portHosts(port, http.get(port) ?? [], rulesAt(port, slice)));
  const outside = outsideCluster(slice);
  const sniffed = entries.filter((entry) => entry.port.protocol === 'auto' && ownAddresses(entry, slice.endpoints).length > 0);
  return {
    listeners: byName(outboundListeners(entries, slice)),
    tables: byName([
      ...ports.map(({ port }, index) => portTable(port, (hosts[index]?.length ?? 0) > 0, outside)),
      ...sniffed.map(sniffedTable),
    ]),
    hosts: byName(hosts.flat()),
  };
};

/** A socket of its own, with the routes of its own port. */
const boundRouting = (slice: OutboundSlice, { port, bind, bindToPort }: BoundPort, entries: readonly Entry[]): Routing => {
  const hosts = port.isProxy || port.number === 0 ? [] : portHosts(port.number, entries, rulesAt(port.number, slice));
  const outside = outsideCluster(slice);
  const name = boundRoutes({ port, bind, bindToPort });
  const table = (): Part =>
    port.isProxy || port.number === 0
      ? [encodeTable({ name, hosts: [...proxiedHosts(entries), catchAll(outside)], vhds: false, withPorts: true })]
      : portTable(port.number, hosts.length > 0, outside);
  return {
    listeners: byName([[boundListener({ port, bind, bindToPort }, entries, slice)]]),
    tables: byName(readsHttp(port) ? [table()] : []),
    hosts: byName(readsHttp(port) ? hosts : []),
  };
};

const scopeRouting = (slice: OutboundSlice, scope: EgressScope, taken: ReadonlySet<number>): readonly Routing[] => {
  const { port, bind, bindToPort, services, virtualHosts } = scope;
  const part: OutboundSlice = { ...slice, services, virtualHosts };
  const all = entriesOf(services);
  const entries = port ? atPort(all, port) : all.filter((entry) => !taken.has(entry.port.number));
  if (entries.length === 0 && (port || bind !== undefined)) return [];
  if (bind === undefined) {
    const heard = port ? new Map([...virtualHosts].filter(([number]) => number === port.number)) : virtualHosts;
    return [routingOf({ ...part, virtualHosts: heard }, entries)];
  }
  const ports = port ? [port] : portsOf(entries);
  return ports
    .filter(({ number }) => canBind({ bind, bindToPort }, number))
    .map((one) =>
      boundRouting(part, { port: one, bind, bindToPort }, port ? entries : entries.filter((entry) => entry.port.number === one.number)),
    );
};

/** Listeners as a Sidecar has them: what one has taken, those after it leave alone [S21, S23]. */
const scopedRouting = (slice: OutboundSlice, scopes: readonly EgressScope[]): Routing => {
  const taken = new Set<number>();
  const parts = scopes.flatMap((scope) => {
    const made = scopeRouting(slice, scope, taken);
    if (scope.port && scope.port.number !== 0) taken.add(scope.port.number);
    return made;
  });
  const nobody = routingOf({ ...slice, services: [], virtualHosts: new Map() }, []);
  const all = (pick: (part: Routing) => Resources): Resources => byName([nobody, ...parts].map((part) => [...pick(part).values()]));
  return { listeners: all(({ listeners }) => listeners), tables: all(({ tables }) => tables), hosts: all(({ hosts }) => hosts) };
};

const routing: (slice: OutboundSlice) => Routing = remember((slice) =>
  slice.listeners ? scopedRouting(slice, slice.listeners) : routingOf(slice, entriesOf(slice.services)),
);

const portTables = new Map<string, Part>();

const portTable = (port: number, vhds: boolean, outside: string): Part => {
  const key = `${port} ${vhds} ${outside}`;
  const table = portTables.get(key) ?? [encodeTable({ name: `${port}`, hosts: [catchAll(outside)], vhds })];
  portTables.set(key, table);
  return table;
};

const inboundClusters = remember(
  (slice: InboundSlice): Resources =>
    byName([
      fixedClusters(slice),
      slice.ports.filter(({ protocol }) => protocol !== 'udp').map((port) => portCluster(port, slice.families)),
    ]),
);

const inboundListeners = rememberPair(
  (slice: InboundSlice, guarded: Guards): Resources => byName([[inboundListener(slice, guarded), ...boundListeners(slice, guarded)]]),
);

/** A place where the workload is heard is no place to call somebody from: Envoy refuses two listeners of one address. */
const besides = rememberPair((own: Resources, calls: Resources): Resources => {
  const free = [...calls.values()].filter(({ name }) => !own.has(inboundName(name)));
  return free.length === calls.size ? calls : byName([free]);
});

const gatewayTables = remember((slice: View['gateway']): Omit<Routing, 'listeners'> => {
  const { tables, virtualHosts } = gatewayRouteTables(slice);
  return { tables: byName([tables]), hosts: byName([virtualHosts]) };
});

const secrets: (slice: View['credentials']) => Resources = remember((slice) => byName([secretResources(slice)]));

const sidecarResources = (view: View): ResourceSet => {
  const { origin, outbound, inbound, authorization, credentials } = view;
  const balance = balanced.sidecar(origin);
  const { listeners, tables, hosts } = routing(outbound);
  const own = inboundListeners(inbound, guards(authorization.authorizers));
  return new Map([
    [typeUrls.CDS, merged(balance.clusters(outbound.services, outbound.endpoints), inboundClusters(inbound))],
    [typeUrls.EDS, balance.assignments(outbound.services, outbound.endpoints)],
    [typeUrls.ECDS, byName(guardResources(view))],
    [typeUrls.LDS, merged(besides(own, listeners), own)],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
    [typeUrls.SDS, secrets(credentials)],
  ]);
};

const none: Resources = new Map();

const gatewayResourceSet = (view: View): ResourceSet => {
  const { origin, outbound, gateway: slice, authorization, credentials } = view;
  const { services, endpoints } = outbound;
  const { tables, hosts } = gatewayTables(slice);
  const own = balanced.gateway(origin);
  const listeners = byName([gatewayListeners(slice)(services, guards(authorization.authorizers))]);
  const { clusters, assignments } = sniClusters(slice, services, { role: 'gateway', origin, endpoints });
  return new Map([
    [typeUrls.CDS, merged(own.clusters(services, endpoints), byName([clusters]))],
    [typeUrls.EDS, merged(own.assignments(services, endpoints), byName([assignments]))],
    [typeUrls.ECDS, listeners.size === 0 ? none : byName(guardResources(view))],
    [typeUrls.LDS, listeners],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
    [typeUrls.SDS, secrets(credentials)],
  ]);
};

export const emit = (view: View): ResourceSet => (view.role === 'gateway' ? gatewayResourceSet(view) : sidecarResources(view));
