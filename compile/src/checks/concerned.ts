/** Of what changed in the mesh: which objects it may make a difference to, so that only their checks are asked again. */
import type { Resource, Specs, SupportedKind } from '@weft/model';
import { changedHosts, difference, joinedHosts } from '../mesh/index.ts';
import type { ObjectCheck } from './facts.ts';

/** What all objects of a kind are checked against. */
export interface Checked<K extends SupportedKind> {
  readonly resources: readonly Resource<Specs[K]>[];
  /** As `reads` names them. */
  readonly parts: readonly unknown[];
  /** Whatever else may make a difference. */
  readonly others: readonly unknown[];
}

const asked = new WeakMap<object, WeakMap<object, { readonly hosts: readonly string[] | undefined }>>();

/** Asked once of an object, which never changes. */
const remembered = <K extends SupportedKind>(hosts: NonNullable<ObjectCheck<K>['hosts']>): typeof hosts => {
  const known = asked.get(hosts) ?? new WeakMap<object, { readonly hosts: readonly string[] | undefined }>();
  asked.set(hosts, known);
  return (resource) => {
    const answer = known.get(resource) ?? { hosts: hosts(resource) };
    known.set(resource, answer);
    return answer.hosts;
  };
};

/** The objects that what changed may be about; `undefined`: all. */
export const concerned = <K extends SupportedKind>(
  check: ObjectCheck<K>,
  before: Checked<K>,
  now: Checked<K>,
): ((resource: Resource<Specs[K]>) => boolean) | undefined => {
  if (!check.hosts || before.others.some((other, index) => other !== now.others[index])) return undefined;
  const hosts = remembered(check.hosts);
  const changed = joinedHosts([
    ...check.reads.map((part, index) => changedHosts(part, before.parts[index], now.parts[index])),
    difference(before.resources, now.resources)?.flatMap((resource) => hosts(resource) ?? []),
  ]);
  return changed && ((resource) => hosts(resource)?.some((host) => changed.has(host)) ?? true);
};
