/** What was changed when and by whom, as the API tells it. Texts are manifests in YAML, without the values of Secrets. */
import type { ApplyResult } from './api.ts';
import type { ObjectRef } from './finding.ts';
import type { Origin } from './resource.ts';

export interface ObjectChange {
  readonly ref: ObjectRef;
  readonly action: 'created' | 'configured' | 'deleted';
  /** Where the object came from; of a deleted one, where it was. */
  readonly origin: Origin;
}

/** With the object as it was before and after; absent where there was none. */
export interface ObjectDifference extends ObjectChange {
  readonly before?: string;
  readonly after?: string;
}

export interface Revision {
  readonly revision: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly source: 'file' | 'api';
  /** Who asked for it, of those who ask the API. */
  readonly by?: string;
  /** The revision that it took back. */
  readonly undoes?: number;
  readonly counts: { readonly created: number; readonly configured: number; readonly deleted: number };
}

export interface ListedRevision extends Revision {
  /** The first hundred; `counts` has all. */
  readonly changes: readonly ObjectChange[];
}

export interface History {
  /** The newest first. */
  readonly items: readonly ListedRevision[];
  /** There are older ones that fit: ask again with `before` the last one told. */
  readonly more: boolean;
  /** Unix milliseconds since when all revisions are known; absent while there are none. */
  readonly since?: number;
}

export interface HistorySearch {
  /** Unix milliseconds. */
  readonly from?: number;
  readonly to?: number;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Older than this revision. */
  readonly before?: number;
  readonly limit?: number;
}

export interface RevisionDetails extends Revision {
  readonly changes: readonly ObjectDifference[];
}

/** How the objects of two revisions differ. */
export interface RevisionDifference {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly ObjectDifference[];
}

export interface UndoRequest {
  readonly revision: number;
  /** Say what would happen, change nothing. */
  readonly dryRun?: boolean;
}

/** Nothing is taken back where something is refused. */
export interface UndoResult extends ApplyResult {
  /** What would be, or was, changed: of objects that files own what to change there by hand. */
  readonly changes: readonly (ObjectDifference & { readonly byHand?: { readonly file: string; readonly line: number } })[];
}
