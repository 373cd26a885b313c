/** Outbound clusters: one for each port of a service and one for each subset of it, with mesh TLS where the endpoint speaks it. */
import {
  create,
  type Encoded,
  encodeResource,
  httpToken,
  type Init,
  milliseconds,
  outboundCluster,
  outboundSni,
  tcpToken,
} from '@weft/envoy';
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import type {
  DestinationPolicy,
  Endpoint,
  PortEndpoints,
  Protocol,
  Resolution,
  Service,
  ServicePort,
  Subset,
  TrafficPolicy,
} from '../mesh/index.ts';
import { isHttp } from '../mesh/index.ts';
import { circuitBreakers, httpOptions, httpVersion, keepalive, lbPolicy, outlierDetection } from './cluster-policy.ts';
import { endpointsOf, inSubset, localities, meshTls, peers } from './endpoints.ts';
import { rememberKeyed } from './remember.ts';
import { fromAds } from './sources.ts';
import { meshClient, ownClient, plaintext } from './tls.ts';

type ClusterInit = Init<typeof ClusterSchema>;

export const connectTimeout = milliseconds(10_000);

/** One cluster's worth of input. */
interface Target {
  readonly service: Service;
  readonly port: ServicePort;
  readonly resolution: Resolution;
  readonly endpoints: PortEndpoints;
  readonly subset?: Subset;
  readonly policy: TrafficPolicy;
}

/** HTTP is told from bytes by the token; a sniffed port's TCP chain says its own for each connection (`tcp.ts`). */
const tokenOf = (protocol: Protocol): string => (isHttp(protocol) || protocol === 'auto' ? httpToken : tcpToken);

const meshSocket = ({ service, port, subset, endpoints, policy }: Target) => {
  const name = { port: port.number, host: service.hostname, ...(subset && { subset: subset.name }) };
  const { sni, subjectAltNames } = policy.tls ?? {};
  return meshClient({
    sni: sni || outboundSni(name),
    token: tokenOf(port.protocol),
    identities: subjectAltNames?.length ? subjectAltNames : peers(endpoints).identities,
  });
};

/** Semantics 93-95: by endpoint where there is a choice, for the whole cluster where there is none. */
const automaticTls = (target: Target): ClusterInit => {
  if (target.service.meshExternal) return {};
  if (target.resolution === 'original-dst') return peers(target.endpoints).allMesh ? { transportSocket: meshSocket(target) } : {};
  return {
    transportSocketMatches: [
      { name: 'tlsMode-istio', match: meshTls, transportSocket: meshSocket(target) },
      { name: 'tlsMode-disabled', match: {}, transportSocket: plaintext },
    ],
  };
};

const transport = (target: Target, version: string): ClusterInit => {
  const { tls } = target.policy;
  if (!tls) return automaticTls(target);
  switch (tls.mode) {
    case 'DISABLE':
      return {};
    case 'ISTIO_MUTUAL':
      return { transportSocket: meshSocket(target) };
    case 'SIMPLE':
    case 'MUTUAL':
      return { transportSocket: ownClient(tls, version === 'http2' ? ['h2'] : []) };
  }
};

const nameFromHost = ({ tls }: TrafficPolicy): boolean =>
  (tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL') && !tls.caCertificates && !tls.insecureSkipVerify;

const resolvedByEnvoy = (name: string, endpoints: readonly Endpoint[]): ClusterInit => ({
  loadAssignment: { clusterName: name, endpoints: localities(endpoints) },
  dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
  // The answer's own time to live; 60 s where a name does not resolve [S73].
  respectDnsTtl: true,
  dnsRefreshRate: milliseconds(60_000),
});

const discovery = (name: string, { resolution, endpoints, subset, policy }: Target): ClusterInit => {
  const chosen = subset ? endpoints.endpoints.filter((endpoint) => inSubset(subset, endpoint)) : endpoints.endpoints;
  const type = (value: Cluster_DiscoveryType) => ({ clusterDiscoveryType: { case: 'type' as const, value } });
  if (resolution === 'original-dst' || policy.loadBalancer?.simple === 'PASSTHROUGH')
    return { ...type(Cluster_DiscoveryType.ORIGINAL_DST), lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED };
  const balanced = { lbPolicy: lbPolicy(policy.loadBalancer) };
  if (resolution === 'dns-strict') return { ...type(Cluster_DiscoveryType.STRICT_DNS), ...balanced, ...resolvedByEnvoy(name, chosen) };
  // LOGICAL_DNS takes exactly one name; without one the cluster is there and has nobody behind it.
  if (resolution === 'dns-logical')
    return chosen.length === 0
      ? { ...type(Cluster_DiscoveryType.STATIC), ...balanced }
      : { ...type(Cluster_DiscoveryType.LOGICAL_DNS), ...balanced, ...resolvedByEnvoy(name, chosen.slice(0, 1)) };
  return { ...type(Cluster_DiscoveryType.EDS), ...balanced, edsClusterConfig: { edsConfig: fromAds } };
};

const cluster = (target: Target): Encoded => {
  const { service, port, subset, policy } = target;
  const name = outboundCluster({ port: port.number, host: service.hostname, ...(subset && { subset: subset.name }) });
  const pool = policy.connectionPool ?? {};
  const version = httpVersion(port.protocol, pool);
  const init: ClusterInit = {
    name,
    connectTimeout: pool.tcp?.connectTimeout ? milliseconds(pool.tcp.connectTimeout) : connectTimeout,
    circuitBreakers: circuitBreakers(pool),
    ...discovery(name, target),
    ...(version !== 'none' && httpOptions(version, pool, nameFromHost(policy))),
    ...(policy.outlierDetection && outlierDetection(policy.outlierDetection)),
    ...keepalive(pool),
    ...transport(target, version),
  };
  return encodeResource(name, ClusterSchema, create(ClusterSchema, init));
};

export type Role = 'sidecar' | 'gateway';

/** A headless service's connection goes where its client dialled it; a gateway's clients dial the gateway [S71]. */
const resolutionFor = ({ resolution, headless }: Service, role: Role): Resolution =>
  headless && resolution === 'original-dst' && role === 'gateway' ? 'eds' : resolution;

type AllEndpoints = ReadonlyMap<string, PortEndpoints>;

interface Situation {
  readonly role: Role;
  readonly endpoints: AllEndpoints;
}

/** What of the endpoints a cluster depends on: who they are; where Envoy resolves them, all of them. */
const endpointKey = (service: Service, { role, endpoints }: Situation): string => {
  const whole = service.resolution.startsWith('dns-');
  const parts = service.ports.map(({ number }) => {
    const port = endpointsOf(endpoints, service, number);
    return whole ? JSON.stringify(port.endpoints) : peers(port).key;
  });
  return [role, ...parts].join('\n');
};

const remembered = rememberKeyed<Service, DestinationPolicy, readonly Encoded[]>();

/** All clusters of a service. */
export const serviceClusters = (service: Service, destination: DestinationPolicy, situation: Situation): readonly Encoded[] => {
  const targetsOf = (port: ServicePort): Target[] => {
    const whole = {
      service,
      port,
      resolution: resolutionFor(service, situation.role),
      endpoints: endpointsOf(situation.endpoints, service, port.number),
      policy: destination.policy(port.number),
    };
    return [whole, ...destination.subsets.map((subset) => ({ ...whole, subset, policy: subset.policy(port.number) }))];
  };
  const carried = service.ports.filter(({ protocol }) => protocol !== 'udp');
  return remembered(service, destination, { key: endpointKey(service, situation), of: () => carried.flatMap(targetsOf).map(cluster) });
};
