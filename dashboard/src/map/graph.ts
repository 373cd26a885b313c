/** What weftd tells → the map's nodes and edges. */
import type { Edge, EdgeLatency, Health, Topology } from '@weft/model';
import { healthOf } from '@weft/signals';
import { type Ends, endsOf, type NodeKey } from './ends.ts';
import type { Ruled } from './marks.ts';
import { marksOf } from './marks.ts';
import { boxOf, type Places } from './places.ts';
import { type Flow, failedShare, type MapEdge, type MapNode, nothing, sum } from './scene.ts';
import type { BoxBy, NodeView } from './search.ts';

export interface GraphInput {
  readonly topology: Topology;
  readonly places: Places;
  /** `namespace/name` of all that are configured. */
  readonly services: readonly string[];
  readonly boxBy: BoxBy;
  readonly isExpanded: (service: string) => boolean;
  readonly view: NodeView;
  /** Services, by `namespace/name`, that configuration has a say in. */
  readonly ruled: Ruled;
  /** Of a service, by its objectives; undefined: it has none. */
  readonly judged: (service: string) => { readonly health: Health; readonly words: string } | undefined;
  /** Also what nobody used, and what vanished. */
  readonly withIdle: boolean;
  /** Only this namespace's unused nodes; edges are weftd's to choose. */
  readonly namespace?: string;
}

export interface Graph {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

interface Link {
  readonly from: NodeKey;
  readonly to: NodeKey;
  readonly edge: Edge;
}

const linksOf = (edges: readonly Edge[], ends: Ends): readonly Link[] =>
  edges.flatMap((edge) => {
    const from = ends.caller(edge.caller);
    const { first, version } = ends.callee(edge.callee);
    return [{ from, to: first, edge }, ...(version ? [{ from: first, to: version, edge }] : [])];
  });

const severest = (states: readonly MapEdge['mtls'][]): MapEdge['mtls'] => {
  const some = (one: MapEdge['mtls']) => states.includes(one);
  if (some('mixed') || (some('plaintext') && some('mutual'))) return 'mixed';
  if (some('plaintext')) return 'plaintext';
  return some('mutual') ? 'mutual' : 'unknown';
};

/** Of quantiles the slowest is said, since those of all are not known; a mean is one of all. */
const slowest = (edges: readonly Pick<MapEdge, 'latency' | 'requests'>[]): EdgeLatency | undefined => {
  const known = edges.flatMap(({ latency, requests }) => (latency ? [{ ...latency, requests }] : []));
  if (known.length === 0) return undefined;
  const most = (name: keyof EdgeLatency): number => Math.max(...known.map((one) => one[name]));
  const all = known.reduce((count, { requests }) => count + requests, 0);
  const mean = known.reduce((total, one) => total + one.mean * one.requests, 0) / Math.max(1, all);
  return { p50: most('p50'), p90: most('p90'), p95: most('p95'), p99: most('p99'), mean };
};

export const flowOf = (edge: Edge, seconds: number): Flow => ({
  requests: edge.requests,
  requestsPerSecond: edge.requests / seconds,
  failed: edge.failed,
  bytesPerSecond: (edge.bytesReceived + edge.bytesSent) / seconds,
  connectionsOpened: edge.connectionsOpened,
});

export const edgeId = (from: string, to: string, protocol: string): string => `${from} > ${to} ${protocol}`;

/** Edges that are drawn as one. */
export const merged = (edges: readonly MapEdge[]): MapEdge | undefined => {
  const [first] = edges;
  if (!first || edges.length === 1) return first;
  const flow = sum(edges);
  const latency = slowest(edges);
  const { latency: _, lastSeen: __, ...rest } = first;
  const gone = edges.every(({ lastSeen }) => lastSeen !== undefined);
  return {
    ...rest,
    ...flow,
    ...(latency && { latency }),
    ...(gone && { lastSeen: Math.max(...edges.map(({ lastSeen }) => lastSeen ?? 0)) }),
    mtls: severest(edges.map(({ mtls }) => mtls)),
    health: healthOf(flow),
    parts: edges.flatMap(({ parts }) => parts),
  };
};

const mapEdge = ({ from, to, edge }: Link, seconds: number): MapEdge => ({
  id: edgeId(from.id, to.id, edge.protocol),
  from: from.id,
  to: to.id,
  protocol: edge.protocol,
  ...flowOf(edge, seconds),
  ...(edge.latency && { latency: edge.latency }),
  mtls: edge.mtls,
  health: edge.health,
  parts: [edge],
});

const mergeSame = (edges: readonly MapEdge[]): readonly MapEdge[] =>
  [...Map.groupBy(edges, ({ id }) => id).values()].flatMap((same) => merged(same) ?? []);

const vanishedEdges = ({ vanished }: Topology, ends: Ends): readonly { readonly keys: readonly NodeKey[]; readonly edge: MapEdge }[] =>
  vanished.map(({ caller, callee, protocol, lastSeen }) => {
    const [from, to] = [ends.caller(caller), ends.callee(callee).first];
    const edge = {
      id: edgeId(from.id, to.id, protocol),
      from: from.id,
      to: to.id,
      protocol,
      ...nothing,
      mtls: 'unknown',
      health: 'idle',
      lastSeen,
      parts: [],
    } as const;
    return { keys: [from, to], edge };
  });

const isByWorkload = (view: NodeView): boolean => view === 'workloads' || view === 'applications';

/** What is configured and was not seen. */
const unusedKeys = ({ places, services, namespace, view }: GraphInput, ends: Ends): readonly NodeKey[] => {
  const all = [
    ...(isByWorkload(view) ? [] : services.map((key) => ends.service(key))),
    ...[...places]
      .filter(([, place]) => isByWorkload(view) || place.services.length === 0 || place.proxy === 'gateway')
      .map(([key, { version }]) => ends.workload(key, version)),
  ];
  return all.filter((key) => namespace === undefined || key.namespace === namespace);
};

const healthWordsOf = (flow: Flow): string => {
  if (flow.requests === 0) return 'no requests in this time';
  return `${Number((failedShare(flow) * 100).toPrecision(2))} % of requests failed (degraded from 0.1 %, failing from 10 %)`;
};

interface Around {
  readonly into: readonly MapEdge[];
  readonly outOf: readonly MapEdge[];
}

const nodeOf = (keys: readonly NodeKey[], { into, outOf }: Around, { places, boxBy, judged, ruled }: GraphInput): MapNode | undefined => {
  const [key] = keys;
  if (!key) return undefined;
  const { id, kind, namespace, name } = key;
  const workloads = [...new Set(keys.flatMap(({ workload }) => workload ?? []))].sort();
  const behind =
    kind === 'service'
      ? [...places].filter(([, { services }]) => services.includes(`${namespace}/${name}`)).map(([workload]) => workload)
      : [];
  const versions = [...keys.flatMap(({ version }) => version ?? []), ...behind.flatMap((workload) => places.get(workload)?.version ?? [])];
  const [inbound, outbound] = [sum(into), sum(outOf)];
  const own = kind === 'service' ? judged(`${namespace}/${name}`) : undefined;
  const place = places.get([...workloads, ...behind][0] ?? '');
  const box = boxOf(boxBy, namespace, place);
  return {
    ...{ id, kind, namespace, name, inbound, outbound },
    ...(box !== undefined && { box }),
    workloads: [...new Set([...workloads, ...behind])].sort(),
    versions: [...new Set(versions)].filter((version) => version !== '').sort(),
    health: own?.health ?? healthOf(inbound),
    healthWords: own?.words ?? healthWordsOf(inbound),
    isUnused: into.every(({ lastSeen }) => lastSeen !== undefined) && outOf.every(({ lastSeen }) => lastSeen !== undefined),
    marks: marksOf({ kind, key: `${namespace}/${name}`, workloads: [...workloads, ...behind] }, { places, ruled }),
    members: 1,
  };
};

export const graphOf = (input: GraphInput): Graph => {
  const { topology, places, isExpanded, view, withIdle } = input;
  const ends = endsOf({ places, edges: [...topology.edges, ...topology.vanished], isExpanded, view });
  const links = linksOf(topology.edges, ends);
  const { from, until, since = from } = topology;
  // What was before anybody looked is not counted as time without requests.
  const seconds = Math.max(1_000, until - Math.max(from, since)) / 1_000;
  const live = mergeSame(links.map((link) => mapEdge(link, seconds)));
  const ids = new Set(live.map(({ id }) => id));
  const gone = withIdle ? vanishedEdges(topology, ends).filter(({ edge }) => !ids.has(edge.id)) : [];
  const edges = [...live, ...mergeSame(gone.map(({ edge }) => edge))];
  const keys = [
    ...links.flatMap(({ from, to }) => [from, to]),
    ...gone.flatMap(({ keys }) => keys),
    ...(withIdle ? unusedKeys(input, ends) : []),
  ];
  const [byTarget, bySource] = [Map.groupBy(edges, ({ to }) => to), Map.groupBy(edges, ({ from }) => from)];
  const nodes = [...Map.groupBy(keys, ({ id }) => id)].flatMap(
    ([id, same]) => nodeOf(same, { into: byTarget.get(id) ?? [], outOf: bySource.get(id) ?? [] }, input) ?? [],
  );
  return { nodes, edges };
};
