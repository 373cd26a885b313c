/** What traces are asked for, as a URL says it and as the API is asked. */
import type { Query } from '../api/get.ts';

export interface TraceAsked {
  /** `name` or `namespace/name`. */
  readonly service?: string;
  /** Milliseconds. */
  readonly min?: number;
  readonly max?: number;
  readonly outcome?: 'failed' | 'ok';
}

const isLength = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

export const readTraceSearch = ({ service, min, max, outcome }: Readonly<Record<string, unknown>>): TraceAsked => ({
  ...(typeof service === 'string' && service !== '' && { service }),
  ...(isLength(min) && { min }),
  ...(isLength(max) && { max }),
  ...((outcome === 'failed' || outcome === 'ok') && { outcome }),
});

const mostShown = 300;

/** @param ns namespace of the page, unless the service's is said */
export const traceQuery = ({ service, min, max, outcome }: TraceAsked, ns: string | undefined): Query => {
  const [first = '', second] = (service ?? '').split('/', 2);
  return {
    service: second ?? first,
    namespace: second === undefined ? ns : first,
    minDuration: min,
    maxDuration: max,
    failed: outcome && outcome === 'failed',
    limit: mostShown,
  };
};

/** The same for `weft traces`. */
export const traceFlags = ({ service, min, max, outcome }: TraceAsked, ns: string | undefined): string => {
  const [first = '', second] = (service ?? '').split('/', 2);
  const namespace = second === undefined ? ns : first;
  return [
    service && `--service ${second ?? first}`,
    namespace && `-n ${namespace}`,
    min !== undefined && `--min-duration ${min}ms`,
    max !== undefined && `--max-duration ${max}ms`,
    outcome && `--status ${outcome === 'failed' ? 'error' : 'ok'}`,
  ]
    .filter(Boolean)
    .join(' ');
};
