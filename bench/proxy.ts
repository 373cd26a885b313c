/** One simulated proxy: a connection, a delta ADS stream, and what it was sent. */
import { fromBinary } from '@bufbuild/protobuf';
import { anyIs } from '@bufbuild/protobuf/wkt';
import { type ClientDuplexStream, credentials, makeClientConstructor } from '@grpc/grpc-js';
import { methodTable, typeUrls } from '@weft/envoy';
import { Cluster_DiscoveryType, ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_pb.js';
import { HttpConnectionManagerSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import { type DeltaDiscoveryResponse, DeltaDiscoveryResponseSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';

export interface Received {
  readonly bytes: number;
  readonly resources: readonly Uint8Array[];
}

export interface BenchProxyOptions {
  readonly address: string;
  readonly index: number;
  readonly namespace: string;
  readonly tls: { readonly roots: Buffer; readonly key: Buffer; readonly chain: Buffer; readonly name: string };
  readonly onReceived: (proxy: BenchProxy, received: Received) => void;
  readonly onError: (error: Error) => void;
}

const table = methodTable<typeof AggregatedDiscoveryService, Buffer>(AggregatedDiscoveryService, (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
);
/** Responses stay bytes until their size is known. */
const delta = { ...table.deltaAggregatedResources, responseDeserialize: (bytes: Buffer): Buffer => bytes };
const Client = makeClientConstructor({ delta }, 'ads');

const { CDS, EDS, LDS, RDS, VHDS } = typeUrls;
/** What a resource of one type makes a proxy ask for. */
const following: Readonly<Record<string, string>> = { [CDS]: EDS, [LDS]: RDS, [RDS]: VHDS };

export class BenchProxy {
  readonly #options: BenchProxyOptions;
  readonly #client: InstanceType<typeof Client>;
  #stream: ClientDuplexStream<object, Buffer> | undefined;
  readonly #names = new Map<string, Set<string>>();
  readonly #versions = new Map<string, Map<string, string>>();

  constructor(options: BenchProxyOptions) {
    const { address, tls } = options;
    this.#options = options;
    this.#client = new Client(address, credentials.createSsl(tls.roots, tls.key, tls.chain), {
      'grpc.max_receive_message_length': -1,
      'grpc.ssl_target_name_override': tls.name,
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#open();
    for (const typeUrl of [CDS, LDS]) this.#stream?.write({ node: this.#node(), typeUrl, resourceNamesSubscribe: ['*'] });
  }

  /** As Envoy does: every type at once, with what it asked for and what it has. */
  reconnect(): void {
    this.#stream?.cancel();
    this.#open();
    for (const typeUrl of [CDS, EDS, LDS, RDS, VHDS]) {
      const names = this.#names.get(typeUrl);
      const initialResourceVersions = Object.fromEntries(this.#versions.get(typeUrl) ?? []);
      const resourceNamesSubscribe = names && typeUrl !== VHDS ? [...names] : ['*'];
      this.#stream?.write({ node: this.#node(), typeUrl, resourceNamesSubscribe, initialResourceVersions });
    }
  }

  close(): void {
    this.#stream?.cancel();
    this.#client.close();
  }

  #open(): void {
    const stream: ClientDuplexStream<object, Buffer> = this.#client.delta?.();
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => this.#received(bytes));
    stream.on('error', (error: Error) => {
      if (stream === this.#stream && !error.message.includes('CANCELLED')) this.#options.onError(error);
    });
  }

  #received(bytes: Buffer): void {
    const response = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    const { typeUrl, nonce: responseNonce, resources } = response;
    this.#remember(response);
    this.#stream?.write({ typeUrl, responseNonce });
    this.#options.onReceived(this, { bytes: bytes.length, resources: resources.flatMap(({ resource }) => resource?.value ?? []) });
    const next = following[typeUrl];
    if (next !== undefined)
      this.#follow(
        next,
        resources.flatMap((resource) => entailed(typeUrl, resource)),
      );
  }

  #remember({ typeUrl, resources, removedResources }: DeltaDiscoveryResponse): void {
    const versions = this.#versions.get(typeUrl) ?? new Map<string, string>();
    this.#versions.set(typeUrl, versions);
    for (const { name, version } of resources) versions.set(name, version);
    for (const name of removedResources) versions.delete(name);
  }

  #follow(typeUrl: string, names: readonly string[]): void {
    const known = this.#names.get(typeUrl) ?? new Set<string>();
    const fresh = names.filter((name) => !known.has(name));
    if (fresh.length === 0) return;
    this.#names.set(typeUrl, known);
    for (const name of fresh) known.add(name);
    // Virtual hosts are one wildcard subscription for all route configurations: a first request that names nothing.
    this.#stream?.write({ typeUrl, resourceNamesSubscribe: typeUrl === VHDS ? [] : fresh });
  }

  #node() {
    const { index, namespace } = this.#options;
    const ip = `10.${200 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    return {
      id: `sidecar~${ip}~load-${index}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `load.${namespace}`,
      metadata: { NAMESPACE: namespace, SERVICE_ACCOUNT: 'default', INSTANCE_IPS: ip, LABELS: { app: 'load' }, CLUSTER_ID: 'local' },
      locality: { region: 'r1', zone: `z${index % 3}` },
    };
  }
}

type Resource = DeltaDiscoveryResponse['resources'][number];

/** By type, name and version: the same for all proxies. */
const known = new Map<string, readonly string[]>();

const entailed = (typeUrl: string, resource: Resource): readonly string[] => {
  const key = `${typeUrl}|${resource.name}|${resource.version}`;
  const before = known.get(key);
  if (before) return before;
  const names = namesIn(typeUrl, resource);
  known.set(key, names);
  return names;
};

const namesIn = (typeUrl: string, { resource }: Resource): readonly string[] => {
  if (!resource) return [];
  if (typeUrl === RDS) return fromBinary(RouteConfigurationSchema, resource.value).vhds ? ['*'] : [];
  if (typeUrl === CDS) {
    const cluster = fromBinary(ClusterSchema, resource.value);
    const eds = cluster.clusterDiscoveryType.case === 'type' && cluster.clusterDiscoveryType.value === Cluster_DiscoveryType.EDS;
    return eds ? [cluster.edsClusterConfig?.serviceName || cluster.name] : [];
  }
  const { filterChains, defaultFilterChain } = fromBinary(ListenerSchema, resource.value);
  return [...filterChains, ...(defaultFilterChain ? [defaultFilterChain] : [])].flatMap(({ filters }) =>
    filters.flatMap(({ configType }) => {
      if (configType.case !== 'typedConfig' || !anyIs(configType.value, HttpConnectionManagerSchema)) return [];
      const { routeSpecifier } = fromBinary(HttpConnectionManagerSchema, configType.value.value);
      return routeSpecifier.case === 'rds' ? [routeSpecifier.value.routeConfigName] : [];
    }),
  );
};
