/** Backends that fail, and what Envoy's documentation promises for the retries that `explain` tells. */
import type { RetryStep } from '@weft/model';
import type { Random } from './random.ts';

/** The first so many tries: an answer, or a connection that ends without one. */
export interface Failure {
  readonly kind: 'reset' | { readonly status: number; readonly grpc?: number };
  readonly times: number;
}

/** What a request asks its backends for. */
export const failureHeader = 'x-sim-fails';

export const failureText = ({ kind, times }: Failure): string =>
  `${times} ${kind === 'reset' ? 'reset' : `${kind.status}${kind.grpc === undefined ? '' : ` ${kind.grpc}`}`}`;

export const failureIn = (text: string | undefined): Failure | undefined => {
  if (text === undefined) return undefined;
  const [times, what, grpc] = text.split(' ');
  if (what === 'reset') return { kind: 'reset', times: Number(times) };
  return { kind: { status: Number(what), ...(grpc !== undefined && { grpc: Number(grpc) }) }, times: Number(times) };
};

const grpcConditions: Readonly<Record<number, string>> = {
  1: 'cancelled',
  4: 'deadline-exceeded',
  8: 'resource-exhausted',
  13: 'internal',
  14: 'unavailable',
};

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_filters/router_filter#x-envoy-retry-on */
const isRetried = ({ on, statusCodes }: RetryStep, kind: Failure['kind']): boolean => {
  const says = (...conditions: readonly string[]) => conditions.some((condition) => on.includes(condition));
  if (kind === 'reset') return says('reset', '5xx', 'gateway-error');
  const { status, grpc } = kind;
  if (grpc !== undefined) return says(grpcConditions[grpc] ?? '');
  if (status >= 500 && says('5xx')) return true;
  if (status >= 502 && status <= 504 && says('gateway-error')) return true;
  return (status === 409 && says('retriable-4xx')) || (says('retriable-status-codes') && statusCodes.includes(status));
};

/** How many backends are asked, and what the client gets in the end. */
export const ending = (retries: RetryStep | undefined, { kind, times }: Failure): { readonly tries: number; readonly status: number } => {
  const most = retries && isRetried(retries, kind) ? retries.attempts : 0;
  if (times <= most) return { tries: times + 1, status: 200 };
  return { tries: most + 1, status: kind === 'reset' ? 503 : kind.status };
};

/** Failures that the route's retries are about, and others. */
export const failureFor = (retries: RetryStep | undefined, random: Random): Failure => {
  const times = 1 + random.below((retries?.attempts ?? 1) + 1);
  if (random.chance(0.25)) return { kind: 'reset', times };
  if (random.chance(0.2)) return { kind: { status: 200, grpc: random.pick([1, 4, 8, 13, 14]) }, times };
  return { kind: { status: random.pick([500, 502, 503, 504, 409, 429, ...(retries?.statusCodes ?? [])]) }, times };
};
