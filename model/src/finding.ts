/** What a user is told about something that is wrong. Findings are returned, never thrown. */

export type Severity = 'error' | 'warning' | 'info';

/** Names an object: `kind` is the plain kind (`VirtualService`), `namespace` is empty for cluster-wide kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Finding {
  /** Stable code: Istio's `IST....` where `istioctl analyze` has one, `WEFT....` otherwise. */
  readonly code: string;
  /** `error`: the object (or the part named) has no effect. `warning`: it has, but probably not the one meant. */
  readonly severity: Severity;
  /** Absent when the text could not be read far enough to know the object. */
  readonly resource?: ObjectRef;
  /** Path of the field: `spec.http[0].route[1].weight`; empty for the whole object. */
  readonly path: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do about it. */
  readonly help: string;
  /** File and one-based line where known. */
  readonly file?: string;
  readonly line?: number;
  /** Another object claims the same and counts here: what the condition `Conflicted` is told from. */
  readonly conflictsWith?: ObjectRef;
  /** A broken object that would have kept somebody out: `apply` takes nothing and exits 65, and `up` does not start. */
  readonly refused?: true;
}

export const refKey = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`;
