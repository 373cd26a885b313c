/** The aggregated discovery service (delta only) and what is known of all proxies. */
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import { spiffeId } from '@weft/model';
import type { Push, PushPowers } from './contract.ts';
import type { GrpcService } from './grpc.ts';
import { makePermits } from './permits.ts';
import { makeResponses, type Parts } from './response.ts';
import { makeRoster, type Roster } from './roster.ts';
import { makeShares } from './shares.ts';
import { type AdsCall, AdsStream, type StreamPowers, type StreamTimes } from './stream.ts';
import { makeTurns } from './turns.ts';

export interface AdsInput extends PushPowers {
  readonly trustDomain: string;
  /** Unpredictable text that makes nonces of this process unlike an earlier one's. */
  readonly boot: string;
  readonly times?: Partial<StreamTimes>;
}

export interface Ads extends Push {
  readonly service: GrpcService;
}

const usualTimes: StreamTimes = { stuckMs: 25_000, patienceMs: 5_000, firstRequestMs: 10_000 };
/** Short against the 200 ms that the event loop may be away. */
const slice = { ms: 10, pieces: Number.POSITIVE_INFINITY };
const permitLimits = { bytes: 16 * 1024 * 1024, heldMs: 5_000 };
const shareLimits = { perProxy: 8, perIdentity: 2_000 };

export const makeAds = (input: AdsInput): Ads => {
  const roster = makeRoster({ ...input, identityOf: (proxy) => spiffeId({ ...proxy, trustDomain: input.trustDomain }) });
  return { ...roster.push, service: { definition: definition(), handlers: handlers(input, roster) } };
};

const definition = () => {
  const table = methodTable<typeof AggregatedDiscoveryService, Buffer>(AggregatedDiscoveryService, (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  const responseSerialize = (parts: Parts): Buffer => parts as unknown as Buffer;
  return { ...table, deltaAggregatedResources: { ...table.deltaAggregatedResources, responseSerialize } };
};

const handlers = (input: AdsInput, roster: Roster): UntypedServiceImplementation => {
  const { trustDomain, boot, times, ...rest } = input;
  const powers: StreamPowers = {
    ...rest,
    times: { ...usualTimes, ...times },
    responses: makeResponses(),
    permits: makePermits(permitLimits),
    shares: makeShares(shareLimits),
    turns: makeTurns(slice),
    onSession: roster.seen,
    onEnd: roster.ended,
  };
  let streams = 0;
  // State of the world is not served: the library answers UNIMPLEMENTED for what has no handler.
  return {
    deltaAggregatedResources: (call: AdsCall) => {
      streams += 1;
      new AdsStream(call, `${boot}.${streams}`, powers);
    },
  };
};
