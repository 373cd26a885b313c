import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf';

/** The part of the protobuf runtime that those who make messages need: `@weft/envoy` is the only package that knows it. */
export {
  create,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
export { base64Decode } from '@bufbuild/protobuf/wire';
export type { Any, Duration } from '@bufbuild/protobuf/wkt';

/** The plain object that `create` takes: without the message itself, which as a union's member would spoil every spread. */
export type Init<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, Message>;

/** A duration from milliseconds, as the mesh form has them. */
export const milliseconds = (ms: number) => ({
  $typeName: 'google.protobuf.Duration' as const,
  seconds: BigInt(Math.trunc(ms / 1000)),
  nanos: Math.round((ms % 1000) * 1e6),
});
