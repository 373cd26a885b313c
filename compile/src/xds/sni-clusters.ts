/**
 * AUTO_PASSTHROUGH [S121]: mesh TLS is passed on unopened to the cluster that its server name says, so these clusters add no TLS,
 * bear that name, and hold only endpoints that take mesh TLS: whatever comes in was checked where it ends. All else is as their
 * services' policies say (Istio's `buildOutboundSniDnatClusters`).
 */
import { create, type Encoded, encodeResource, outboundSni } from '@weft/envoy';
import { ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { covers, type DestinationPolicy, type GatewaySlice, type PortEndpoints, type ScopedService, type Service } from '../mesh/index.ts';
import { type Situation, type Target, targetsOf, unsecured } from './clusters.ts';
import { assignment, inSubset } from './endpoints.ts';
import { type DialsAfter, type Told, tcpProxy } from './filters.ts';
import { rememberKeyed } from './remember.ts';

/** Addresses that others resolve speak no mesh TLS that we know of. */
const isPassedOn = ({ service }: ScopedService, hosts: readonly string[]): boolean =>
  !service.meshExternal && (service.resolution === 'eds' || service.headless) && hosts.some((host) => covers(host, service.hostname));

const nameOf = ({ service, port, subset }: Pick<Target, 'service' | 'port' | 'subset'>): string =>
  outboundSni({ port: port.number, host: service.hostname, ...(subset && { subset: subset.name }) });

/** What leads a connection to each cluster, by the cluster's name. */
export const sniProxies = (services: readonly ScopedService[], hosts: readonly string[], told: Told) =>
  services
    .filter((scoped) => isPassedOn(scoped, hosts))
    .flatMap(({ service, destination }) =>
      service.ports
        .filter(({ protocol }) => protocol !== 'udp')
        .flatMap((port) => [undefined, ...destination.subsets].map((subset) => ({ port, subset })))
        .map(({ port, subset }) => {
          const name = nameOf({ service, port, ...(subset && { subset }) });
          return { name, proxy: (after?: DialsAfter) => tcpProxy(name, { ...destination.policy(port.number), ...told }, after) };
        }),
    );

const cluster = (target: Target): Encoded => {
  const name = nameOf(target);
  return encodeResource(name, ClusterSchema, create(ClusterSchema, unsecured(name, target)));
};

const passedOnHosts = ({ servers }: GatewaySlice): readonly string[] =>
  servers.flatMap(({ chains }) => chains.flatMap(({ content }) => (content.kind === 'auto-passthrough' ? content.hosts : [])));

const endpoints = (target: Target): Encoded => {
  const { subset, standing } = target;
  const reachable = target.endpoints.endpoints.filter(({ mtls }) => mtls);
  return assignment(nameOf(target), subset ? reachable.filter((endpoint) => inSubset(subset, endpoint)) : reachable, standing);
};

export interface SniClusters {
  readonly clusters: readonly Encoded[];
  readonly assignments: readonly Encoded[];
}

const clustersOf = rememberKeyed<Service, DestinationPolicy, readonly Encoded[]>();
const assignmentsOf = rememberKeyed<PortEndpoints, DestinationPolicy, readonly Encoded[]>();

const serviceClusters = (scoped: ScopedService, situation: Situation): SniClusters => {
  const { service, destination } = scoped;
  const targets = targetsOf(scoped, situation);
  const key = JSON.stringify([situation.origin, service.distribution]);
  const byPort = [...Map.groupBy(targets, (target) => target.endpoints)];
  return {
    clusters: clustersOf(service, destination, { key, of: () => targets.map(cluster) }),
    assignments: byPort.flatMap(([ports, own]) => assignmentsOf(ports, destination, { key, of: () => own.map(endpoints) })),
  };
};

export const sniClusters = (slice: GatewaySlice, services: readonly ScopedService[], situation: Situation): SniClusters => {
  const hosts = passedOnHosts(slice);
  const passedOn = hosts.length === 0 ? [] : services.filter((scoped) => isPassedOn(scoped, hosts));
  const all = passedOn.map((scoped) => serviceClusters(scoped, situation));
  return { clusters: all.flatMap(({ clusters }) => clusters), assignments: all.flatMap(({ assignments }) => assignments) };
};
