/** Outbound clusters: one for each port of a service and one for each subset of it, with mesh TLS where the endpoint speaks it. */
import { create, type Encoded, encodeResource, type Init, milliseconds, outboundCluster } from '@weft/envoy';
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import {
  type ConnectionPool,
  type DestinationPolicy,
  type Endpoint,
  nearnessOf,
  type Origin,
  type PortEndpoints,
  type Resolution,
  type RetryBudget,
  type ScopedService,
  type Service,
  type ServicePort,
  type Standing,
  type Subset,
  type TrafficPolicy,
} from '../mesh/index.ts';
import { balancing, commonBalancing } from './balancing.ts';
import { circuitBreakers, httpOptions, httpVersion, keepalive, outlierDetection } from './cluster-policy.ts';
import { dynamicCluster, isDynamic } from './dynamic-dns.ts';
import { endpointsOf, inSubset, localities, peers } from './endpoints.ts';
import { rememberKeyed } from './remember.ts';
import { fromAds } from './sources.ts';
import { fromHost, transport } from './transport.ts';

type ClusterInit = Init<typeof ClusterSchema>;

const defaultConnectTimeout = 10_000;

/** How connections are opened, kept alive and counted. */
export const pooled = (pool: ConnectionPool, budget?: RetryBudget): ClusterInit => ({
  connectTimeout: milliseconds(pool.tcp?.connectTimeout ?? defaultConnectTimeout),
  circuitBreakers: circuitBreakers({ pool, budget }),
  ...keepalive(pool),
});

/** One cluster's worth of input. */
export interface Target {
  readonly service: Service;
  readonly port: ServicePort;
  readonly resolution: Resolution;
  readonly endpoints: PortEndpoints;
  readonly subset?: Subset;
  readonly policy: TrafficPolicy;
  readonly standing: Standing;
  /** The client may have Secrets. */
  readonly credentialed: boolean;
}

const lookups = {
  ipv4: Cluster_DnsLookupFamily.V4_ONLY,
  ipv6: Cluster_DnsLookupFamily.V6_ONLY,
  dual: Cluster_DnsLookupFamily.ALL,
} as const;

const resolvedByEnvoy = (name: string, endpoints: readonly Endpoint[], standing: Standing): ClusterInit => ({
  loadAssignment: { clusterName: name, endpoints: localities(endpoints, standing) },
  dnsLookupFamily: lookups[standing.origin.families ?? 'ipv4'],
  // The answer's own time to live; 60 s where a name does not resolve [S73].
  respectDnsTtl: true,
  dnsRefreshRate: milliseconds(60_000),
});

/** At the address dialled, but at another port. */
const elsewhere = ({ upstream }: ServicePort): ClusterInit =>
  upstream === undefined ? {} : { lbConfig: { case: 'originalDstLbConfig', value: { upstreamPortOverride: upstream } } };

const discovery = (name: string, { port, resolution, endpoints, subset, policy, standing, credentialed }: Target): ClusterInit => {
  const chosen = subset ? endpoints.endpoints.filter((endpoint) => inSubset(subset, endpoint)) : endpoints.endpoints;
  const type = (value: Cluster_DiscoveryType) => ({ clusterDiscoveryType: { case: 'type' as const, value } });
  // Without its Secret a client calls nobody, rather than in plaintext or unverified [S76].
  if (policy.tls?.credentialName && !credentialed) return type(Cluster_DiscoveryType.STATIC);
  if (resolution === 'dns-dynamic') return dynamicCluster;
  if (resolution === 'original-dst' || policy.loadBalancer?.simple === 'PASSTHROUGH')
    return { ...type(Cluster_DiscoveryType.ORIGINAL_DST), lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED, ...elsewhere(port) };
  const balanced = balancing(policy.loadBalancer);
  if (resolution === 'dns-strict')
    return { ...type(Cluster_DiscoveryType.STRICT_DNS), ...balanced, ...resolvedByEnvoy(name, chosen, standing) };
  // LOGICAL_DNS takes exactly one name; without one the cluster is there and has nobody behind it.
  if (resolution === 'dns-logical')
    return chosen.length === 0
      ? { ...type(Cluster_DiscoveryType.STATIC), ...balanced }
      : { ...type(Cluster_DiscoveryType.LOGICAL_DNS), ...balanced, ...resolvedByEnvoy(name, chosen.slice(0, 1), standing) };
  return { ...type(Cluster_DiscoveryType.EDS), ...balanced, edsClusterConfig: { edsConfig: fromAds } };
};

const versionOf = ({ port, policy }: Target) => httpVersion(port.protocol, policy.connectionPool ?? {});

/** What its policy says of a cluster, but for TLS and what comes before it. */
export const unsecured = (name: string, target: Target, hostSays?: ReturnType<typeof fromHost>): ClusterInit => {
  const { service, policy } = target;
  const pool = policy.connectionPool ?? {};
  const version = versionOf(target);
  return {
    name,
    ...pooled(pool, policy.retryBudget),
    ...discovery(name, target),
    ...(version !== 'none' && httpOptions(version, pool, hostSays)),
    ...(policy.outlierDetection && { outlierDetection: outlierDetection(policy.outlierDetection) }),
    ...commonBalancing({ policy, service, nearness: target.standing.nearness }),
  };
};

const cluster = (target: Target): Encoded => {
  const { service, port, subset } = target;
  const name = outboundCluster({ port: port.number, host: service.hostname, ...(subset && { subset: subset.name }) });
  const init = { ...unsecured(name, target, fromHost(target)), ...transport(target, versionOf(target)) };
  return encodeResource(name, ClusterSchema, create(ClusterSchema, init));
};

export type Role = 'sidecar' | 'gateway';

/** A headless service's connection goes where its client dialled it; a gateway's clients dial the gateway [S71]. */
const resolutionFor = ({ resolution, headless }: Service, role: Role): Resolution =>
  headless && resolution === 'original-dst' && role === 'gateway' ? 'eds' : resolution;

type AllEndpoints = ReadonlyMap<string, PortEndpoints>;

/** What a service's clusters depend on beside the service and its policy. */
export interface Situation {
  readonly role: Role;
  readonly origin: Origin;
  readonly endpoints: AllEndpoints;
}

/** What of the endpoints a cluster depends on: who they are; where Envoy resolves them, all of them, and how far away they are. */
const endpointKey = (service: Service, { role, origin, endpoints }: Situation): string => {
  const whole = service.resolution.startsWith('dns-');
  const parts = service.ports.map(({ number }) => {
    const port = endpointsOf(endpoints, service, number);
    return whole ? JSON.stringify(port.endpoints) : peers(port).key;
  });
  return [role, JSON.stringify(whole ? origin : [origin.balancing, origin.aliases]), ...parts].join('\n');
};

const remembered = rememberKeyed<Service, DestinationPolicy, readonly Encoded[]>();

/** One for each port that is carried, and for each subset of it. */
export const targetsOf = ({ service, destination }: ScopedService, { role, origin, endpoints }: Situation): readonly Target[] => {
  const targetOf = (port: ServicePort, policy: TrafficPolicy): Target => ({
    service,
    port,
    resolution: resolutionFor(service, role),
    endpoints: endpointsOf(endpoints, service, port.number),
    policy,
    // The one name of LOGICAL_DNS is neither near nor far, and may not be dropped.
    standing: { nearness: service.resolution === 'dns-logical' ? undefined : nearnessOf(policy, service, origin), origin },
    credentialed: role === 'gateway' || destination.selected === true,
  });
  // Who is resolved on the way has no labels, so there are no subsets either (Istio's cluster_builder.go).
  const subsets = isDynamic(service) ? [] : destination.subsets;
  const carried = service.ports.filter(({ protocol }) => protocol !== 'udp');
  return carried.flatMap((port) => [
    targetOf(port, destination.policy(port.number)),
    ...subsets.map((subset) => ({ ...targetOf(port, subset.policy(port.number)), subset })),
  ]);
};

/** All clusters of a service. */
export const serviceClusters = (scoped: ScopedService, situation: Situation): readonly Encoded[] => {
  const { service, destination } = scoped;
  return remembered(service, destination, {
    key: endpointKey(service, situation),
    of: () => targetsOf(scoped, situation).map(cluster),
  });
};
