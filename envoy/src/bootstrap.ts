/**
 * Envoy's bootstrap: who it is, its admin socket, and the agent's socket, from which all else comes.
 * Its only static cluster is that Unix socket: a static cluster with secrets from ADS crashes 1.40 [E3],
 * and a Unix socket crosses network namespaces and needs no exemption from capture.
 */
import type { JsonObject } from '@bufbuild/protobuf';
import { agentCluster } from './names.ts';
import { formatMetadata, formatNodeId, type NodeId, type NodeMetadata } from './node.ts';

export interface BootstrapInput {
  readonly node: NodeId;
  readonly metadata: NodeMetadata;
  readonly locality?: { readonly region: string; readonly zone: string; readonly subzone: string };
  /** Unix socket of the agent, which serves ADS and SDS. */
  readonly agentSocket: string;
  readonly adminSocket: string;
  /** SO_MARK of all connections that Envoy makes; absent for a proxy that nothing is captured around. */
  readonly mark?: number;
}

const http2Protocol = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '5s', timeout: '3s' } } },
  },
};

const agentClusterAt = (path: string): JsonObject => ({
  name: agentCluster,
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: { cluster_name: agentCluster, endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }] },
  typed_extension_protocol_options: http2Protocol,
});

/** Without `retry_policy` Envoy's back-off grows to 30 s, and an agent that is 3 s late costs 6 s more [E10]. */
const ads: JsonObject = {
  api_type: 'DELTA_GRPC',
  transport_api_version: 'V3',
  set_node_on_first_message_only: true,
  grpc_services: [
    { envoy_grpc: { cluster_name: agentCluster, retry_policy: { retry_back_off: { base_interval: '0.2s', max_interval: '1s' } } } },
  ],
};

/** Wait for ever: better not ready than live and empty [G3]. */
const fromAds: JsonObject = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };

/** SO_MARK in the level and name that Linux gives it; set before binding, on every socket made for a cluster [E8]. */
const marked = (mark: number): JsonObject => ({
  upstream_bind_config: {
    socket_options: [{ description: 'SO_MARK', level: 1, name: 36, int_value: mark, state: 'STATE_PREBIND' }],
  },
});

/**
 * Envoy makes ~120 statistics for each cluster, most of which nobody reads: 50 KiB each [E7]. Kept are those that say
 * whether configuration arrives, and the traffic's totals.
 */
const keptStatistics: JsonObject = {
  inclusion_list: {
    patterns: [
      ...['listener_manager.', 'cluster_manager.', 'control_plane.', 'server.', 'runtime.', 'istio_', 'mesh_'].map((prefix) => ({
        prefix,
      })),
      // Whether records were written, and whether they could be.
      { prefix: 'filesystem.' },
      ...['.update_attempt', '.update_success', '.update_rejected', '.rbac.allowed', '.rbac.denied', '.membership_healthy'].map(
        (suffix) => ({
          suffix,
        }),
      ),
      // What policies would do that are only tried, and whether authorizers answer.
      ...['shadow_allowed', 'shadow_denied', '.ext_authz.denied', '.ext_authz.error', '.ext_authz.failure_mode_allowed'].map((suffix) => ({
        suffix,
      })),
      // Against limits: those that circuit breakers watch, and say how much is left of.
      ...['.upstream_rq_pending_active', '.default.remaining_cx', '.default.remaining_pending'].map((suffix) => ({ suffix })),
      ...['.upstream_rq_total', '.upstream_cx_active', '.downstream_cx_active', '.downstream_rq_total', '.ssl.connection_error'].map(
        (suffix) => ({ suffix }),
      ),
    ],
  },
};

export const bootstrap = ({ node, metadata, locality, agentSocket, adminSocket, mark }: BootstrapInput): JsonObject => ({
  node: {
    id: formatNodeId(node),
    cluster: `${metadata.workload || node.name}.${node.namespace}`,
    metadata: formatMetadata(metadata),
    ...(locality && { locality: { region: locality.region, zone: locality.zone, sub_zone: locality.subzone } }),
  },
  admin: { address: { pipe: { path: adminSocket, mode: 0o600 } }, ignore_global_conn_limit: true },
  static_resources: { clusters: [agentClusterAt(agentSocket)] },
  dynamic_resources: { ads_config: ads, cds_config: fromAds, lds_config: fromAds },
  ...(mark !== undefined && { cluster_manager: marked(mark) }),
  layered_runtime: {
    layers: [
      {
        name: 'mesh',
        static_layer: {
          // Istio's value: long expressions are its users' habit, and Envoy's default of 100 refuses them.
          're2.max_program_size.error_level': 32768,
          're2.max_program_size.warn_level': 32768,
          // A fragment is taken off before anybody looks at the path, as Istio has it, instead of 400.
          'envoy.reloadable_features.http_reject_path_with_fragment': false,
        },
      },
    ],
  },
  stats_config: { stats_matcher: keptStatistics },
  // What nobody touched for half an hour: callers that are gone, and codes that came once [E41].
  stats_eviction_interval: '1800s',
});
