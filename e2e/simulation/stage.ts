/**
 * Many cases in one Envoy: each with its own listeners, on Unix sockets, and its own clusters, with echoing backends in place of
 * the endpoints. Routes stay as they were emitted; nothing is captured, encrypted, limited or ejected.
 */
import { staticBootstrap } from '@weft/compile';
import type { JsonObject, JsonValue, ResourceSet } from '@weft/envoy';
import { servingSocket } from './certificate.ts';
import type { Echo } from './echo.ts';

export interface Case {
  readonly name: string;
  readonly resources: ResourceSet;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objects = (value: JsonValue | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Clusters of one case are told from another's by a prefix; a cluster that is not there stays not there. */
export const clusterIn = (index: number, cluster: string): string => `${index}/${cluster}`;

const pipe = (path: string): JsonObject => ({ pipe: { path } });

/** `10.244.0.5:8080`, a name and port, or a socket's path and 0. */
const addressOf = (endpoint: JsonValue | undefined): string => {
  const address = isObject(endpoint) && isObject(endpoint.address) ? endpoint.address : {};
  const { socket_address: socket, pipe: path } = address;
  return isObject(socket) ? `${socket.address}:${socket.port_value}` : isObject(path) ? `${path.path}:0` : '';
};

/** What balancing goes by stays: localities, weights, priorities, health. */
const onStage = async (assignment: JsonObject, name: string, echo: Echo): Promise<JsonObject> => {
  const endpoints: JsonObject[] = [];
  for (const locality of objects(assignment.endpoints)) {
    const members: JsonObject[] = [];
    for (const member of objects(locality.lb_endpoints)) {
      const { metadata: _metadata, endpoint, ...rest } = member;
      members.push({ ...rest, endpoint: { address: pipe(await echo.open(`${name}#${addressOf(endpoint)}`)) } });
    }
    endpoints.push({ ...locality, lb_endpoints: members });
  }
  return { ...assignment, cluster_name: name, endpoints };
};

/** Fields of a cluster that decide who gets a request; all others are about connections. */
const kept = ['lb_policy', 'ring_hash_lb_config', 'maglev_lb_config', 'least_request_lb_config', 'common_lb_config'];

const clusterOnStage = async (cluster: JsonObject, index: number, echo: Echo): Promise<JsonObject> => {
  const name = clusterIn(index, String(cluster.name));
  const rest = Object.fromEntries(Object.entries(cluster).filter(([key]) => kept.includes(key)));
  const stage = { name, connect_timeout: '5s', type: 'STATIC', ...rest };
  const assignment = cluster.load_assignment;
  if (isObject(assignment)) return { ...stage, load_assignment: await onStage(assignment, name, echo) };
  // Where the client dialled: somebody is there.
  const somebody = cluster.type === 'ORIGINAL_DST' || isObject(cluster.cluster_type);
  const endpoints = somebody ? [{ lb_endpoints: [{ endpoint: { address: pipe(await echo.open(`${name}#`)) } }] }] : [];
  return { ...stage, lb_policy: 'ROUND_ROBIN', load_assignment: { cluster_name: name, endpoints } };
};

/** Delays are told by their flag: waiting for them would take hours. */
const shortDelay = '0.001s';

/** Renames clusters where routes, mirrors and proxies of bytes name them, and shortens delays. */
const renamed = (value: JsonValue, index: number): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, index));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, JsonValue] => {
    if (key === 'cluster' && typeof child === 'string') return [key, clusterIn(index, child)];
    if (key === 'fixed_delay') return [key, shortDelay];
    if (key === 'weighted_clusters' && isObject(child)) {
      const clusters = objects(child.clusters).map((one) => ({ ...one, name: clusterIn(index, String(one.name)) }));
      return [key, renamed({ ...child, clusters }, index)];
    }
    return [key, renamed(child, index)];
  });
  return Object.fromEntries(entries);
};

const flagsHeader = [{ header: { key: 'x-sim-flags', value: '%RESPONSE_FLAGS%' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }];

const everyAnswer = { status_code_filter: { comparison: { op: 'GE', value: { default_value: 0, runtime_key: 'none' } } } };

/** Answers say what Envoy noted: its flags, also where Envoy answers itself. */
const telling = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(telling);
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, child]): [string, JsonValue] => [key, telling(child)]));
  const routes = inner.route_config;
  if (!isObject(routes)) return inner;
  const own = objects(routes.response_headers_to_add);
  return {
    ...inner,
    route_config: { ...routes, response_headers_to_add: [...own, ...flagsHeader] },
    local_reply_config: { mappers: [{ filter: everyAnswer, headers_to_add: flagsHeader }] },
  };
};

const captured = ['envoy.filters.listener.original_dst'];

/** Resolving names is not staged: whoever is asked for, the cluster's backend is there. */
const resolving = ['envoy.filters.network.sni_dynamic_forward_proxy', 'envoy.filters.http.dynamic_forward_proxy'];

const withoutResolving = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.filter((item) => !(isObject(item) && resolving.includes(String(item.name)))).map(withoutResolving);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]): [string, JsonValue] => [key, withoutResolving(child)]));
};

/** Clients say which address they dialled. */
const toldAddress: JsonObject = {
  name: 'envoy.filters.listener.proxy_protocol',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol' },
};

/** Certificates of our own in place of the gateway's secrets, and no questions about the client's. */
const encrypted = (listener: JsonObject, socket: JsonObject): JsonObject => ({
  ...listener,
  filter_chains: objects(listener.filter_chains).map((chain) =>
    'transport_socket' in chain ? { ...chain, transport_socket: socket } : chain,
  ),
});

const listenerOnStage = (listener: JsonObject, index: number, path: string): JsonObject => {
  const { bind_to_port: _bind, use_original_dst: _original, additional_addresses: _more, ...rest } = listener;
  const filters = objects(rest.listener_filters).filter(({ name }) => !captured.includes(String(name)));
  const staged = withoutResolving(telling(renamed({ ...rest, listener_filters: [toldAddress, ...filters] }, index)));
  return { ...(isObject(staged) ? staged : {}), name: `${index}/${String(listener.name)}`, address: pipe(path) };
};

export interface Stage {
  readonly bootstrap: JsonObject;
  /** Socket of a case's listener. */
  readonly listeners: ReadonlyMap<string, string>;
}

/** Inbound listeners need certificates, and the listener that captures only hands over. */
const isShown = ({ name }: JsonObject): boolean => name !== 'virtualInbound' && name !== 'virtualOutbound';

export const stage = async (cases: readonly Case[], folder: string, echo: Echo): Promise<Stage> => {
  const listeners = new Map<string, string>();
  const all = { listeners: [] as JsonObject[], clusters: [] as JsonObject[] };
  const socket = await servingSocket();
  let last: JsonObject = {};
  for (const [index, { resources }] of cases.entries()) {
    last = staticBootstrap(resources);
    const fixed = isObject(last.static_resources) ? last.static_resources : {};
    for (const cluster of objects(fixed.clusters)) {
      if (cluster.name !== 'sds-grpc') all.clusters.push(await clusterOnStage(cluster, index, echo));
    }
    for (const listener of objects(fixed.listeners).filter(isShown)) {
      const path = `${folder}/l${listeners.size}`;
      listeners.set(clusterIn(index, String(listener.name)), path);
      all.listeners.push(encrypted(listenerOnStage(listener, index, path), socket));
    }
  }
  const bootstrap = { ...last, admin: { address: pipe(`${folder}/admin`) }, static_resources: all };
  return { bootstrap, listeners };
};
