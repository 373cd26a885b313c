/**
 * `emit`: a View as Envoy's resources. Pure; what a part of the View was made into is remembered for as long as that part lives,
 * so a change costs what it changed, and maps that say the same are the same object.
 */
import { inboundName, type ResourceSet, typeUrls } from '@weft/envoy';
import type { AuthorizationSlice, InboundSlice, Origin, PortEndpoints, ScopedService, View } from '../mesh/index.ts';
import { byName, merged, type Resources } from './by-name.ts';
import { type Calls, callsOf } from './calls.ts';
import { type Role, type Situation, serviceClusters } from './clusters.ts';
import { assignments, endpointsOf } from './endpoints.ts';
import { fixedClusters, portCluster } from './fixed-clusters.ts';
import { gatewayListeners, gatewayRouteTables } from './gateway.ts';
import { guardResources } from './guards.ts';
import { boundListeners, inboundListener } from './inbound.ts';
import { joinedPart, type Part, remember, rememberEach, rememberPair, type Touched } from './remember.ts';
import { secretResources } from './secrets.ts';
import { sniClusters } from './sni-clusters.ts';

type Services = readonly ScopedService[];
type Endpoints = ReadonlyMap<string, PortEndpoints>;

interface Balanced {
  readonly clusters: (services: Services, endpoints: Endpoints) => Resources;
  readonly assignments: (services: Services, endpoints: Endpoints) => Resources;
}

const isEds = ({ service }: ScopedService, role: Role): boolean =>
  service.resolution === 'eds' || (role === 'gateway' && service.headless && service.resolution === 'original-dst');

const serviceAssignments = (scoped: ScopedService, { role, origin, endpoints }: Situation): Part => {
  const ports = isEds(scoped, role) ? scoped.service.ports.filter(({ protocol }) => protocol !== 'udp') : [];
  return joinedPart(ports.map(({ number }) => assignments(endpointsOf(endpoints, scoped.service, number), scoped, origin)));
};

/** Keys of services of which some port has other endpoints. */
const servedAnew = rememberPair((before: Endpoints, now: Endpoints): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const [key, port] of now) if (before.get(key) !== port) found.add(port.service);
  for (const [key, port] of before) if (!now.has(key)) found.add(port.service);
  return found;
});

const isServedAnew: Touched<ScopedService, Endpoints> = (before, now) => {
  const services = servedAnew(before, now);
  return ({ service }) => services.has(service.key);
};

/** Clusters and endpoints as they are for all proxies of one place. */
const balancedFrom = (role: Role): ((origin: Origin) => Balanced) =>
  remember((origin) => {
    const clusters = rememberEach(
      (scoped: ScopedService, endpoints: Endpoints) => serviceClusters(scoped, { role, origin, endpoints }),
      isServedAnew,
    );
    const assigned = rememberEach(
      (scoped: ScopedService, endpoints: Endpoints) => serviceAssignments(scoped, { role, origin, endpoints }),
      isServedAnew,
    );
    return {
      clusters: (services, endpoints) => byName(clusters(services, endpoints)),
      assignments: (services, endpoints) => byName(assigned(services, endpoints)),
    };
  });

const balanced = { sidecar: balancedFrom('sidecar'), gateway: balancedFrom('gateway') };

const inboundClusters = remember(
  (slice: InboundSlice): Resources =>
    byName([
      fixedClusters(slice),
      slice.ports.filter(({ protocol }) => protocol !== 'udp').map((port) => portCluster(port, slice.families)),
    ]),
);

const inboundListeners = rememberPair(
  (slice: InboundSlice, authorization: AuthorizationSlice): Resources =>
    byName([[inboundListener(slice, authorization), ...boundListeners(slice, authorization)]]),
);

/** A place where the workload is heard is no place to call somebody from: Envoy refuses two listeners of one address. */
const besides = rememberPair((own: Resources, calls: Resources): Resources => {
  const free = [...calls.values()].filter(({ name }) => !own.has(inboundName(name)));
  return free.length === calls.size ? calls : byName([free]);
});

const gatewayTables = remember((slice: View['gateway']): Omit<Calls, 'listeners'> => {
  const { tables, virtualHosts } = gatewayRouteTables(slice);
  return { tables: byName([tables]), hosts: byName([virtualHosts]) };
});

const secrets: (slice: View['credentials']) => Resources = remember((slice) => byName([secretResources(slice)]));

const sidecarResources = (view: View): ResourceSet => {
  const { origin, outbound, inbound, authorization, credentials } = view;
  const balance = balanced.sidecar(origin);
  const { listeners, tables, hosts } = callsOf(outbound);
  const own = inboundListeners(inbound, authorization);
  return new Map([
    [typeUrls.CDS, merged(balance.clusters(outbound.services, outbound.endpoints), inboundClusters(inbound))],
    [typeUrls.EDS, balance.assignments(outbound.services, outbound.endpoints)],
    [typeUrls.ECDS, byName([guardResources(view)])],
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
  const listeners = byName([gatewayListeners(slice)(services, authorization)]);
  const { clusters, assignments } = sniClusters(slice, services, { role: 'gateway', origin, endpoints });
  return new Map([
    [typeUrls.CDS, merged(own.clusters(services, endpoints), byName([clusters]))],
    [typeUrls.EDS, merged(own.assignments(services, endpoints), byName([assignments]))],
    [typeUrls.ECDS, listeners.size === 0 ? none : byName([guardResources(view)])],
    [typeUrls.LDS, listeners],
    [typeUrls.RDS, tables],
    [typeUrls.VHDS, hosts],
    [typeUrls.SDS, secrets(credentials)],
  ]);
};

export const emit = (view: View): ResourceSet => (view.role === 'gateway' ? gatewayResourceSet(view) : sidecarResources(view));
