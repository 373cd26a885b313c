/** Resources as JSON, in the protobuf mapping that Envoy's own tools use. */
import { type Encoded, fromBinary, type JsonObject, type JsonValue, toJson } from '@weft/envoy';
import { ResourceSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { registry } from '@weft/envoy/registry';

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was sent, without the envelope. */
export const decode = ({ bytes }: Pick<Encoded, 'bytes'>): JsonObject => {
  const envelope = toJson(ResourceSchema, fromBinary(ResourceSchema, bytes), { registry, useProtoFieldName: true });
  const resource = isObject(envelope) ? envelope.resource : undefined;
  if (!isObject(resource)) throw new Error('a resource without content');
  const { '@type': _type, ...content } = resource;
  return content;
};
