/** What all listeners for outbound connections have in common. */
import { create, type Encoded, encodeResource, type Init, listenerName } from '@weft/envoy';
import { TrafficDirection } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import type { PathNormalization } from '../mesh/index.ts';
import { type Chains, rangeOf } from './chain-match.ts';
import { socketAddresses } from './endpoints.ts';
import {
  type Chain,
  callFilters,
  detection,
  httpInspector,
  httpManager,
  plainHttp,
  routesFrom,
  type Told,
  tcpProxy,
  tlsInspector,
} from './filters.ts';
import { callReading } from './reading.ts';
import { requestTelemetry } from './telemetry.ts';

type ListenerInit = Init<typeof ListenerSchema>;

export interface Bind {
  /** The first one names the listener. */
  readonly addresses: readonly string[];
  readonly port: number;
}

export const nameOf = ({ addresses: [primary = ''], port }: Bind): string => listenerName(primary, port);

export const outboundListener = (name: string, { addresses, port }: Bind, init: ListenerInit): Encoded => {
  return encodeResource(
    name,
    ListenerSchema,
    create(ListenerSchema, {
      name,
      ...socketAddresses(addresses, port),
      trafficDirection: TrafficDirection.OUTBOUND,
      ...init,
    }),
  );
};

/** HTTP on a listener that may carry other things too. */
export interface HttpWay {
  /** Of the route table. */
  readonly routes: string;
  /** Some service of it is called in gRPC-Web. */
  readonly grpcWeb: boolean;
  /** Some service's names are resolved as they are asked for. */
  readonly dynamic: boolean;
  /** Read as HTTP although a network that contains them is somebody's: Envoy looks at networks first. */
  readonly addresses?: readonly string[];
  readonly paths: PathNormalization | undefined;
}

const httpChains = (name: string, way: HttpWay, told: Told): readonly Chain[] => {
  const { filters: counting, ...telling } = requestTelemetry(told, 'calls');
  const filters = [
    httpManager({
      statPrefix: `outbound_${name};`,
      routeSpecifier: routesFrom(way.routes),
      httpFilters: callFilters({ ...way, counting }),
      ...telling,
      ...callReading({ ...(way.paths && { paths: way.paths }) }),
    }),
  ];
  const { addresses = [] } = way;
  const anywhere = { filterChainMatch: plainHttp, filters };
  return addresses.length === 0
    ? [anywhere]
    : [anywhere, { filterChainMatch: { ...plainHttp, prefixRanges: addresses.map(rangeOf) }, filters }];
};

const looksAtNames = ({ chains }: Chains): boolean =>
  chains.some(({ filterChainMatch }) => (filterChainMatch?.serverNames ?? []).length > 0);

/** What Envoy must read before it can choose; nothing where there is no choice, so that servers may speak first. */
const inspection = (http: boolean, chains: Chains): ListenerInit => {
  const listenerFilters = [...(looksAtNames(chains) ? [tlsInspector()] : []), ...(http ? [httpInspector()] : [])];
  return listenerFilters.length > 0 ? { listenerFilters, ...detection } : {};
};

export interface Content {
  readonly http?: HttpWay | undefined;
  readonly bytes: Chains;
  /** Cluster of what no chain takes. */
  readonly outside: string;
  readonly told: Told;
}

/** What no chain takes goes outside as it came, as Istio's fall-through chain does it. */
export const contentOf = (name: string, { http, bytes, outside, told }: Content): ListenerInit => {
  const { rest } = bytes;
  const chains = [...(http ? httpChains(name, http, told) : []), ...bytes.chains];
  const byDefault = rest ?? { filters: [tcpProxy(outside, told)] };
  return {
    bindToPort: false,
    ...inspection(http !== undefined, bytes),
    ...(chains.length === 0 ? { filterChains: [byDefault] } : { filterChains: chains, defaultFilterChain: byDefault }),
  };
};
