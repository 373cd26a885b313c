/**
 * Names that Envoy resolves as clients ask for them: a ServiceEntry's wildcard with DYNAMIC_DNS [S71]. HTTP goes by `Host`, TLS by
 * its server name; whatever address the client dialled is not looked at. Cluster and filters meet in one cache of names.
 */
import { create, type Init, milliseconds, pack, typed } from '@weft/envoy';
import { Cluster_DnsLookupFamily, Cluster_LbPolicy, type ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterConfigSchema } from '@weft/envoy/gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js';
import type { DnsCacheConfigSchema } from '@weft/envoy/gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.js';
import { FilterConfigSchema as HttpFilterSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js';
import { FilterConfigSchema as SniFilterSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy_pb.js';
import type { Service } from '../mesh/index.ts';

/** Equal wherever it is named: Envoy refuses two of one name that differ. */
const cache: Init<typeof DnsCacheConfigSchema> = {
  name: 'dynamic_dns',
  dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
  dnsRefreshRate: milliseconds(60_000),
};

export const isDynamic = ({ resolution }: Service): boolean => resolution === 'dns-dynamic';

/** A rule's own server name would otherwise be refused: Envoy wants it to be the one asked for. */
export const dynamicCluster: Init<typeof ClusterSchema> = {
  clusterDiscoveryType: {
    case: 'clusterType',
    value: {
      name: 'envoy.clusters.dynamic_forward_proxy',
      typedConfig: pack(
        ClusterConfigSchema,
        create(ClusterConfigSchema, {
          clusterImplementationSpecifier: { case: 'dnsCacheConfig', value: cache },
          allowInsecureClusterOptions: true,
        }),
      ),
    },
  },
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
};

/** Resolves the request's host before it is sent; requests for other clusters pass. */
export const resolveHost = typed('envoy.filters.http.dynamic_forward_proxy', HttpFilterSchema, {
  implementationSpecifier: { case: 'dnsCacheConfig', value: cache },
});

/** Resolves the server's name before the connection is opened. */
export const resolveServerName = (port: number) =>
  typed('envoy.filters.network.sni_dynamic_forward_proxy', SniFilterSchema, {
    dnsCacheConfig: cache,
    portSpecifier: { case: 'portValue', value: port },
  });
