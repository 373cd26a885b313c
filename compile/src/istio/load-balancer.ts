/** `loadBalancer` blocks of DestinationRules and the mesh's `localityLbSetting`. */
import { type ConsistentHashSettings, type LoadBalancerSettings, type LocalityLbSettings, parseDuration } from '@weft/model';
import type { ConsistentHash, HashKey, LoadBalancer, LocalityBalancing, Warmup } from '../mesh/index.ts';
import { present } from './present.ts';

const ms = (text: string | undefined): number | undefined => (text ? parseDuration(text) : undefined);

/** LEAST_CONN is the old name of LEAST_REQUEST [S53]. */
const simpleOf = (simple: LoadBalancerSettings['simple']): LoadBalancer['simple'] => {
  if (simple === undefined || simple === 'UNSPECIFIED') return undefined;
  return simple === 'LEAST_CONN' ? 'LEAST_REQUEST' : simple;
};

const keyOf = ({ httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName }: ConsistentHashSettings): HashKey | undefined => {
  if (httpHeaderName) return { kind: 'header', name: httpHeaderName };
  if (httpCookie) {
    const { name, path, ttl, attributes = [] } = httpCookie;
    const written = attributes.map(({ name = '', value = '' }) => ({ name, value }));
    return { kind: 'cookie', name, attributes: written, ...present({ path: path || undefined, ttl: ms(ttl) }) };
  }
  if (useSourceIp) return { kind: 'source-address' };
  return httpQueryParameterName ? { kind: 'query-parameter', name: httpQueryParameterName } : undefined;
};

const tableOf = ({ maglev, ringHash, minimumRingSize }: ConsistentHashSettings): ConsistentHash['table'] =>
  maglev
    ? { kind: 'maglev', ...present({ size: maglev.tableSize || undefined }) }
    : { kind: 'ring', ...present({ minimumSize: (ringHash ? ringHash.minimumRingSize : minimumRingSize) || undefined }) };

const hashOf = (settings: ConsistentHashSettings): ConsistentHash => ({
  ...present({ key: keyOf(settings) }),
  table: tableOf(settings),
});

/** The old field is read where the new one is not there. */
const warmupOf = ({ warmup, warmupDurationSecs }: LoadBalancerSettings): Warmup | undefined => {
  const duration = ms(warmup ? warmup.duration : warmupDurationSecs);
  if (duration === undefined) return undefined;
  return { duration, ...present({ minimumPercent: warmup?.minimumPercent, aggression: warmup?.aggression }) };
};

export const localityBalancingOf = ({ enabled, distribute, failover, failoverPriority }: LocalityLbSettings): LocalityBalancing => ({
  enabled: enabled ?? true,
  distribute: (distribute ?? []).map(({ from = '', to = {} }) => ({ from, to })),
  failover: (failover ?? []).map(({ from = '', to = '' }) => ({ from, to })),
  failoverPriority: failoverPriority ?? [],
});

export const loadBalancerOf = (settings: LoadBalancerSettings): LoadBalancer =>
  present({
    simple: simpleOf(settings.simple),
    hash: settings.consistentHash && hashOf(settings.consistentHash),
    warmup: warmupOf(settings),
    locality: settings.localityLbSetting && localityBalancingOf(settings.localityLbSetting),
  });
