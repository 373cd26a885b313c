/** How a cluster chooses among its endpoints [S53, S57, S65, S67]. */
import { type Init, milliseconds } from '@weft/envoy';
import {
  Cluster_LbPolicy,
  type Cluster_SlowStartConfigSchema,
  type ClusterSchema,
} from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import {
  type ConsistentHash,
  isWeighted,
  type LoadBalancer,
  type Nearness,
  type Service,
  type TrafficPolicy,
  type Warmup,
} from '../mesh/index.ts';

type ClusterInit = Init<typeof ClusterSchema>;
type Balancing = Pick<ClusterInit, 'lbPolicy' | 'lbConfig'>;

/** Aggression is a number that could be set at run time; nobody does. */
const slowStart = ({ duration, minimumPercent, aggression }: Warmup): Init<typeof Cluster_SlowStartConfigSchema> => ({
  slowStartWindow: milliseconds(duration),
  ...(aggression !== undefined && { aggression: { defaultValue: aggression, runtimeKey: 'weft.warmup_aggression' } }),
  ...(minimumPercent !== undefined && { minWeightPercent: { value: minimumPercent } }),
});

const hashed = ({ table }: ConsistentHash): Balancing => {
  if (table.kind === 'maglev')
    return {
      lbPolicy: Cluster_LbPolicy.MAGLEV,
      ...(table.size && { lbConfig: { case: 'maglevLbConfig', value: { tableSize: BigInt(table.size) } } }),
    };
  return {
    lbPolicy: Cluster_LbPolicy.RING_HASH,
    ...(table.minimumSize && { lbConfig: { case: 'ringHashLbConfig', value: { minimumRingSize: BigInt(table.minimumSize) } } }),
  };
};

export const balancing = ({ simple = 'LEAST_REQUEST', hash, warmup }: LoadBalancer = {}): Balancing => {
  if (hash) return hashed(hash);
  switch (simple) {
    case 'LEAST_REQUEST':
      return {
        lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
        ...(warmup && { lbConfig: { case: 'leastRequestLbConfig', value: { slowStartConfig: slowStart(warmup) } } }),
      };
    case 'ROUND_ROBIN':
      return {
        lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
        ...(warmup && { lbConfig: { case: 'roundRobinLbConfig', value: { slowStartConfig: slowStart(warmup) } } }),
      };
    case 'RANDOM':
      return { lbPolicy: Cluster_LbPolicy.RANDOM };
    case 'PASSTHROUGH':
      return { lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED };
  }
};

interface Choice {
  readonly policy: TrafficPolicy;
  readonly service: Service;
  readonly nearness: Nearness | undefined;
}

/**
 * Envoy's panic threshold of 50 % would send traffic to ejected endpoints [S63], and to those that are sent as unhealthy
 * so that clients go further away [S65].
 */
const panicThreshold = ({ outlierDetection }: TrafficPolicy, { distribution }: Service): number | undefined => {
  if (distribution) return 0;
  return outlierDetection && (outlierDetection.minHealthPercent ?? 0);
};

export const commonBalancing = ({ policy, service, nearness }: Choice): Pick<ClusterInit, 'commonLbConfig'> => {
  const threshold = panicThreshold(policy, service);
  const weighted = nearness !== undefined && isWeighted(nearness);
  if (threshold === undefined && !weighted) return {};
  return {
    commonLbConfig: {
      ...(threshold !== undefined && { healthyPanicThreshold: { value: threshold } }),
      ...(weighted && { localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } }),
    },
  };
};
