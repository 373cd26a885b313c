/** What every pass reads: the snapshot, sorted into kinds. */
import { byAge, type MeshSettings, type Resource, type Specs, type SupportedKind } from '@weft/model';
import type { Assignments } from '../kubernetes/allocate.ts';
import type { RunningPod } from '../kubernetes/workload.ts';
import type { Memo, Mesh } from '../mesh/index.ts';

export interface Input {
  /** Oldest first (semantics 17). */
  of<K extends SupportedKind>(kind: K): readonly Resource<Specs[K]>[];
  readonly pods: readonly RunningPod[];
  readonly settings: MeshSettings;
  readonly assignments: Assignments;
  readonly memo: Memo;
}

/** A pass reads what earlier passes made and gives its own parts; it changes nothing. */
export type Pass = (input: Input, mesh: Mesh) => Partial<Mesh>;

export const inKinds = (resources: readonly Resource[]): Input['of'] => {
  const lists = new Map<string, Resource[]>();
  for (const resource of resources) {
    const list = lists.get(resource.kind);
    if (list) list.push(resource);
    else lists.set(resource.kind, [resource]);
  }
  for (const list of lists.values()) list.sort(byAge);
  return <K extends SupportedKind>(kind: K) => (lists.get(kind) ?? []) as readonly Resource<Specs[K]>[];
};

export const resourceKey = ({ kind, metadata }: Resource): string => `${kind}/${metadata.namespace}/${metadata.name}`;

/** The last generation's list, if it holds the same objects. */
export const sameList = <T>(memo: Memo, key: string, items: readonly T[]): readonly T[] => memo(key, items, () => items);
