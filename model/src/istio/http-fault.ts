/** `fault` and `mirror` of an HTTP route: shares of the requests, and what happens to them. */
import { doubtful, type Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import type { DurationText } from './duration.ts';
import { checkDestination } from './route-destination.ts';
import type { DestinationSettings, HttpRouteSettings } from './virtual-service.ts';

/** 0 to 100. */
export interface PercentSettings {
  readonly value?: number;
}

export interface HttpFault {
  readonly delay?: {
    readonly fixedDelay?: DurationText;
    readonly exponentialDelay?: DurationText;
    readonly percentage?: PercentSettings;
    /** Deprecated: whole percents, read where `percentage` is absent. */
    readonly percent?: number;
  };
  readonly abort?: {
    readonly httpStatus?: number;
    readonly grpcStatus?: string;
    readonly http2Error?: string;
    readonly percentage?: PercentSettings;
  };
}

export interface HttpMirror {
  readonly destination: DestinationSettings;
  /** Absent: all of them. */
  readonly percentage?: PercentSettings;
}

/** The names that Istio takes, and gRPC's numbers for them. */
export const grpcStatusCodes: ReadonlyMap<string, number> = new Map(
  [
    ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED'],
    ...['RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
    'UNAUTHENTICATED',
  ].map((name, code) => [name, code] as const),
);

const smallest = 0.0001;

function* checkPercent(percent: PercentSettings | undefined, path: string): Iterable<Problem> {
  const value = percent?.value ?? 0;
  if (value < 0 || value > 100 || (value > 0 && value < smallest))
    yield invalid(`${path}.value`, `${value} percent`, `Write 0, or a number between ${smallest} and 100.`);
}

function* checkDelay(delay: NonNullable<HttpFault['delay']>, path: string): Iterable<Problem> {
  yield* checkPercent(delay.percentage, `${path}.percentage`);
  if (delay.percent !== undefined) {
    if (delay.percent < 0 || delay.percent > 100)
      yield invalid(`${path}.percent`, `${delay.percent} percent`, 'Write a number between 0 and 100.');
    else yield doubtful('IST0002', `${path}.percent`, ['`percent` is deprecated', 'Write `percentage: {value: ...}`.']);
  }
  if (delay.exponentialDelay !== undefined)
    yield invalid(`${path}.exponentialDelay`, 'delays of growing length are not supported, by Istio neither', 'Write `fixedDelay`.');
  else if (delay.fixedDelay === undefined) yield doubtful('IST0133', path, ['a delay without length', 'Write `fixedDelay`.']);
  if (!delay.percentage && delay.percent === undefined) yield doubtful('IST0133', path, noShare);
}

const noShare = ['without a percentage no request is struck', 'Write `percentage: {value: 100}` for all requests.'] as const;

function* checkAbort(abort: NonNullable<HttpFault['abort']>, path: string): Iterable<Problem> {
  const { httpStatus, grpcStatus, http2Error } = abort;
  yield* checkPercent(abort.percentage, `${path}.percentage`);
  if (httpStatus !== undefined && (httpStatus < 200 || httpStatus > 599))
    yield invalid(`${path}.httpStatus`, `${httpStatus} is no status of a response`, 'Write a number between 200 and 599.');
  if (grpcStatus !== undefined && !grpcStatusCodes.has(grpcStatus))
    yield invalid(`${path}.grpcStatus`, `\`${grpcStatus.slice(0, 40)}\` is no gRPC status`, 'Write its name: UNAVAILABLE, NOT_FOUND, ...');
  if (http2Error !== undefined)
    yield invalid(`${path}.http2Error`, 'errors of HTTP/2 are not supported, by Istio neither', 'Write `httpStatus` or `grpcStatus`.');
  if (httpStatus === undefined && grpcStatus === undefined && http2Error === undefined)
    yield doubtful('IST0133', path, ['an abort without status does nothing', 'Write `httpStatus` or `grpcStatus`.']);
  if (!abort.percentage) yield doubtful('IST0133', path, noShare);
}

export function* checkFault(fault: HttpFault, path: string): Iterable<Problem> {
  if (!fault.delay && !fault.abort) yield invalid(path, 'a fault that does nothing', 'Add `delay` or `abort`.');
  if (fault.delay) yield* checkDelay(fault.delay, `${path}.delay`);
  if (fault.abort) yield* checkAbort(fault.abort, `${path}.abort`);
}

export function* checkMirrors(route: HttpRouteSettings, path: string): Iterable<Problem> {
  const { mirror, mirrors = [], mirrorPercentage } = route;
  if (mirror && mirrors.length > 0) yield invalid(`${path}.mirrors`, 'only one of `mirror` and `mirrors` may be set', 'Remove one.');
  if (mirror) yield* checkDestination(mirror, `${path}.mirror`);
  yield* checkPercent(mirrorPercentage, `${path}.mirrorPercentage`);
  for (const field of ['mirrorPercent', 'mirror_percent'] as const) {
    const value = route[field];
    if (value === undefined) continue;
    if (value > 100) yield invalid(`${path}.${field}`, `${value} percent`, 'Write a number between 0 and 100.');
    yield doubtful('IST0002', `${path}.${field}`, [`\`${field}\` is deprecated`, 'Write `mirrorPercentage: {value: ...}`.']);
  }
  for (const [index, { destination, percentage }] of mirrors.entries()) {
    yield* checkDestination(destination, `${path}.mirrors[${index}].destination`);
    yield* checkPercent(percentage, `${path}.mirrors[${index}].percentage`);
  }
}
