/** Messages as `Any`, and resources as bytes. */
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Encoded } from './encoded.ts';
import { ResourceSchema } from './gen/envoy/service/discovery/v3/discovery_pb.js';
import { contentHash } from './hash.ts';

export const typeUrlOf = (schema: DescMessage): string => `type.googleapis.com/${schema.typeName}`;

/** Encodes a message; field order and map order are those of the description and of insertion, so equal content gives equal bytes. */
export const pack = <Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Any => ({
  $typeName: 'google.protobuf.Any',
  typeUrl: typeUrlOf(schema),
  value: toBinary(schema, message),
});

/** What Envoy calls an extension: a name of its own choosing and its configuration. */
export interface Extension {
  readonly name: string;
  readonly config: Any;
}

/** For fields of the shape `{ name, typed_config }`. */
export const typed = <Desc extends DescMessage>(name: string, schema: Desc, init: MessageInitShape<Desc>) => ({
  name,
  configType: { case: 'typedConfig' as const, value: pack(schema, create(schema, init)) },
});

/** A resource of the delta protocol with the hash of its content as version. */
export const encodeResource = <Desc extends DescMessage>(name: string, schema: Desc, message: MessageShape<Desc>): Encoded => {
  const resource = pack(schema, message);
  const version = contentHash(resource.value);
  return { name, version, bytes: toBinary(ResourceSchema, create(ResourceSchema, { name, version, resource })) };
};
