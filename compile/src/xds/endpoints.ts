/** Endpoints: one assignment for a service's port and one for each subset of it. */
import { create, type Encoded, encodeResource, type Init, outboundCluster } from '@weft/envoy';
import type { AddressSchema } from '@weft/envoy/gen/envoy/config/core/v3/address_pb.js';
import type { LbEndpointSchema, LocalityLbEndpointsSchema } from '@weft/envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import { ClusterLoadAssignmentSchema } from '@weft/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { DestinationPolicy, Endpoint, Locality, PortEndpoints, Service, Subset } from '../mesh/index.ts';
import { remember, rememberKeyed } from './remember.ts';

type LbEndpoint = Init<typeof LbEndpointSchema>;
type LocalityEndpoints = Init<typeof LocalityLbEndpointsSchema>;

export const socketAddress = (address: string, port: number): Init<typeof AddressSchema> =>
  address.startsWith('/')
    ? { address: { case: 'pipe', value: { path: address } } }
    : { address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } } };

/** What a cluster's `transport_socket_matches` look at [S93]. */
export const meshTls = { tlsMode: 'istio' } as const;
const speaksMeshTls = { filterMetadata: { 'envoy.transport_socket_match': meshTls } };

const lbEndpoint = ({ address, port, mtls, weight }: Endpoint): LbEndpoint => ({
  hostIdentifier: { case: 'endpoint', value: { address: socketAddress(address, port) } },
  ...(mtls && { metadata: speaksMeshTls }),
  // Envoy's own default; 0 it refuses.
  ...(weight > 1 && { loadBalancingWeight: weight }),
});

const localityKey = ({ region, zone, subzone }: Locality): string => `${region}/${zone}/${subzone}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorted, so that the same endpoints found in another order are the same bytes. */
const sorted = (endpoints: readonly Endpoint[]): Endpoint[] =>
  [...endpoints].sort((a, b) => compare(a.address, b.address) || a.port - b.port);

/** Grouped by locality, as Envoy wants them. */
export const localities = (endpoints: readonly Endpoint[]): LocalityEndpoints[] => {
  const groups = Map.groupBy(sorted(endpoints), (endpoint) => localityKey(endpoint.locality));
  return [...groups]
    .sort(([a], [b]) => compare(a, b))
    .map(([, members]) => {
      const { region = '', zone = '', subzone = '' } = members[0]?.locality ?? {};
      const known = region !== '' || zone !== '' || subzone !== '';
      return { ...(known && { locality: { region, zone, subZone: subzone } }), lbEndpoints: members.map(lbEndpoint) };
    });
};

export const inSubset = (subset: Subset, endpoint: Endpoint): boolean =>
  Object.entries(subset.labels).every(([key, value]) => endpoint.labels[key] === value);

export const assignment = (clusterName: string, endpoints: readonly Endpoint[]): Encoded =>
  encodeResource(
    clusterName,
    ClusterLoadAssignmentSchema,
    create(ClusterLoadAssignmentSchema, { clusterName, endpoints: localities(endpoints) }),
  );

const remembered = rememberKeyed<PortEndpoints, DestinationPolicy, readonly Encoded[]>();

/** Assignments of a port, named as its clusters. */
export const assignments = (ports: PortEndpoints, destination: DestinationPolicy, host: string): readonly Encoded[] => {
  const { port, endpoints } = ports;
  const ofSubset = (subset: Subset): Encoded =>
    assignment(
      outboundCluster({ port, host, subset: subset.name }),
      endpoints.filter((endpoint) => inSubset(subset, endpoint)),
    );
  const of = () => [assignment(outboundCluster({ port, host }), endpoints), ...destination.subsets.map(ofSubset)];
  return remembered(ports, destination, { key: host, of });
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
