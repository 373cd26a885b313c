/** Spans as a proxy writes them. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExportTraceServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { Span_SpanKind, type SpanSchema, Status_StatusCode } from '@weft/envoy/gen/opentelemetry/proto/trace/v1/trace_pb.js';

export interface TestSpan {
  /** 32 hexadecimal digits. */
  readonly trace: string;
  /** Up to 16. */
  readonly id: string;
  readonly parent?: string;
  readonly name?: string;
  readonly kind?: 'server' | 'client';
  readonly at: number;
  readonly duration: number;
  /** Why. */
  readonly failed?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const spanId = (digits: string): Uint8Array => Buffer.from(digits.padStart(16, '0'), 'hex');
const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;

const spanOf = ({ trace, id, parent, name = 'call', kind = 'server', at, duration, failed, attributes = {} }: TestSpan) =>
  ({
    traceId: Buffer.from(trace, 'hex'),
    spanId: spanId(id),
    ...(parent !== undefined && { parentSpanId: spanId(parent) }),
    name,
    kind: kind === 'server' ? Span_SpanKind.SERVER : Span_SpanKind.CLIENT,
    startTimeUnixNano: nanoseconds(at),
    endTimeUnixNano: nanoseconds(at + duration),
    ...(failed !== undefined && { status: { code: Status_StatusCode.ERROR, message: failed } }),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { value: { case: 'stringValue', value } } })),
  }) satisfies MessageInitShape<typeof SpanSchema>;

export const told = (spans: readonly TestSpan[]): Uint8Array =>
  toBinary(
    ExportTraceServiceRequestSchema,
    create(ExportTraceServiceRequestSchema, { resourceSpans: [{ scopeSpans: [{ spans: spans.map(spanOf) }] }] }),
  );
