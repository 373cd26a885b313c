/** Who talks to whom: what `/edges` answers. Times are Unix milliseconds. */
import type { Latency } from './signals.ts';

export interface Caller {
  /** `outside`: it has no proxy, so nobody knows who it is. */
  readonly kind: 'workload' | 'gateway' | 'outside';
  /** Empty of those outside. */
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

export interface Callee {
  /** `external`: no service of the mesh; `PassthroughCluster` where nobody said what it is. */
  readonly kind: 'service' | 'external';
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  /** Absent where no workload was reached, or it is outside the mesh. */
  readonly workload?: { readonly namespace: string; readonly name: string; readonly version: string };
}

/** As the server's proxy saw it; `unknown`: it has none. */
export type MtlsState = 'mutual' | 'plaintext' | 'mixed' | 'unknown';

export const mtlsStates: readonly MtlsState[] = ['mutual', 'plaintext', 'mixed', 'unknown'];

/** Requests and connections, by how they came to the server. */
export interface Protection {
  readonly mutual: number;
  readonly plaintext: number;
  /** Its server has no proxy, or was not reached. */
  readonly unknown: number;
}

/** `idle`: no requests, though perhaps connections. */
export type Health = 'healthy' | 'degraded' | 'failing' | 'idle';

export interface EdgeLatency extends Latency {
  readonly mean: number;
}

export interface EdgeFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly latency?: EdgeLatency;
  readonly connectionsOpened: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface Edge extends EdgeFigures {
  readonly caller: Caller;
  readonly callee: Callee;
  /** `http`, `grpc` or `tcp`. */
  readonly protocol: string;
  readonly mtls: MtlsState;
  readonly health: Health;
}

export interface VanishedEdge extends Pick<Edge, 'caller' | 'callee' | 'protocol'> {
  readonly lastSeen: number;
}

/** `namespace/name` of workloads and services, host of what is external, and `outside`; nearest first. */
export interface Impact {
  readonly node: string;
  /** Who is affected when it fails. */
  readonly upstream: readonly string[];
  /** Whom it needs. */
  readonly downstream: readonly string[];
}

export interface TopologySearch {
  readonly from: number;
  readonly to: number;
  /** Edges that begin or end there. */
  readonly namespace?: string;
  /** Only edges that are in one of these, and none that vanished. */
  readonly mtls?: readonly MtlsState[];
  /** With it the impact of this node is told: `namespace/name`, or a host. */
  readonly node?: string;
}

export interface Topology {
  readonly from: number;
  readonly to: number;
  /** Of the oldest minute that is kept; absent while there is none. Before it nobody knows: rates are over the time from then on. */
  readonly since?: number;
  /** The end of the last look, or `to` where that was before it: rates are over the time until then. */
  readonly until: number;
  /** Of all edges, whichever are told. */
  readonly protection: Protection;
  /** Revisions of the configuration that were in force, the oldest first. */
  readonly revisions: readonly number[];
  readonly edges: readonly Edge[];
  /** Seen in the day before, and not since. */
  readonly vanished: readonly VanishedEdge[];
  readonly impact?: Impact;
}
