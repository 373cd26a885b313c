/** A small configuration with every type that a sidecar asks for: one mTLS listener that answers by itself, one cluster with endpoints. */

import { fromAds } from '../../compile/src/xds/sources.ts';
import { meshServer } from '../../compile/src/xds/tls.ts';
import { Cluster_DiscoveryType, ClusterSchema } from '../../envoy/src/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '../../envoy/src/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '../../envoy/src/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/src/gen/envoy/config/route/v3/route_pb.js';
import { RouterSchema } from '../../envoy/src/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import { HttpConnectionManagerSchema } from '../../envoy/src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { create, type Encoded, encodeResource, typed, typeUrls } from '../../envoy/src/index.ts';
import type { ResourceSet } from '../../weftd/src/push/plan.ts';

export interface Wish {
  /** Of 127.0.0.1, TLS. */
  readonly port: number;
  /** What the listener answers; the route configuration carries it. */
  readonly text: string;
  /** Makes the listener one that Envoy refuses. */
  readonly bad?: boolean;
}

const cluster = encodeResource(
  'backend',
  ClusterSchema,
  create(ClusterSchema, {
    name: 'backend',
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: fromAds },
  }),
);

const endpoints = encodeResource('backend', ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, { clusterName: 'backend' }));

const address = (port: number) => ({
  address: { case: 'socketAddress' as const, value: { address: '127.0.0.1', portSpecifier: { case: 'portValue' as const, value: port } } },
});

const manager = typed('envoy.filters.network.http_connection_manager', HttpConnectionManagerSchema, {
  statPrefix: 'in',
  routeSpecifier: { case: 'rds', value: { configSource: fromAds, routeConfigName: 'inbound' } },
  httpFilters: [typed('envoy.filters.http.router', RouterSchema, {})],
});

const listener = ({ port, bad }: Wish): Encoded =>
  encodeResource(
    'inbound',
    ListenerSchema,
    create(ListenerSchema, {
      name: 'inbound',
      ...(bad ? {} : { address: address(port) }),
      filterChains: [{ transportSocket: meshServer, filters: [manager] }],
    }),
  );

const routes = ({ text }: Wish): Encoded =>
  encodeResource(
    'inbound',
    RouteConfigurationSchema,
    create(RouteConfigurationSchema, {
      name: 'inbound',
      virtualHosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            {
              match: { pathSpecifier: { case: 'prefix', value: '/' } },
              action: { case: 'directResponse', value: { status: 200, body: { specifier: { case: 'inlineString', value: text } } } },
            },
          ],
        },
      ],
    }),
  );

export const resourcesOf = (wish: Wish): ResourceSet => {
  const types = {
    [typeUrls.CDS]: [cluster],
    [typeUrls.EDS]: [endpoints],
    [typeUrls.LDS]: [listener(wish)],
    [typeUrls.RDS]: [routes(wish)],
  };
  return new Map(Object.entries(types).map(([type, list]) => [type, new Map(list.map((resource) => [resource.name, resource]))]));
};
