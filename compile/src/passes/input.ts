/** What every pass reads: the snapshot, sorted into kinds. */
import { byAge, type MeshSettings, type Resource, type Specs, type SupportedKind } from '@weft/model';
import type { FetchedKeys } from '../istio/request-authentication.ts';
import type { Assignments } from '../kubernetes/allocate.ts';
import type { RunningPod } from '../kubernetes/workload.ts';
import { type Before, changedAt, type Memo, type Mesh } from '../mesh/index.ts';

/** A CUSTOM policy that was changed or deleted. */
export interface Withdrawal {
  readonly policy: Resource<Specs['AuthorizationPolicy']>;
  /** Those that may not have what came instead, as `namespace/name`. */
  readonly proxies: ReadonlySet<string>;
}

export interface Input {
  /** Oldest first [S17]. */
  of<K extends SupportedKind>(kind: K): readonly Resource<Specs[K]>[];
  readonly pods: readonly RunningPod[];
  readonly settings: MeshSettings;
  readonly assignments: Assignments;
  readonly keys: FetchedKeys;
  readonly withdrawn: readonly Withdrawal[];
  readonly memo: Memo;
}

/** A pass reads what earlier passes made and gives its own parts; it changes nothing. */
export interface Pass {
  readonly name: string;
  /** All that `make` looks at: while these are the same, so is what it gives. */
  reads(input: Input, mesh: Mesh): readonly unknown[];
  make(input: Input, mesh: Mesh): Partial<Mesh>;
}

export const nameOf = ({ metadata }: Resource): string => `${metadata.namespace}/${metadata.name}`;

const none: readonly Resource[] = [];

/** One that takes the place of another of its name and age stands where that one stood. */
const sortedAfter = (before: Before<readonly Resource[]> | undefined, list: readonly Resource[]): readonly Resource[] => {
  const last = before?.inputs as readonly Resource[] | undefined;
  const changed = last && changedAt(last, list)?.map((index) => [last[index], list[index]] as const);
  if (!before || !changed?.every(([old, now]) => old && now && byAge(old, now) === 0)) return [...list].sort(byAge);
  // By name: of two that say the same the sorted list may hold an earlier one than the last list does.
  const successors = new Map(changed.map(([, now]) => [now && nameOf(now), now] as const));
  return before.value.map((resource) => successors.get(nameOf(resource)) ?? resource);
};

export const inKinds = (resources: readonly Resource[], memo: Memo): Input['of'] => {
  const lists = new Map<string, Resource[]>();
  for (const resource of resources) {
    const list = lists.get(resource.kind);
    if (list) list.push(resource);
    else lists.set(resource.kind, [resource]);
  }
  const sorted = new Map(
    [...lists].map(
      ([kind, list]) => [kind, memo<readonly Resource[]>(`all of ${kind}`, list, (_, before) => sortedAfter(before, list))] as const,
    ),
  );
  return <K extends SupportedKind>(kind: K) => (sorted.get(kind) ?? none) as readonly Resource<Specs[K]>[];
};
