/** What the proxy does to requests on purpose, and beside them: faults, preflights [S45], mirrored copies. */

import type { FaultStep, MirrorStep, Outcome } from '@weft/model';
import { matchesRegex } from '@weft/model';
import type { Cors, Fault, RouteAction, StringMatch, View } from '../mesh/index.ts';
import { clusterStep } from './clusters.ts';
import type { Read } from './request.ts';

const million = 1_000_000;
const percentOf = (share: number): number => (100 * share) / million;

/** A gRPC status comes with HTTP's 200, whoever asks. */
const abortStatus = (status: NonNullable<Fault['abort']>['status']): number => ('http' in status ? status.http : 200);

export const faultStep = ({ delay, abort }: Fault): FaultStep => ({
  ...(delay && { delay: { time: delay.time, percent: percentOf(delay.share) } }),
  ...(abort && {
    abort: {
      status: abortStatus(abort.status),
      ...('grpc' in abort.status && { grpcStatus: abort.status.grpc }),
      percent: percentOf(abort.share),
    },
  }),
});

const allows = (origin: StringMatch, said: string): boolean => {
  switch (origin.kind) {
    case 'exact':
      return origin.value === '*' || origin.value === said;
    case 'prefix':
      return said.startsWith(origin.value);
    case 'regex':
      return matchesRegex(origin.value, said);
    case 'present':
      return true;
  }
};

const isAllowedOrigin = ({ origins }: Cors, { headers: { origin = '' } }: Read): boolean =>
  origin !== '' && origins.some((one) => allows(one, origin));

const isPreflight = ({ method, headers }: Read): boolean =>
  method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method']);

/** A preflight that the proxy answers; absent: the request goes its way. */
export const preflightOutcome = (cors: Cors | undefined, asked: Read): Outcome | undefined => {
  if (!cors || !isPreflight(asked)) return undefined;
  if (isAllowedOrigin(cors, asked)) return { kind: 'direct', status: 200, why: 'the proxy answers the preflight (corsPolicy)' };
  if (cors.unmatchedPreflights === 'forward') return undefined;
  return { kind: 'direct', status: 200, why: 'the preflight’s origin is not allowed: answered without allowing it' };
};

/** Headers that answers get: an origin that is allowed is told so, a preflight that the proxy answers gets the rest in any case. */
export const corsHeaders = (cors: Cors | undefined, asked: Read): Readonly<Record<string, string>> => {
  if (!cors) return {};
  const { credentials, exposeHeaders, methods, headers, maxAge, unmatchedPreflights } = cors;
  const [allowed, preflight] = [isAllowedOrigin(cors, asked), isPreflight(asked)];
  if (!allowed && !(preflight && unmatchedPreflights === 'answer')) return {};
  return {
    ...(allowed && { 'access-control-allow-origin': asked.headers.origin ?? '' }),
    ...(credentials && { 'access-control-allow-credentials': 'true' }),
    ...(allowed && exposeHeaders.length > 0 && { 'access-control-expose-headers': exposeHeaders.join(',') }),
    ...(preflight && methods.length > 0 && { 'access-control-allow-methods': methods.join(',') }),
    ...(preflight && headers.length > 0 && { 'access-control-allow-headers': headers.join(',') }),
    ...(preflight && maxAge !== undefined && { 'access-control-max-age': `${maxAge}` }),
  };
};

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

/** Copies for which there is a share and a cluster. */
export const mirrorSteps = ({ mirrors = [] }: Forward, view: View): readonly MirrorStep[] =>
  mirrors
    .filter(({ share }) => share > 0)
    .map(({ cluster, share }) => {
      const { weight: _weight, ...step } = clusterStep(cluster, view, { weight: 1, percent: percentOf(share) });
      return step;
    });

/** Every request is aborted. */
export const certainAbort = (fault: Fault | undefined): Outcome | undefined => {
  const abort = fault && faultStep(fault).abort;
  if (!abort || abort.percent < 100) return undefined;
  return { kind: 'refused', status: abort.status, flag: 'FI', why: 'an injected fault aborts every request' };
};
