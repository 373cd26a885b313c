import type { ObjectRef } from './finding.ts';

/** Where an object came from. A file owns its objects; so does the API. */
export type Origin =
  | { readonly source: 'file'; readonly file: string; readonly line: number }
  | { readonly source: 'api'; readonly directory?: string };

export interface Metadata {
  readonly name: string;
  /** Empty for cluster-wide kinds (Namespace). */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Unix milliseconds; 0 where the source gives none (files). Decides "oldest wins", then name, then namespace. */
  readonly created: number;
}

/**
 * One object of desired state, checked by `parse`: its kind is known, its fields have the right types.
 * `spec` (or `data` for kinds without one) is the object as written, less `metadata`, `status`, `apiVersion`, `kind`.
 */
export interface Resource<Spec = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec: Spec;
  readonly origin: Origin;
  /** Line (one-based) of a field by path, for findings made later (`spec.http[0]`); absent for objects from the API. */
  readonly lines?: Readonly<Record<string, number>>;
  /** Hash of apiVersion, kind, metadata and spec: equal content, equal hash. */
  readonly hash: string;
}

export const refOf = (resource: Resource): ObjectRef => ({
  kind: resource.kind,
  namespace: resource.metadata.namespace,
  name: resource.metadata.name,
});
