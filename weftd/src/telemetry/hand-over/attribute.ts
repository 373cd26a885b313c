import { create } from '@bufbuild/protobuf';
import { type KeyValue, KeyValueSchema } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';

/** OTLP's pair of a name and a text. */
export const attribute = (key: string, value: string): KeyValue =>
  create(KeyValueSchema, { key, value: { value: { case: 'stringValue', value } } });
