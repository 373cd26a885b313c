/** OTLP's spans → ours. Who tells of them is known from the channel; what they say of themselves is bounded and cleaned. */
import { fromBinary } from '@bufbuild/protobuf';
import { ExportTraceServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { AnyValue, KeyValue } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';
import {
  type Span_Event,
  Span_SpanKind,
  Status_StatusCode,
  type Span as Told,
} from '@weft/envoy/gen/opentelemetry/proto/trace/v1/trace_pb.js';
import type { Span, SpanEvent, SpanKind } from '@weft/model';
import { bounds, clipped, keptValue } from './bounds.ts';

/** Whose proxy it is, by its certificate. */
export interface Teller {
  readonly service: string;
  readonly namespace: string;
  readonly workload: string;
  readonly pod: string;
}

export interface ToldSpan extends Span {
  readonly trace: string;
}

export interface ToldSpans {
  readonly spans: readonly ToldSpan[];
  /** Without a name by which they could be found again. */
  readonly unusable: number;
}

const kinds: Readonly<Record<Span_SpanKind, SpanKind>> = {
  [Span_SpanKind.UNSPECIFIED]: 'internal',
  [Span_SpanKind.INTERNAL]: 'internal',
  [Span_SpanKind.SERVER]: 'server',
  [Span_SpanKind.CLIENT]: 'client',
  [Span_SpanKind.PRODUCER]: 'producer',
  [Span_SpanKind.CONSUMER]: 'consumer',
};

const textOf = ({ value }: AnyValue): string => {
  switch (value.case) {
    case 'stringValue':
      return value.value;
    case 'bytesValue':
      return Buffer.from(value.value).toString('base64');
    case 'arrayValue':
      return value.value.values.slice(0, bounds.attributes).map(textOf).join(', ');
    case 'kvlistValue':
      return value.value.values
        .slice(0, bounds.attributes)
        .map(({ key, value: one }) => `${key}=${one ? textOf(one) : ''}`)
        .join(', ');
    default:
      return String(value.value ?? '');
  }
};

const attributesOf = (told: readonly KeyValue[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    told.slice(0, bounds.attributes).flatMap(({ key, value }) => {
      const kept = value && keptValue(key, textOf(value));
      return kept === undefined ? [] : [[clipped(key, bounds.key), kept] as const];
    }),
  );

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1000n) / 1000;

const eventOf = ({ timeUnixNano, name, attributes }: Span_Event): SpanEvent => ({
  at: milliseconds(timeUnixNano),
  name: clipped(name, bounds.name),
  attributes: attributesOf(attributes),
});

const isId = (bytes: Uint8Array, length: number): boolean => bytes.length === length && bytes.some((byte) => byte !== 0);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const spanOf = (told: Told, teller: Teller): ToldSpan | undefined => {
  const { traceId, spanId, parentSpanId, startTimeUnixNano: start, endTimeUnixNano: end, status } = told;
  if (!isId(traceId, 16) || !isId(spanId, 8) || start === 0n) return undefined;
  return {
    trace: hex(traceId),
    id: hex(spanId),
    ...(isId(parentSpanId, 8) && { parent: hex(parentSpanId) }),
    name: clipped(told.name, bounds.name),
    kind: kinds[told.kind] ?? 'internal',
    at: milliseconds(start),
    duration: end > start ? milliseconds(end - start) : 0,
    ...teller,
    failed: status?.code === Status_StatusCode.ERROR,
    ...(status?.message && { message: clipped(status.message, bounds.value) }),
    attributes: attributesOf(told.attributes),
    events: told.events.slice(0, bounds.events).map(eventOf),
  };
};

/** @throws Error where the bytes are no such message */
export const readSpans = (bytes: Uint8Array, teller: Teller): ToldSpans => {
  const { resourceSpans } = fromBinary(ExportTraceServiceRequestSchema, bytes);
  const told = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const spans = told.flatMap((one) => spanOf(one, teller) ?? []);
  return { spans, unusable: told.length - spans.length };
};
