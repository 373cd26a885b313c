/** The part of the protobuf runtime that those who make messages need: `@weft/envoy` is the only package that knows it. */
export { create, type DescMessage, fromBinary, type JsonObject, type JsonValue, type MessageInitShape, type MessageShape, toBinary, toJson } from '@bufbuild/protobuf';
export type { Any, Duration } from '@bufbuild/protobuf/wkt';

/** A duration from milliseconds, as the mesh form has them. */
export const milliseconds = (ms: number) => ({
  $typeName: 'google.protobuf.Duration' as const,
  seconds: BigInt(Math.trunc(ms / 1000)),
  nanos: Math.round((ms % 1000) * 1e6),
});
