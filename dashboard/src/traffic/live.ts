/** What rules really led, as weftd counted it. */

import type { UseQueryResult } from '@tanstack/react-query';
import {
  type ConnectionUse,
  type DestinationSettings,
  isClusterOf,
  type LiveTopic,
  type Resource,
  type RouteUse,
  refKey,
  type TrafficUse,
} from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { useShared, useSpan } from '../shell/time.ts';

const moving: readonly LiveTopic[] = ['records', 'resources'];
const past: readonly LiveTopic[] = ['resources'];

export const useTrafficUse = (): UseQueryResult<TrafficUse> => {
  const { ns } = useShared();
  const { from, to, live } = useSpan();
  return useAsk<TrafficUse>({ path: '/traffic', query: { from, to, namespace: ns }, topics: live ? moving : past });
};

/** By the VirtualService and the rule's path. */
export interface Live {
  readonly routes: ReadonlyMap<string, RouteUse>;
  readonly connections: ReadonlyMap<string, ConnectionUse>;
}

export const ruleKey = ({ namespace, name }: Pick<Resource['metadata'], 'namespace' | 'name'>, path: string): string =>
  `${refKey({ kind: 'VirtualService', namespace, name })} ${path}`;

export const liveOf = ({ routes, connections }: Pick<TrafficUse, 'routes' | 'connections'>): Live => ({
  routes: new Map(routes.map((use) => [ruleKey(use, use.path), use])),
  connections: new Map(connections.map((use) => [ruleKey(use, use.path), use])),
});

export interface ClusterUse {
  readonly cluster: string;
  readonly share: number;
}

/** What of a rule's traffic went to one of its destinations, whatever the port's cluster. */
export const seenAt = <One extends ClusterUse>(used: readonly One[], destination: DestinationSettings, namespace: string): readonly One[] =>
  used.filter(({ cluster }) => isClusterOf(cluster, destination, namespace));

/** What went to none of the destinations that the rule has now: it had others, or answered by itself. */
export const elsewhere = <One extends ClusterUse>(
  used: readonly One[],
  destinations: readonly DestinationSettings[],
  namespace: string,
): readonly One[] => used.filter(({ cluster }) => !destinations.some((destination) => isClusterOf(cluster, destination, namespace)));

export const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
