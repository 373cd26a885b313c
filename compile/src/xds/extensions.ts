/**
 * Filters as one resource of their own (ECDS): a change of it is a few bytes, reaches every request whole or not at all, and closes no
 * connection. A listener waits for it before it opens, and there is no default: without it nothing is served [E12].
 */
import { create, type DescMessage, type Encoded, encodeResource, type MessageInitShape, pack, typed, typeUrlOf } from '@weft/envoy';
import { TypedExtensionConfigSchema } from '@weft/envoy/gen/envoy/config/core/v3/extension_pb.js';
import { CompositeSchema, ExecuteFilterActionSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/composite/v3/composite_pb.js';
import type { HttpFilter } from './filters.ts';
import { fromAds } from './sources.ts';

/** A filter as it stands in such a resource. */
export type Extension = MessageInitShape<typeof TypedExtensionConfigSchema>;

const configOf = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>) => pack(schema, create(schema, init));

/** @param name no other filter's of the chain [E13] */
export const extension = <Desc extends DescMessage>(name: string, schema: Desc, init: MessageInitShape<Desc>): Extension => ({
  name,
  typedConfig: configOf(schema, init),
});

/** The action of a matcher: to run these filters. */
const running = (filters: readonly Extension[]) => ({
  name: 'chain',
  typedConfig: configOf(ExecuteFilterActionSchema, { filterChain: { typedConfig: [...filters] } }),
});

/** The filters of a place, in their order: a composite filter without a question, which is why it always takes the same chain. */
export const chainAt = (place: string, filters: readonly Extension[]): Encoded => {
  const matcher = { onNoMatch: { onMatch: { case: 'action' as const, value: running(filters) } } };
  const composite = extension(place, CompositeSchema, filters.length === 0 ? {} : { matcher });
  return encodeResource(place, TypedExtensionConfigSchema, create(TypedExtensionConfigSchema, composite));
};

/** A place for one filter of this kind. */
export const discoveredFilter = (place: string, schema: DescMessage) => ({
  name: place,
  configType: { case: 'configDiscovery' as const, value: { configSource: fromAds, typeUrls: [typeUrlOf(schema)] } },
});

/** A place among the filters of a connection manager, where any number of filters may stand and a request comes to at once. */
export const discovered = (place: string): HttpFilter => discoveredFilter(place, CompositeSchema);

/**
 * A place that a request may come to after it has waited. A composite filter counts in statistics that go with its configuration, also
 * under requests that are on their way to it, and Envoy crashes [E15]. So the one here goes with the listener, and what it runs is
 * looked for when a request is there.
 */
export const discoveredLate = (place: string): HttpFilter => {
  const configDiscovery = { configSource: fromAds, typeUrls: [typeUrlOf(CompositeSchema)] };
  const action = { name: 'chain', typedConfig: configOf(ExecuteFilterActionSchema, { dynamicConfig: { name: place, configDiscovery } }) };
  return typed(place, CompositeSchema, { matcher: { onNoMatch: { onMatch: { case: 'action', value: action } } } });
};
