/** What happened in the mesh, as charts mark it and as the answer to "what changed around this moment". */
import type { ObjectRef } from './finding.ts';

export const changeKinds = [
  // Objects were written or deleted.
  'configuration',
  // Pods of a workload started or ended, or another version of it appeared.
  'rollout',
  // A program ended and was started again in its pod.
  'restart',
  // It fires, or is over.
  'alert',
  // Of the mesh's own authority: workloads renew theirs all the time.
  'certificate',
  // The control plane itself started or stopped.
  'weftd',
] as const;

export type ChangeKind = (typeof changeKinds)[number];

export interface MeshChange {
  /** Unix milliseconds. */
  readonly at: number;
  readonly kind: ChangeKind;
  /** In one line. */
  readonly words: string;
  /** Absent: it is about the whole mesh. */
  readonly namespace?: string;
  readonly service?: string;
  readonly workload?: string;
  /** Of configuration. */
  readonly revision?: number;
  readonly by?: string;
  /** Of configuration; the first hundred. */
  readonly objects?: readonly ObjectRef[];
  /** Of an alert, its id, and whether it fires now. */
  readonly alert?: { readonly id: string; readonly fires: boolean };
}

export interface MeshChanges {
  /** The oldest first. */
  readonly items: readonly MeshChange[];
  /** There are more than were asked for: these are the newest of them. */
  readonly more: boolean;
}

export interface ChangeSearch {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly namespace?: string;
  /** Of the namespace: what concerns this service. */
  readonly service?: string;
  readonly limit?: number;
}
