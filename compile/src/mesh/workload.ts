/** Running instances and what their policies say of them, whatever platform they run on. */
import type { MtlsMode } from './policy.ts';
import type { Locality } from './service.ts';
import type { Trust } from './surface.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether every label of the selector is there; an empty selector selects everything. */
export const selects = (selector: Labels, labels: Labels): boolean => {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
};

export interface Workload {
  /** Name of the pod or WorkloadEntry. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly address: string;
  /** Beside `address`, where it has one. */
  readonly ipv6?: string;
  /** Empty where it has none. */
  readonly identity: string;
  readonly ready: boolean;
  /** It has a sidecar, which takes mesh mTLS. */
  readonly sidecar: boolean;
  /** Ports by name, for `targetPort: http`. */
  readonly ports: Readonly<Record<string, number>>;
  readonly locality: Locality;
  readonly weight: number;
  /** Name of the Deployment (or the like) that it belongs to. */
  readonly owner: string;
  readonly cluster: string;
  readonly kind: 'pod' | 'entry';
  /** Of a gateway; replaces the mesh's. */
  readonly trust?: Trust;
  /** While its modes change; absent: what its policies say. */
  readonly stage?: PeerStage;
}

/** One PeerAuthentication; `mode` absent means that it inherits [S88]. */
export interface PeerPolicy {
  readonly namespace: string;
  /** Absent: the whole namespace, or the mesh in the root namespace. */
  readonly selector?: Labels;
  readonly mode?: MtlsMode;
  /** By the workload's own port [S89]. */
  readonly ports: Readonly<Record<string, MtlsMode>>;
}

/** The mTLS mode of one workload, as its policies together say. */
export interface PeerModes {
  readonly mode: MtlsMode;
  readonly ports: Readonly<Record<string, MtlsMode>>;
}

/**
 * On the way from one mode to another, so that no request is lost: what the workload's own proxy accepts, and what its callers
 * go by meanwhile.
 */
export interface PeerStage {
  readonly accepts: PeerModes;
  readonly told: PeerModes;
}

export const modeOf = (modes: PeerModes, port: number): MtlsMode => modes.ports[port] ?? modes.mode;
