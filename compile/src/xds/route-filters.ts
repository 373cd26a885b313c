/** What HTTP filters do on one route alone: the connection managers have these filters, and without a word from a route they do nothing. */
import { create, type DescMessage, type Init, type MessageInitShape, milliseconds, pack, typed } from '@weft/envoy';
import type { RouteSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { CorsPolicySchema, CorsSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/cors/v3/cors_pb.js';
import { HTTPFaultSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/fault/v3/fault_pb.js';
import { FractionalPercent_DenominatorType, type FractionalPercentSchema } from '@weft/envoy/gen/envoy/type/v3/percent_pb.js';
import type { Cors, Fault, HttpRoute, Share } from '../mesh/index.ts';
import { textMatcher } from './match.ts';

type Configs = NonNullable<Init<typeof RouteSchema>['typedPerFilterConfig']>;

const faultName = 'envoy.filters.http.fault';
const corsName = 'envoy.filters.http.cors';

/** In Istio's order: a fault may strike a preflight too [S44, S101]. */
export const routeFilters = [typed(faultName, HTTPFaultSchema, {}), typed(corsName, CorsSchema, {})];

export const fraction = (share: Share): Init<typeof FractionalPercentSchema> => ({
  numerator: share,
  denominator: FractionalPercent_DenominatorType.MILLION,
});

const faultConfig = ({ delay, abort }: Fault): MessageInitShape<typeof HTTPFaultSchema> => ({
  ...(delay && {
    delay: { faultDelaySecifier: { case: 'fixedDelay' as const, value: milliseconds(delay.time) }, percentage: fraction(delay.share) },
  }),
  ...(abort && {
    abort: {
      errorType:
        'http' in abort.status
          ? { case: 'httpStatus' as const, value: abort.status.http }
          : { case: 'grpcStatus' as const, value: abort.status.grpc },
      percentage: fraction(abort.share),
    },
  }),
});

const corsConfig = (cors: Cors): MessageInitShape<typeof CorsPolicySchema> => ({
  allowOriginStringMatch: cors.origins.flatMap((origin) => (origin.kind === 'present' ? [] : [textMatcher(origin)])),
  allowMethods: cors.methods.join(','),
  allowHeaders: cors.headers.join(','),
  exposeHeaders: cors.exposeHeaders.join(','),
  ...(cors.maxAge !== undefined && { maxAge: String(cors.maxAge) }),
  ...(cors.credentials !== undefined && { allowCredentials: cors.credentials }),
  forwardNotMatchingPreflights: cors.unmatchedPreflights === 'forward',
  filterEnabled: { defaultValue: fraction(1_000_000) },
});

const config = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>) => pack(schema, create(schema, init));

export const filterConfigs = ({ fault, cors }: HttpRoute): { typedPerFilterConfig?: Configs } => {
  if (!fault && !cors) return {};
  return {
    typedPerFilterConfig: {
      ...(fault && { [faultName]: config(HTTPFaultSchema, faultConfig(fault)) }),
      ...(cors && { [corsName]: config(CorsPolicySchema, corsConfig(cors)) }),
    },
  };
};
