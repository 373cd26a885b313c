/** Clusters that every sidecar has [S3, S5], and those of its own ports. */
import {
  blackHoleCluster,
  create,
  type Encoded,
  encodeResource,
  type Init,
  inboundCluster,
  inboundPassthroughCluster,
  passthroughCluster,
} from '@weft/envoy';
import { Cluster_DiscoveryType, Cluster_LbPolicy, ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { type ConnectionPool, type Families, type InboundPort, isSocket, type Surface } from '../mesh/index.ts';
import { httpOptions, httpVersion } from './cluster-policy.ts';
import { pooled } from './clusters.ts';
import { socketAddress } from './endpoints.ts';

type ClusterInit = Init<typeof ClusterSchema>;

const encode = (name: string, init: ClusterInit): Encoded => encodeResource(name, ClusterSchema, create(ClusterSchema, { name, ...init }));

const originalDestination: ClusterInit = {
  clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
};

/** What tells Envoy's connections to its application from those of anybody else: capture leaves them alone. */
const fromProxy = (families: Families | undefined): ClusterInit => {
  const source = (address: string) => ({ address, portSpecifier: { case: 'portValue' as const, value: 0 } });
  if (families === 'ipv6') return { upstreamBindConfig: { sourceAddress: source('::6') } };
  const extraSourceAddresses = families === 'dual' ? [{ address: source('::6') }] : [];
  return { upstreamBindConfig: { sourceAddress: source('127.0.0.6'), extraSourceAddresses } };
};

const asDialled = (pool: ConnectionPool): ClusterInit => ({
  ...originalDestination,
  ...pooled(pool),
});

const fixed = new Map<string, readonly Encoded[]>();

/** The same list for all proxies of a family; the mesh's settings of connections hold here too. */
export const fixedClusters = ({ families, tcp }: Surface): readonly Encoded[] => {
  const key = JSON.stringify([families, tcp]);
  const known = fixed.get(key);
  if (known) return known;
  const pool: ConnectionPool = { ...(tcp && { tcp }) };
  const passing = { ...asDialled(pool), ...httpOptions('as-client', {}) };
  const { connectTimeout } = pooled(pool);
  const made = [
    encode(passthroughCluster, passing),
    encode(blackHoleCluster, { clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC }, connectTimeout }),
    encode(inboundPassthroughCluster, { ...passing, ...fromProxy(families) }),
  ];
  fixed.set(key, made);
  return made;
};

const isLoopback = (address: string): boolean => address === '127.0.0.1' || address === '::1';

/** A Sidecar's `defaultEndpoint`. From loopback to loopback nothing is captured, and a socket has no address to come from. */
const asToldTo = (
  { address, port }: NonNullable<InboundPort['target']>,
  pool: ConnectionPool,
  families: Families | undefined,
): ClusterInit => ({
  clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
  ...pooled(pool),
  loadAssignment: {
    clusterName: '',
    endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: socketAddress(address, port) } } }] }],
  },
  ...(!isLoopback(address) && !isSocket(address) && fromProxy(families)),
});

/** Read by what counts requests: whose they are [S140]. */
const named = (service: InboundPort['service']): ClusterInit =>
  service ? { metadata: { filterMetadata: { weft: { service: service.hostname } } } } : {};

export const portCluster = (
  { port, protocol, target, service, connectionPool = {} }: InboundPort,
  families: Families | undefined,
): Encoded => {
  const version = httpVersion(protocol, connectionPool);
  const name = inboundCluster(port);
  const toldTo = target && asToldTo(target, connectionPool, families);
  return encode(name, {
    ...(toldTo
      ? { ...toldTo, loadAssignment: { ...toldTo.loadAssignment, clusterName: name } }
      : { ...asDialled(connectionPool), ...fromProxy(families) }),
    ...(version !== 'none' && httpOptions(version, connectionPool)),
    ...named(service),
  });
};
