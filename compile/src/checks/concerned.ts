/** Of what changed in the mesh: which objects it may make a difference to, so that only their checks are asked again. */
import type { Resource, Specs, SupportedKind } from '@weft/model';
import {
  type Backend,
  type DestinationRule,
  difference,
  isWildcard,
  type PortEndpoints,
  type Routing,
  type Service,
} from '../mesh/index.ts';
import type { ObjectCheck } from './facts.ts';

/** Parts of the mesh that checks look into by host: the hosts of one item. */
const hostsOf = {
  services: ({ hostname }: Service): readonly string[] => [hostname],
  backends: ({ service }: Backend): readonly string[] => [service.hostname],
  endpoints: ({ service }: PortEndpoints): readonly string[] => [service.slice(service.indexOf('/') + 1)],
  destinations: ({ host }: DestinationRule): readonly string[] => [host],
  routings: ({ hosts }: Routing): readonly string[] => hosts,
} as const;

const isByHost = (part: string): part is keyof typeof hostsOf => Object.hasOwn(hostsOf, part);

const listOf = <T>(part: readonly T[] | ReadonlyMap<string, T>): readonly T[] => (part instanceof Map ? [...part.values()] : (part as T[]));

/** Hosts of what changed; `undefined`: nobody can say which. */
const changedHosts = (part: string, before: unknown, now: unknown): readonly string[] | undefined => {
  if (before === now) return [];
  if (!isByHost(part)) return undefined;
  const ofItem = hostsOf[part] as (item: unknown) => readonly string[];
  const changed = difference(listOf(before as readonly unknown[]), listOf(now as readonly unknown[]))?.flatMap(ofItem);
  return changed?.some(isWildcard) ? undefined : changed;
};

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
  const lists = [
    ...reads.map((part, index) => changedHosts(part, before.parts[index], now.parts[index])),
    difference(before.resources, now.resources)?.flatMap((resource) => hosts(resource) ?? []),
  ];
  if (lists.includes(undefined)) return undefined;
  const changed = new Set(lists.flatMap((list) => list ?? []));
  return (resource) => hosts(resource)?.some((host) => changed.has(host)) ?? true;
};
