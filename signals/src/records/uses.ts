/** What rules did, by their place: requests that they led, connections by where they went, what they decided. Of many records one row each minute. */
import type { AccessRecord } from './record.ts';
import { routeStep } from './routes.ts';

export interface UseKey {
  /** `request`: led by a rule; `connection`: not HTTP, led to a cluster; `policy`: decided by a rule. */
  readonly kind: 'request' | 'connection' | 'policy';
  /** `shop/catalog`; empty: connections are known by their cluster alone. */
  readonly object: string;
  /** `spec.http[0]`, or the number of a policy's rule. */
  readonly place: string;
  /** The route's name, which users may give. */
  readonly route: string;
  /** Envoy's; empty: it was sent nowhere. */
  readonly cluster: string;
}

export interface Use extends UseKey {
  readonly count: number;
  readonly failed: number;
  /** Bytes from and to the client. */
  readonly received: number;
  readonly sent: number;
}

/** Start of the step, in Unix milliseconds. */
export type UseInStep = Use & { readonly at: number };

export const hasFailed = ({ verdict, request, flags }: AccessRecord): boolean =>
  verdict.kind === 'denied' || (request?.status ?? 0) >= 500 || flags !== '' || !['', '0'].includes(request?.grpcStatus ?? '');

/** Clusters of services: all else is the caller's choice of an address, and nobody's rule. */
const isOfService = (cluster: string): boolean => cluster.startsWith('outbound|');

const keysOf = ({ side, request, led, route, upstreamCluster: cluster, verdict }: AccessRecord): readonly UseKey[] => [
  ...(request && led
    ? [
        {
          kind: 'request' as const,
          object: `${led.namespace}/${led.name}`,
          place: led.path,
          route,
          cluster: isOfService(cluster) ? cluster : '',
        },
      ]
    : []),
  ...(!request && side === 'source' && isOfService(cluster)
    ? [{ kind: 'connection' as const, object: '', place: '', route: '', cluster }]
    : []),
  ...(verdict.rule
    ? [
        {
          ...{ kind: 'policy' as const, object: `${verdict.rule.namespace}/${verdict.rule.name}`, place: String(verdict.rule.rule) },
          ...{ route: '', cluster: '' },
        },
      ]
    : []),
];

const textOf = ({ kind, object, place, route, cluster }: UseKey, at: number): string =>
  [at, kind, object, place, route, cluster].join('\0');

type Counting = { -readonly [Field in keyof UseInStep]: UseInStep[Field] };

export const usesIn = (records: readonly AccessRecord[]): readonly UseInStep[] => {
  const byKey = new Map<string, Counting>();
  for (const record of records) {
    const at = record.at - (record.at % routeStep);
    for (const key of keysOf(record)) {
      const text = textOf(key, at);
      const one = byKey.get(text) ?? { ...key, at, count: 0, failed: 0, received: 0, sent: 0 };
      byKey.set(text, one);
      one.count += 1;
      one.failed += hasFailed(record) ? 1 : 0;
      one.received += record.received;
      one.sent += record.sent;
    }
  }
  return [...byKey.values()];
};
