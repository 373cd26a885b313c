/** Endpoints: one assignment for a service's port and one for each subset of it. */
import { create, type Encoded, encodeResource, type Init, outboundCluster } from '@weft/envoy';
import type { AddressSchema } from '@weft/envoy/gen/envoy/config/core/v3/address_pb.js';
import { HealthStatus } from '@weft/envoy/gen/envoy/config/core/v3/health_check_pb.js';
import type { LbEndpointSchema, LocalityLbEndpointsSchema } from '@weft/envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import { ClusterLoadAssignmentSchema } from '@weft/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import {
  type DestinationPolicy,
  type Endpoint,
  type Group,
  groupsOf,
  isSocket,
  isWeighted,
  nearnessOf,
  type Origin,
  type PortEndpoints,
  type Service,
  type Standing,
  type Subset,
  selects,
} from '../mesh/index.ts';
import { remember, rememberKeyed } from './remember.ts';

type LbEndpoint = Init<typeof LbEndpointSchema>;
type LocalityEndpoints = Init<typeof LocalityLbEndpointsSchema>;

export const socketAddress = (address: string, port: number): Init<typeof AddressSchema> =>
  isSocket(address)
    ? { address: { case: 'pipe', value: { path: address } } }
    : { address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } } };

/** Of a listener; the first is the one that it is known by. */
export const socketAddresses = ([primary = '', ...others]: readonly string[], port: number) => ({
  address: socketAddress(primary, port),
  ...(others.length > 0 && { additionalAddresses: others.map((address) => ({ address: socketAddress(address, port) })) }),
});

/** What a cluster's `transport_socket_matches` look at [S93]. */
export const meshTls = { tlsMode: 'istio' } as const;
const speaksMeshTls = { filterMetadata: { 'envoy.transport_socket_match': meshTls } };

/** Envoy tries one after the other (RFC 8305). */
const lbEndpoint = ({ address, additional, port, mtls, weight, unhealthy }: Endpoint): LbEndpoint => ({
  hostIdentifier: {
    case: 'endpoint',
    value: {
      address: socketAddress(address, port),
      ...(additional !== undefined && { additionalAddresses: [{ address: socketAddress(additional, port) }] }),
    },
  },
  ...(mtls && { metadata: speaksMeshTls }),
  ...(unhealthy && { healthStatus: HealthStatus.UNHEALTHY }),
  // Envoy's own default; 0 it refuses.
  ...(weight > 1 && { loadBalancingWeight: weight }),
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorted, so that the same endpoints found in another order are the same bytes. */
const sorted = (endpoints: readonly Endpoint[]): Endpoint[] =>
  [...endpoints].sort((a, b) => compare(a.address, b.address) || a.port - b.port);

/** Below 2³² with room for what is rounded up. */
const mostWeight = 0xffff_0000;

/** Envoy refuses weights whose sum is larger than a number of 32 bits; what they are among each other is all that counts. */
const withinRange = (endpoints: readonly Endpoint[]): readonly Endpoint[] => {
  const divisor = endpoints.reduce((sum, { weight }) => sum + weight, 0) / mostWeight;
  return divisor <= 1
    ? endpoints
    : endpoints.map((endpoint) => ({ ...endpoint, weight: Math.max(1, Math.floor(endpoint.weight / divisor)) }));
};

const localityEndpoints = ({ locality, endpoints, priority, weight }: Group, weighted: boolean): LocalityEndpoints => {
  const { region, zone, subzone } = locality;
  const known = region !== '' || zone !== '' || subzone !== '';
  return {
    ...(known && { locality: { region, zone, subZone: subzone } }),
    lbEndpoints: endpoints.map(lbEndpoint),
    ...(priority > 0 && { priority }),
    // Where localities have weights, one without gets nothing.
    ...(weighted && { loadBalancingWeight: weight }),
  };
};

/** Grouped by locality, as Envoy wants them, and by distance from the client. */
export const localities = (endpoints: readonly Endpoint[], standing?: Standing): LocalityEndpoints[] => {
  const weighted = standing?.nearness !== undefined && isWeighted(standing.nearness);
  return groupsOf(sorted(withinRange(endpoints)), standing).map((group) => localityEndpoints(group, weighted));
};

interface Target {
  readonly service: Service;
  readonly destination: DestinationPolicy;
}

export const inSubset = (subset: Subset, { labels }: Endpoint): boolean => selects(subset.labels, labels);

export const assignment = (clusterName: string, endpoints: readonly Endpoint[], standing?: Standing): Encoded =>
  encodeResource(
    clusterName,
    ClusterLoadAssignmentSchema,
    create(ClusterLoadAssignmentSchema, { clusterName, endpoints: localities(endpoints, standing) }),
  );

type Remembered = ReturnType<typeof rememberKeyed<PortEndpoints, DestinationPolicy, readonly Encoded[]>>;

const everywhere: Remembered = rememberKeyed();
const fromOrigin: (origin: Origin) => Remembered = remember(() => rememberKeyed());

/** Assignments of a port, named as its clusters. Where no policy looks at localities, all clients share them. */
export const assignments = (ports: PortEndpoints, { service, destination }: Target, origin: Origin): readonly Encoded[] => {
  const { port, endpoints } = ports;
  const host = service.hostname;
  const clusters = [undefined, ...destination.subsets].map((subset) => ({
    subset,
    nearness: nearnessOf((subset ?? destination).policy(port), service, origin),
  }));
  const of = () =>
    clusters.map(({ subset, nearness }) =>
      assignment(
        outboundCluster({ port, host, ...(subset && { subset: subset.name }) }),
        subset ? endpoints.filter((endpoint) => inSubset(subset, endpoint)) : endpoints,
        { nearness, origin },
      ),
    );
  const remembered = clusters.some(({ nearness }) => nearness) ? fromOrigin(origin) : everywhere;
  return remembered(ports, destination, { key: `${host} ${service.distribution ?? ''}`, of });
};

/** What a client may expect to meet, as a key that stays equal while endpoints of the same identities come and go [S95, S96]. */
export interface Peers {
  readonly identities: readonly string[];
  /** Every endpoint speaks mesh TLS, and there is one. */
  readonly allMesh: boolean;
  readonly key: string;
}

export const peers: (ports: PortEndpoints) => Peers = remember(({ endpoints }) => {
  const mesh = endpoints.filter(({ mtls }) => mtls);
  // One without an identity is not spoken to where others have theirs: it must not widen the list for all [S96].
  const identities = [...new Set(mesh.map(({ identity }) => identity).filter((identity) => identity !== ''))].sort();
  const allMesh = endpoints.length > 0 && mesh.length === endpoints.length;
  return { identities, allMesh, key: `${allMesh ? '+' : '-'}${identities.join(' ')}` };
});

const withoutEndpoints = remember(({ key, ports }: Service): readonly PortEndpoints[] =>
  ports.map(({ number }) => ({ service: key, port: number, endpoints: [] })),
);

/** A port that nobody serves is one without endpoints: its clusters exist, and answer 503. */
export const endpointsOf = (all: ReadonlyMap<string, PortEndpoints>, service: Service, port: number): PortEndpoints =>
  all.get(`${service.key}:${port}`) ?? (withoutEndpoints(service).find((empty) => empty.port === port) as PortEndpoints);
