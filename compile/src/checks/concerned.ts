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

/** The objects that what changed may be about; `undefined`: all. */
export const concerned = <K extends SupportedKind>(
  { reads, hosts }: ObjectCheck<K>,
  before: Checked<K>,
  now: Checked<K>,
): ((resource: Resource<Specs[K]>) => boolean) | undefined => {
  if (!hosts || before.others.some((other, index) => other !== now.others[index])) return undefined;
  const changed = joinedHosts([
    ...reads.map((part, index) => changedHosts(part, before.parts[index], now.parts[index])),
    difference(before.resources, now.resources)?.flatMap((resource) => hosts(resource) ?? []),
  ]);
  return changed && ((resource) => hosts(resource)?.some((host) => changed.has(host)) ?? true);
};
