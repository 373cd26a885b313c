/**
 * What a proxy that traces tells whom it calls: the trace it was told of, or a new one, in place of what the headers said
 * (`Span::injectContext` and `SpanContextExtractor` of Envoy 1.40's tracers, asked of Envoy itself). It does so for every request,
 * whether the trace is kept or not, and behind all that routes do to headers.
 */
import type { Request } from '@weft/model';
import { defaultTelemetry, type Surface, type Tracing } from '../mesh/index.ts';
import { madeUp } from './own-headers.ts';
import { type Lines, linesOf } from './request.ts';

export const tracingOfCalls = ({ telemetry = defaultTelemetry }: Pick<Surface, 'telemetry'>): Tracing | undefined =>
  telemetry.calls.tracing;

/** Version, trace and flags are not looked at any closer; nothing but zeros is nobody's. */
const traceOf = (traceparent: string): string | undefined => {
  const [, trace = '', parent = ''] = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/i.exec(traceparent) ?? [];
  return /[^0]/.test(trace) && /[^0]/.test(parent) ? trace : undefined;
};

/** Undefined: the proxy keeps out of it, and the headers pass as they are. */
const w3c = (said: Lines): Lines | undefined => {
  const [traceparent] = said['traceparent'] ?? [];
  const told = traceparent === undefined ? madeUp : traceOf(traceparent);
  if (told === undefined) return undefined;
  const tracestate = traceparent === undefined ? '' : (said['tracestate'] ?? []).join();
  return { traceparent: [traceparent === undefined ? `00-${madeUp}` : `00-${told}-${madeUp}`], tracestate: [tracestate] };
};

const b3 = (said: Lines): Lines => ({
  'x-b3-traceid': said['x-b3-traceid'] ?? [madeUp],
  'x-b3-spanid': [madeUp],
  ...(said['x-b3-spanid'] && { 'x-b3-parentspanid': said['x-b3-spanid'] }),
  'x-b3-sampled': said['x-b3-sampled'] ?? [madeUp],
});

const contextOf = ({ tracer }: Tracing, said: Lines): Lines => {
  if (tracer.kind !== 'zipkin') return w3c(said) ?? {};
  return { ...b3(said), ...(tracer.w3c && { traceparent: [`00-${madeUp}`] }) };
};

/**
 * @param sent as it leaves
 * @param came as it was when the proxy got it
 */
export const traced = (sent: Request, came: Request, tracing: Tracing | undefined): Request => {
  if (!tracing?.passOn) return sent;
  return { ...sent, headers: { ...sent.headers, ...contextOf(tracing, linesOf(came.headers ?? {})) } };
};
