/**
 * Resources as a static bootstrap for `envoy --mode validate`: what Envoy would say of them, without a control plane.
 * Endpoints stand in their clusters, routes and filters in their listeners; secrets stay where they come from, the agent's socket.
 */
import { agentCluster, bootstrap, type Encoded, type JsonObject, type JsonValue, type ResourceSet, toJson, typeUrls } from '@weft/envoy';
import { ConfigSourceSchema } from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';
import { decode } from './decode.ts';
import { fromAgent } from './sources.ts';

type Decoded = ReadonlyMap<string, JsonObject>;

const decodeAll = (resources: ReadonlyMap<string, Encoded> | undefined): Decoded =>
  new Map([...(resources ?? [])].map(([name, resource]) => [name, decode(resource)]));

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const agentSource = toJson(ConfigSourceSchema, fromAgent, { useProtoFieldName: true });

/** A static cluster may not take its secrets over ADS [E3]: it would not outlive the start. */
const fromAgentOnly = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(fromAgentOnly);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(
      ([key, child]) => [key, key === 'sds_config' && isObject(child) && 'ads' in child ? agentSource : fromAgentOnly(child)] as const,
    ),
  );
};

const withEndpoints = (cluster: JsonObject, assignments: Decoded): JsonObject => {
  if (cluster.type !== 'EDS') return cluster;
  const { eds_cluster_config: _eds, ...rest } = cluster;
  const assignment = assignments.get(String(cluster.name));
  return { ...rest, type: 'STATIC', load_assignment: assignment ?? { cluster_name: String(cluster.name) } };
};

/** A table with the virtual hosts that VHDS would have brought. */
const wholeTable = (table: JsonObject, hosts: Decoded): JsonObject => {
  const { vhds: _vhds, virtual_hosts: inline, ...rest } = table;
  const own = [...hosts].filter(([name]) => name.slice(0, name.lastIndexOf('/')) === table.name).map(([, host]) => host);
  return { ...rest, virtual_hosts: [...own, ...(Array.isArray(inline) ? inline : [])] };
};

/** Every `rds` below becomes the table that it names. */
const withRoutes = (value: JsonValue, tables: Decoded): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => withRoutes(item, tables));
  if (!isObject(value)) return value;
  const { rds, ...rest } = value;
  const entries = Object.entries(rest).map(([key, child]): [string, JsonValue] => [key, withRoutes(child, tables)]);
  const table = isObject(rds) ? tables.get(String(rds.route_config_name)) : undefined;
  if (isObject(rds) && !table) throw new Error(`no route configuration ${String(rds.route_config_name)}`);
  return { ...Object.fromEntries(entries), ...(table && { route_config: table }) };
};

/** What stands at a place for filters. */
const standing = (name: string, extensions: Decoded): JsonObject => {
  const extension = extensions.get(name);
  if (!extension) throw new Error(`no filter ${name}`);
  return extension;
};

/** Every filter that is a resource of its own becomes what that says. */
const withFilters = (value: JsonValue, extensions: Decoded): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => withFilters(item, extensions));
  if (!isObject(value)) return value;
  const { dynamic_config: late, ...rest } = value;
  // An action that looks for its filter when a request is there.
  if (isObject(late)) return { ...rest, typed_config: standing(String(late.name), extensions) };
  if ('config_discovery' in value) return standing(String(value.name), extensions);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withFilters(child, extensions)]));
};

const nobody = {
  role: 'sidecar',
  address: '127.0.0.1',
  name: 'validate',
  namespace: 'default',
  dnsDomain: 'default.svc.cluster.local',
} as const;

export const staticBootstrap = (resources: ResourceSet): JsonObject => {
  const hosts = decodeAll(resources.get(typeUrls.VHDS));
  const assignments = decodeAll(resources.get(typeUrls.EDS));
  const extensions = decodeAll(resources.get(typeUrls.ECDS));
  const tables = new Map([...decodeAll(resources.get(typeUrls.RDS))].map(([name, table]) => [name, wholeTable(table, hosts)]));
  const {
    dynamic_resources: _dynamic,
    static_resources: fixed,
    ...rest
  } = bootstrap({
    node: nobody,
    metadata: {
      ...nobody,
      serviceAccount: 'default',
      labels: {},
      addresses: [],
      clusterId: '',
      network: '',
      meshId: '',
      workload: '',
      istioVersion: '',
    },
    agentSocket: `/nowhere/${agentCluster}.sock`,
    adminSocket: '/nowhere/admin.sock',
  });
  const own = isObject(fixed) && Array.isArray(fixed.clusters) ? fixed.clusters : [];
  return {
    ...rest,
    static_resources: {
      clusters: [
        ...own,
        ...[...decodeAll(resources.get(typeUrls.CDS)).values()].map((cluster) => fromAgentOnly(withEndpoints(cluster, assignments))),
      ],
      listeners: [...decodeAll(resources.get(typeUrls.LDS)).values()].map((listener) =>
        withRoutes(withFilters(listener, extensions), tables),
      ),
    },
  };
};
