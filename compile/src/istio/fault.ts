import { grpcStatusCodes, type HttpFault, parseDuration } from '@weft/model';
import type { Fault } from '../mesh/index.ts';
import { shareOf } from './http-action.ts';

const delayOf = ({ delay }: HttpFault): Fault['delay'] => {
  const time = delay?.fixedDelay === undefined ? undefined : parseDuration(delay.fixedDelay);
  const share = delay?.percentage ? shareOf(delay.percentage) : (delay?.percent ?? 0) * 10_000;
  return time && share > 0 ? { time, share } : undefined;
};

const statusOf = ({ httpStatus, grpcStatus }: NonNullable<HttpFault['abort']>): NonNullable<Fault['abort']>['status'] | undefined => {
  if (httpStatus !== undefined) return { http: httpStatus };
  const grpc = grpcStatus === undefined ? undefined : grpcStatusCodes.get(grpcStatus);
  return grpc === undefined ? undefined : { grpc };
};

const abortOf = ({ abort }: HttpFault): Fault['abort'] => {
  const status = abort && statusOf(abort);
  const share = abort?.percentage ? shareOf(abort.percentage) : 0;
  return status && share > 0 ? { status, share } : undefined;
};

/** A fault of no share of the requests strikes none: without a percentage that is what Istio means [S44]. */
export const faultOf = (settings: HttpFault | undefined): Fault | undefined => {
  if (settings === undefined) return undefined;
  const [delay, abort] = [delayOf(settings), abortOf(settings)];
  return delay || abort ? { ...(delay && { delay }), ...(abort && { abort }) } : undefined;
};
