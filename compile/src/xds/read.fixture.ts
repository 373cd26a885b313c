/** Emitted resources as JSON, for assertions. */
import { type JsonObject, type ResourceSet, type ShortType, typeUrls } from '@weft/envoy';
import { decode } from './index.ts';

export const namesOf = (set: ResourceSet, type: ShortType): string[] => [...(set.get(typeUrls[type])?.keys() ?? [])];

// biome-ignore lint/suspicious/noExplicitAny: assertions look deep into JSON of many shapes
export const read = (set: ResourceSet, type: ShortType, name: string): JsonObject & Record<string, any> => {
  const resource = set.get(typeUrls[type])?.get(name);
  if (!resource) throw new Error(`no ${type} ${name}; there are ${namesOf(set, type).join(', ')}`);
  return decode(resource);
};
