/**
 * AUTO_PASSTHROUGH [S121]: mesh TLS is passed on unopened to the cluster that its server name says, so these clusters add no TLS,
 * bear that name, and hold only endpoints that take mesh TLS: whatever comes in was checked where it ends.
 */
import { create, type Encoded, encodeResource, outboundSni } from '@weft/envoy';
import { Cluster_DiscoveryType, Cluster_LbPolicy, ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { covers, type GatewaySlice, type PortEndpoints, type ScopedService, type Service, type Subset } from '../mesh/index.ts';
import { circuitBreakers } from './cluster-policy.ts';
import { connectTimeout } from './clusters.ts';
import { assignment, endpointsOf, inSubset } from './endpoints.ts';
import { fromAds } from './sources.ts';

interface Target {
  readonly name: string;
  readonly service: Service;
  readonly port: number;
  readonly subset?: Subset;
}

const targetsOf = (services: readonly ScopedService[], hosts: readonly string[]): readonly Target[] =>
  services
    .filter(({ service }) => !service.meshExternal && service.resolution === 'eds' && hosts.some((host) => covers(host, service.hostname)))
    .flatMap(({ service, destination }) =>
      service.ports
        .filter(({ protocol }) => protocol !== 'udp')
        .flatMap(({ number: port }): Target[] => {
          const whole = { service, port, name: outboundSni({ port, host: service.hostname }) };
          const ofSubset = (subset: Subset) => ({
            service,
            port,
            subset,
            name: outboundSni({ port, host: service.hostname, subset: subset.name }),
          });
          return [whole, ...destination.subsets.map(ofSubset)];
        }),
    );

export const sniClusterNames = (services: readonly ScopedService[], hosts: readonly string[]): readonly string[] =>
  targetsOf(services, hosts).map(({ name }) => name);

const cluster = ({ name }: Target): Encoded =>
  encodeResource(
    name,
    ClusterSchema,
    create(ClusterSchema, {
      name,
      connectTimeout,
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: fromAds },
      lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
      circuitBreakers: circuitBreakers({}),
    }),
  );

const passedOnHosts = ({ servers }: GatewaySlice): readonly string[] =>
  servers.flatMap(({ chains }) => chains.flatMap(({ content }) => (content.kind === 'auto-passthrough' ? content.hosts : [])));

const endpoints = ({ name, service, port, subset }: Target, all: ReadonlyMap<string, PortEndpoints>): Encoded => {
  const reachable = endpointsOf(all, service, port).endpoints.filter(({ mtls }) => mtls);
  return assignment(name, subset ? reachable.filter((endpoint) => inSubset(subset, endpoint)) : reachable);
};

export interface SniClusters {
  readonly clusters: readonly Encoded[];
  readonly assignments: readonly Encoded[];
}

export const sniClusters = (
  slice: GatewaySlice,
  services: readonly ScopedService[],
  all: ReadonlyMap<string, PortEndpoints>,
): SniClusters => {
  const hosts = passedOnHosts(slice);
  const targets = hosts.length === 0 ? [] : targetsOf(services, hosts);
  return { clusters: targets.map(cluster), assignments: targets.map((target) => endpoints(target, all)) };
};
