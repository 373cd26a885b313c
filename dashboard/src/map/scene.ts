/** What the map shows: nodes, edges between them and boxes around them, whatever they are drawn with. */
import type { Edge, EdgeLatency, Health, MtlsState } from '@weft/model';

export type NodeKind = 'service' | 'workload' | 'version' | 'application' | 'gateway' | 'external' | 'outside' | 'group';

/** `bare`: a pod of it has no proxy; `routed`: a VirtualService has a say; `limited`: a DestinationRule limits or ejects. */
export type Mark = 'bare' | 'routed' | 'limited';

export const markWords: Readonly<Record<Mark, string>> = {
  bare: 'no sidecar',
  routed: 'routed by a VirtualService',
  limited: 'limits or outlier detection by a DestinationRule',
};

/** Sums of edges. */
export interface Flow {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly bytesPerSecond: number;
  readonly connectionsOpened: number;
}

export interface MapNode {
  /** `service:shop/web`; stable, so that links and positions stay. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly namespace: string;
  readonly name: string;
  /** Name of the box that it is in; absent: in none. */
  readonly box?: string;
  /** `namespace/name` of those that it stands for; a service's are behind it. */
  readonly workloads: readonly string[];
  readonly versions: readonly string[];
  readonly inbound: Flow;
  readonly outbound: Flow;
  readonly health: Health;
  /** Why it is so: an objective or a threshold, in words. */
  readonly healthWords: string;
  /** Nobody called it, nor did it call, in this time. */
  readonly isUnused: boolean;
  /** What is special about it, beside its health. */
  readonly marks: readonly Mark[];
  /** How many nodes a group hides. */
  readonly members: number;
}

export interface MapEdge extends Flow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  /** Milliseconds; of several edges that are drawn as one the slowest's, and the mean of all. */
  readonly latency?: EdgeLatency;
  readonly mtls: MtlsState;
  readonly health: Health;
  /** Unix milliseconds: it was there before, and is not any more. */
  readonly lastSeen?: number;
  /** What it is drawn of, as weftd tells it; empty of one that vanished. */
  readonly parts: readonly Edge[];
}

export interface Scene {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** Names of boxes that are open. */
  readonly boxes: readonly string[];
  /** All boxes, with how many nodes are in them. */
  readonly groups: ReadonlyMap<string, number>;
}

export const nothing: Flow = { requests: 0, requestsPerSecond: 0, failed: 0, bytesPerSecond: 0, connectionsOpened: 0 };

export const sum = (flows: readonly Flow[]): Flow =>
  flows.reduce(
    (all, one) => ({
      requests: all.requests + one.requests,
      requestsPerSecond: all.requestsPerSecond + one.requestsPerSecond,
      failed: all.failed + one.failed,
      bytesPerSecond: all.bytesPerSecond + one.bytesPerSecond,
      connectionsOpened: all.connectionsOpened + one.connectionsOpened,
    }),
    nothing,
  );

export const failedShare = ({ requests, failed }: Pick<Flow, 'requests' | 'failed'>): number => (requests > 0 ? failed / requests : 0);

/** Somebody's traffic went unprotected here, as its server saw it. */
export const isPlain = ({ mtls }: Pick<MapEdge, 'mtls'>): boolean => mtls === 'plaintext' || mtls === 'mixed';

/** What a person calls it: `shop/web`, a host, or a word. */
export const titleOf = ({ kind, namespace, name }: Pick<MapNode, 'kind' | 'namespace' | 'name'>): string => {
  if (kind === 'outside') return 'outside callers';
  return namespace && kind !== 'group' ? `${namespace}/${name}` : name;
};

export const kindWords: Readonly<Record<NodeKind, string>> = {
  service: 'service',
  workload: 'workload',
  version: 'version',
  application: 'application',
  gateway: 'gateway',
  external: 'external host',
  outside: 'callers without a proxy',
  group: 'closed box',
};

export const mtlsWords: Readonly<Record<MtlsState, string>> = {
  mutual: 'mutual TLS',
  plaintext: 'not mTLS: plaintext',
  mixed: 'partly not mTLS',
  unknown: 'protection not seen: no proxy at the server',
};
