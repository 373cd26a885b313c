/**
 * Filters that are resources of their own (ECDS): a change of one is a few bytes and closes no connection. A listener waits for those
 * that it names before it opens, and there is no default: without its filters nothing is served [E12].
 */
import { create, type DescMessage, type Encoded, encodeResource, type MessageInitShape, pack, typeUrlOf } from '@weft/envoy';
import { TypedExtensionConfigSchema } from '@weft/envoy/gen/envoy/config/core/v3/extension_pb.js';
import { fromAds } from './sources.ts';

/** A filter's place in a chain. Its name is the resource's, and no other filter's [E13]. */
export interface Slot<Desc extends DescMessage = DescMessage> {
  readonly name: string;
  readonly schema: Desc;
  /** What may stand there instead. */
  readonly others: readonly DescMessage[];
}

export const slot = <Desc extends DescMessage>(name: string, schema: Desc, ...others: readonly DescMessage[]): Slot<Desc> => ({
  name,
  schema,
  others,
});

/** The resource. */
export const extension = <Desc extends DescMessage>({ name, schema }: Slot<Desc>, init: MessageInitShape<Desc>): Encoded => {
  const typedConfig = pack(schema, create(schema, init));
  return encodeResource(name, TypedExtensionConfigSchema, create(TypedExtensionConfigSchema, { name, typedConfig }));
};

/** The filter, HTTP's or the network's, wherever the resource is. */
export const discovered = ({ name, schema, others }: Slot) => ({
  name,
  configType: { case: 'configDiscovery' as const, value: { configSource: fromAds, typeUrls: [schema, ...others].map(typeUrlOf) } },
});
