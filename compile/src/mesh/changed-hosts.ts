/** Which hosts something changed for: what is looked up by other hosts is what it was. */
import { isWildcard } from './host.ts';
import type { Backend, DestinationRule } from './mesh.ts';
import type { Routing } from './routing.ts';
import type { PortEndpoints, Service } from './service.ts';
import { difference } from './successor.ts';

/** Parts of the mesh that are looked up by host: the hosts of one item. */
const hostsOf = {
  services: ({ hostname }: Service): readonly string[] => [hostname],
  backends: ({ service }: Backend): readonly string[] => [service.hostname],
  endpoints: ({ service }: PortEndpoints): readonly string[] => [service.slice(service.indexOf('/') + 1)],
  destinations: ({ host }: DestinationRule): readonly string[] => [host],
  routings: ({ hosts }: Routing): readonly string[] => hosts,
} as const;

const isByHost = (part: string): part is keyof typeof hostsOf => Object.hasOwn(hostsOf, part);

const listOf = (part: unknown): readonly unknown[] => (part instanceof Map ? [...part.values()] : (part as readonly unknown[]));

/** Hosts of what changed in a part of the mesh; `undefined`: nobody can say which. */
export const changedHosts = (part: string, before: unknown, now: unknown): readonly string[] | undefined => {
  if (before === now) return [];
  if (!isByHost(part)) return undefined;
  const ofItem = hostsOf[part] as (item: unknown) => readonly string[];
  const changed = difference(listOf(before), listOf(now))?.flatMap(ofItem);
  return changed?.some(isWildcard) ? undefined : changed;
};

/** All of them together. */
export const joinedHosts = (lists: readonly (readonly string[] | undefined)[]): ReadonlySet<string> | undefined =>
  lists.includes(undefined) ? undefined : new Set(lists.flatMap((list) => list ?? []));
