/**
 * What Weft tells the two sidecars, as it is but for addresses: nothing captures connections on loopback, so listeners are bound where
 * callers dial, and the server's clusters name the application.
 */
import { build, emit, type RunningPod, scope } from '@weft/compile';
import {
  create,
  type Encoded,
  encodeResource,
  fromBinary,
  inboundCluster,
  listenerName,
  type ResourceSet,
  typeUrls,
  virtualInbound,
} from '@weft/envoy';
import { Cluster_DiscoveryType, Cluster_LbPolicy, ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { AddressSchema } from '@weft/envoy/gen/envoy/config/core/v3/address_pb.js';
import { AdditionalAddressSchema, type Listener, ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { ResourceSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { meshSettings, type Proxy, parse } from '@weft/model';
import { application, callers, type Ports } from './places.ts';

const sidecar = (name: string, address: string): Proxy => ({
  id: `sidecar~${address}~${name}-1.shop~shop.svc.cluster.local`,
  role: 'sidecar',
  name: `${name}-1`,
  namespace: 'shop',
  serviceAccount: name,
  labels: { app: name },
  addresses: [address],
  cluster: 'Kubernetes',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: 'shop.svc.cluster.local',
});

export const front = sidecar('front', callers);
export const webAt = (address: string): Proxy => sidecar('web', address);

const podOf = ({ name, namespace, serviceAccount, labels, addresses: [address = ''] }: Proxy): RunningPod => ({
  pod: {
    ...{ name, namespace, serviceAccount, labels },
    uid: name,
    annotations: {},
    workload: { kind: 'Deployment', name: serviceAccount },
    containers: [],
    terminationGracePeriodSeconds: 30,
    proxy: 'sidecar',
  },
  address,
  ready: true,
});

/** The content of a resource, without the envelope. */
const contentOf = (resources: ResourceSet, typeUrl: string, name: string): Uint8Array => {
  const bytes = resources.get(typeUrl)?.get(name)?.bytes;
  const content = bytes && fromBinary(ResourceSchema, bytes).resource?.value;
  if (!content) throw new Error(`no ${name} among the resources`);
  return content;
};

const at = (address: string, port: number) =>
  create(AddressSchema, { address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } } });

/** Bound to these addresses itself, instead of being handed what was captured. */
const bound = (listener: Listener, [first, ...others]: readonly ReturnType<typeof at>[]): Encoded =>
  encodeResource(listener.name, ListenerSchema, {
    ...listener,
    ...(first && { address: first }),
    additionalAddresses: others.map((address) => create(AdditionalAddressSchema, { address })),
    listenerFilters: listener.listenerFilters.filter(({ name }) => name !== 'envoy.filters.listener.original_dst'),
    bindToPort: undefined,
  });

const toApplication = (resources: ResourceSet, port: number): Encoded => {
  const name = inboundCluster(port);
  const cluster = fromBinary(ClusterSchema, contentOf(resources, typeUrls.CDS, name));
  const endpoint = { lbEndpoints: [{ hostIdentifier: { case: 'endpoint' as const, value: { address: at(application, port) } } }] };
  return encodeResource(name, ClusterSchema, {
    ...cluster,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    loadAssignment: create(ClusterSchema, { loadAssignment: { clusterName: name, endpoints: [endpoint] } }).loadAssignment,
  });
};

const byName = (resources: readonly Encoded[]) => new Map(resources.map((resource) => [resource.name, resource]));

const outbound = (resources: ResourceSet, { http, http2 }: Ports): ResourceSet => {
  const listeners = [http, http2].map((port) => {
    const name = listenerName('0.0.0.0', port);
    return bound(fromBinary(ListenerSchema, contentOf(resources, typeUrls.LDS, name)), [at(callers, port)]);
  });
  return new Map([...resources, [typeUrls.LDS, byName(listeners)]]);
};

const inbound = (resources: ResourceSet, { httpTarget, http2Target }: Ports, server: string): ResourceSet => {
  const targets = [httpTarget, http2Target];
  const listener = bound(
    fromBinary(ListenerSchema, contentOf(resources, typeUrls.LDS, virtualInbound)),
    targets.map((port) => at(server, port)),
  );
  const clusters = new Map([...(resources.get(typeUrls.CDS) ?? []), ...byName(targets.map((port) => toApplication(resources, port)))]);
  return new Map([...resources, [typeUrls.CDS, clusters], [typeUrls.LDS, byName([listener])]]);
};

export interface Told {
  readonly client: ResourceSet;
  readonly server: ResourceSet;
}

export const toldBy = (text: string, ports: Ports, web: Proxy): Told => {
  const parsed = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });
  const { mesh, findings } = build({ ...parsed, pods: [podOf(front), podOf(web)], settings: meshSettings(parsed.resources) });
  const mistakes = [...parsed.findings, ...findings].filter(({ severity }) => severity === 'error');
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return { client: outbound(emit(scope(mesh, front)), ports), server: inbound(emit(scope(mesh, web)), ports, web.addresses[0] ?? '') };
};
