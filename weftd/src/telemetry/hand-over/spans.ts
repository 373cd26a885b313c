/** Spans for a collector: as they came, without what must not be kept, and with the name of whose proxy tells, which is known from its certificate. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ExportTraceServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { KeyValue } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';
import { ResourceSchema } from '@weft/envoy/gen/opentelemetry/proto/resource/v1/resource_pb.js';
import { keptValue } from '../traces/bounds.ts';
import type { Teller } from '../traces/otlp.ts';
import type { ToldTraces } from '../traces/traces.ts';
import { attribute } from './attribute.ts';
import type { Written } from './remote-write.ts';

const kept = (attributes: readonly KeyValue[]): KeyValue[] =>
  attributes.flatMap((one): readonly KeyValue[] => {
    if (one.value?.value.case !== 'stringValue') return [one];
    const value = keptValue(one.key, one.value.value.value);
    return value === undefined ? [] : [attribute(one.key, value)];
  });

/** What a proxy says of itself is overruled by what its certificate says; only its own name for the service stays, which dashboards may know. */
const resourceOf = (told: readonly KeyValue[], { service, namespace, workload, pod }: Teller): KeyValue[] => {
  const known = [
    attribute('k8s.namespace.name', namespace),
    attribute('k8s.pod.name', pod),
    attribute('weft.workload', workload),
    ...(told.some(({ key }) => key === 'service.name') ? [] : [attribute('service.name', `${service}.${namespace}`)]),
  ];
  return [...kept(told).filter(({ key }) => !known.some((one) => one.key === key)), ...known];
};

export const writeSpans = ({ bytes, teller }: ToldTraces): Written => {
  const message = fromBinary(ExportTraceServiceRequestSchema, bytes);
  let samples = 0;
  for (const one of message.resourceSpans) {
    one.resource = create(ResourceSchema, { attributes: resourceOf(one.resource?.attributes ?? [], teller) });
    for (const span of one.scopeSpans.flatMap(({ spans }) => spans)) {
      samples += 1;
      span.attributes = kept(span.attributes);
      for (const event of span.events) event.attributes = kept(event.attributes);
    }
  }
  return { body: toBinary(ExportTraceServiceRequestSchema, message), samples };
};
