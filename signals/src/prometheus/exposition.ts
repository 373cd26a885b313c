/** What a scrape says: families of samples, as Prometheus' text format 0.0.4 and OpenMetrics 1.0 have them. */

/** `unknown` is what 0.0.4 calls `untyped`. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'gaugehistogram' | 'info' | 'stateset' | 'unknown';

export type Labels = Readonly<Record<string, string>>;

/** One observation, and where to see it: a trace. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Unix milliseconds. */
  readonly at?: number;
}

export interface Sample {
  /** The family's, or that with a suffix: `_bucket`, `_sum`, `_count`, `_total`. */
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  /** Unix milliseconds; absent: the time of the scrape. */
  readonly at?: number;
  readonly exemplar?: Exemplar;
}

export interface Family {
  /** As OpenMetrics has it: a counter's without `_total`. */
  readonly name: string;
  readonly type: MetricType;
  readonly help?: string;
  readonly unit?: string;
  readonly samples: readonly Sample[];
}

/** A line that cannot be read, or that contradicts another; the rest of the scrape counts. */
export interface Fault {
  /** One-based; absent where it is about no single line. */
  readonly line?: number;
  readonly message: string;
}

export interface Exposition {
  readonly families: readonly Family[];
  readonly faults: readonly Fault[];
}

export type Format = 'text' | 'openmetrics';

/** By the `Content-Type` of an answer; everything that is not OpenMetrics is read as 0.0.4, as Prometheus does. */
export const formatOf = (contentType: string): Format =>
  contentType.trimStart().toLowerCase().startsWith('application/openmetrics-text') ? 'openmetrics' : 'text';

/** Labels in the order of their names, so that equal ones are equal texts. */
export const seriesKey = (name: string, labels: Labels): string =>
  `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
