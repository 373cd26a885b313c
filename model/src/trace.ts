/** What one request caused on its way through the mesh, as proxies tell it by OTLP and the API tells it on. */

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanEvent {
  /** Unix milliseconds, with fractions. */
  readonly at: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Span {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Unix milliseconds, with fractions, by the clock of whoever tells of it. */
  readonly at: number;
  /** Milliseconds, with fractions. */
  readonly duration: number;
  /** Of the proxy that tells of it, by its certificate: what metrics call the canonical service. */
  readonly service: string;
  readonly namespace: string;
  readonly workload: string;
  readonly pod: string;
  readonly failed: boolean;
  /** What went wrong, where that is said. */
  readonly message?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly SpanEvent[];
}

export interface Trace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** In the order of their beginning. */
  readonly spans: readonly Span[];
}

export interface TraceSummary {
  readonly id: string;
  readonly at: number;
  readonly duration: number;
  /** What it began with. */
  readonly service: string;
  readonly namespace: string;
  readonly name: string;
  readonly spans: number;
  readonly failed: number;
  readonly services: readonly string[];
}

/** Where a service is named, its spans are asked for time and outcome; else the trace as a whole, but for when those of a namespace were. */
export interface TraceSearch {
  readonly service?: string;
  readonly namespace?: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds; up to `maxDuration`, which is left out. */
  readonly minDuration?: number;
  readonly maxDuration?: number;
  readonly failed?: boolean;
  readonly limit: number;
}

/** A request that a service answered, and where to see it. */
export interface TraceExemplar {
  readonly trace: string;
  readonly span: string;
  readonly at: number;
  readonly duration: number;
}
