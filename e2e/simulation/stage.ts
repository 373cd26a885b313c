/**
 * Many cases in one Envoy: each with its own listeners, on Unix sockets, and its own clusters, with echoing backends in place of
 * the endpoints. Chains, routes and TLS stay as they were emitted; nothing is captured, limited, ejected, or encrypted towards
 * backends.
 */
import { staticBootstrap } from '@weft/compile';
import type { JsonObject, JsonValue, ResourceSet } from '@weft/envoy';
import type { Echo } from './echo.ts';
import type { Keys } from './keys.ts';
import { secretsIn } from './secrets.ts';

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

const most = 2 ** 32 - 1;
const unlimited = { max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most };

const clusterOnStage = async (cluster: JsonObject, index: number, echo: Echo): Promise<JsonObject> => {
  const name = clusterIn(index, String(cluster.name));
  const rest = Object.fromEntries(Object.entries(cluster).filter(([key]) => kept.includes(key)));
  const stage = { name, connect_timeout: '5s', type: 'STATIC', circuit_breakers: { thresholds: [unlimited] }, ...rest };
  const assignment = cluster.load_assignment;
  if (isObject(assignment)) return { ...stage, load_assignment: await onStage(assignment, name, echo) };
  // Where the client dialled: somebody is there.
  const somebody = cluster.type === 'ORIGINAL_DST' || isObject(cluster.cluster_type);
  const endpoints = somebody ? [{ lb_endpoints: [{ endpoint: { address: pipe(await echo.open(`${name}#`)) } }] }] : [];
  return { ...stage, lb_policy: 'ROUND_ROBIN', load_assignment: { cluster_name: name, endpoints } };
};

/** Delays are told by their flag, other tries by their number: waiting for them would take hours. */
const soon = '0.001s';

/** Renames clusters where routes, mirrors and proxies of bytes name them, and shortens waits. */
const renamed = (value: JsonValue, index: number): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, index));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, JsonValue] => {
    if (key === 'cluster' && typeof child === 'string') return [key, clusterIn(index, child)];
    if (key === 'fixed_delay') return [key, soon];
    if (key === 'retry_policy' && isObject(child)) return [key, { ...child, retry_back_off: { base_interval: soon } }];
    if (key === 'weighted_clusters' && isObject(child)) {
      const clusters = objects(child.clusters).map((one) => ({ ...one, name: clusterIn(index, String(one.name)) }));
      return [key, renamed({ ...child, clusters }, index)];
    }
    return [key, renamed(child, index)];
  });
  return Object.fromEntries(entries);
};

const told = (key: string, value: string) => ({
  header: { key, value },
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  keep_empty_value: true,
});

const tellingHeaders = [
  told('x-sim-flags', '%RESPONSE_FLAGS%'),
  told('x-sim-route', '%ROUTE_NAME%'),
  told('x-sim-chain', '%FILTER_CHAIN_NAME%'),
];

const everyAnswer = { status_code_filter: { comparison: { op: 'GE', value: { default_value: 0, runtime_key: 'none' } } } };

/** Answers say what Envoy noted, also where it answers itself: its flags, and which route and chain it took. */
const telling = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(telling);
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, child]): [string, JsonValue] => [key, telling(child)]));
  const routes = inner.route_config;
  if (!isObject(routes)) return inner;
  const own = objects(routes.response_headers_to_add);
  return {
    ...inner,
    route_config: { ...routes, response_headers_to_add: [...own, ...tellingHeaders] },
    local_reply_config: { mappers: [{ filter: everyAnswer, headers_to_add: tellingHeaders }] },
  };
};

const captured = ['envoy.filters.listener.original_dst'];

/** Whoever is asked for, the cluster's backend is there; of what policies refuse, `explain` says nothing. */
const unstaged = /\.filters\.(?:network\.sni_dynamic_forward_proxy|http\.dynamic_forward_proxy|(?:network|http)\.(?:rbac|ext_authz))\./;

const isUnstaged = (item: JsonValue): boolean =>
  isObject(item) && isObject(item.typed_config) && unstaged.test(String(item.typed_config['@type']));

/** A composite filter of which nothing is left: Envoy takes none without filters. */
const isLeftEmpty = (item: JsonValue): boolean =>
  isObject(item) &&
  isObject(item.typed_config) &&
  String(item.typed_config['@type']).includes('.composite.') &&
  JSON.stringify(item).includes('"filter_chain":{"typed_config":[]}');

const withoutUnstaged = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) {
    const staged = value.filter((item) => !isUnstaged(item)).map(withoutUnstaged);
    return staged.filter((item) => !isLeftEmpty(item));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]): [string, JsonValue] => [key, withoutUnstaged(child)]));
};

/** Clients say which address they dialled. */
const toldAddress: JsonObject = {
  name: 'envoy.filters.listener.proxy_protocol',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol' },
};

const listenerOnStage = (listener: JsonObject, index: number, path: string): JsonObject => {
  const { bind_to_port: _bind, use_original_dst: _original, additional_addresses: _more, ...rest } = listener;
  const filters = objects(rest.listener_filters).filter(({ name }) => !captured.includes(String(name)));
  // A gateway may be told of its clients itself.
  const told = filters.some(({ name }) => name === toldAddress.name) ? [] : [toldAddress];
  const staged = withoutUnstaged(telling(renamed({ ...rest, listener_filters: [...told, ...filters] }, index)));
  return { ...(isObject(staged) ? staged : {}), name: `${index}/${String(listener.name)}`, address: pipe(path) };
};

/** Where a listener is: what clients dial, or the name of one to which everything is led. */
interface Place {
  readonly name: string;
  readonly socket: string;
}

export interface Props {
  readonly folder: string;
  readonly echo: Echo;
  readonly keys: Keys;
}

export interface Stage {
  readonly bootstrap: JsonObject;
  /** By case and address (`3/10.96.0.1_80`), and by case and name. */
  readonly places: ReadonlyMap<string, Place>;
  /** `3/0.0.0.0_80` */
  readonly listeners: readonly string[];
}

/** `10.96.0.1_80`; what a Unix socket has is its path. */
const dialledAt = (listener: JsonObject): readonly string[] => {
  const more = objects(listener.additional_addresses).map(({ address }) => address);
  return [listener.address, ...more].filter(isObject).map(({ socket_address: socket, pipe: path }) => {
    if (isObject(socket)) return `${socket.address}_${socket.port_value}`;
    return isObject(path) ? `${path.path}_0` : '';
  });
};

export const stage = async (cases: readonly Case[], { folder, echo, keys }: Props): Promise<Stage> => {
  const places = new Map<string, Place>();
  const listeners: string[] = [];
  const all = { listeners: [] as JsonObject[], clusters: [] as JsonObject[] };
  const secrets = secretsIn(folder, keys);
  let last: JsonObject = {};
  for (const [index, { resources }] of cases.entries()) {
    last = staticBootstrap(resources);
    const fixed = isObject(last.static_resources) ? last.static_resources : {};
    for (const cluster of objects(fixed.clusters)) {
      if (cluster.name !== 'sds-grpc') all.clusters.push(await clusterOnStage(cluster, index, echo));
    }
    for (const listener of objects(fixed.listeners)) {
      const [name, socket] = [String(listener.name), `${folder}/l${listeners.length}`];
      for (const place of [name, ...dialledAt(listener)]) places.set(clusterIn(index, place), { name, socket });
      listeners.push(clusterIn(index, name));
      all.listeners.push(await secrets.staged(listenerOnStage(listener, index, socket), resources));
    }
  }
  const bootstrap = { ...last, admin: { address: pipe(`${folder}/admin`) }, static_resources: all };
  return { bootstrap, places, listeners };
};
