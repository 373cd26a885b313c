/** Host names as Istio means them: short names belong to the namespace of the rule that says them, `*` opens a suffix. */

import { isWithin } from '@weft/model';

export const clusterDomain = 'cluster.local';

/** IPv4, or IPv6 by its colons, which no host name has. */
export const isAddress = (host: string): boolean =>
  host.includes(':')
    ? /^[0-9a-f:.]+$/i.test(host)
    : /^\d{1,3}(\.\d{1,3}){3}$/.test(host) && host.split('.').every((part) => Number(part) <= 255);

/** A Unix socket: its path, or an abstract name. */
export const isSocket = (address: string): boolean => address.startsWith('/') || address.startsWith('@');

/** A host without a dot is a Kubernetes Service of `namespace`; any dot disables that [S15]. */
export const expandHost = (host: string, namespace: string): string => {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (lower.includes('.') || lower.startsWith('*') || isAddress(lower)) return lower;
  return `${lower}.${namespace}.svc.${clusterDomain}`;
};

export const isWildcard = (host: string): boolean => host.startsWith('*');

/** Whether every name that `inner` stands for is one that `outer` stands for. */
export const covers = (outer: string, inner: string): boolean =>
  isWildcard(outer) ? inner.length >= outer.length && inner.endsWith(outer.slice(1)) : outer === inner;

/** The names both stand for, written as the narrower of the two. */
export const intersection = (a: string, b: string): string | undefined => (covers(a, b) ? b : covers(b, a) ? a : undefined);

/** Whether an object with this `exportTo` in `owner` is visible in `namespace` [S16]. */
export const isExported = (exportTo: readonly string[], owner: string, namespace: string): boolean =>
  exportTo.some((to) => to === '*' || to === namespace || (to === '.' && owner === namespace));

/**
 * The order in which a namespace obeys VirtualServices: its private ones, those that others export to it by name, and those for
 * everybody (Istio's `initVirtualServices`). In each the oldest comes first [S47].
 */
export const precedence = (exportTo: readonly string[], owner: string, namespace: string): number =>
  isPublic(exportTo) ? 2 : owner === namespace ? 0 : 1;

export const isPublic = (exportTo: readonly string[]): boolean => exportTo.includes('*');

export interface HostIndex<T> {
  /** What the host's own entry says, else the most specific wildcard's [S48]; in both the first entered wins. */
  find(host: string): T | undefined;
  /** The same without wildcards. */
  exact(host: string): T | undefined;
  /** All entries that cover the host, the most specific first. */
  all(host: string): readonly T[];
  readonly size: number;
}

export const hostIndex = <T>(entries: Iterable<readonly [host: string, value: T]>): HostIndex<T> => {
  const exact = new Map<string, T>();
  const wild = new Map<string, T>();
  for (const [host, value] of entries) {
    const map = isWildcard(host) ? wild : exact;
    if (!map.has(host)) map.set(host, value);
  }
  const bySpecificity = [...wild].sort(([a], [b]) => b.length - a.length);
  const wildcardsOf = (host: string) => bySpecificity.filter(([pattern]) => covers(pattern, host));
  return {
    size: exact.size + wild.size,
    exact: (host) => exact.get(host) ?? wild.get(host),
    find: (host) => exact.get(host) ?? (bySpecificity.length === 0 ? undefined : wildcardsOf(host)[0]?.[1]),
    all: (host) => {
      const own = exact.get(host);
      return [...(own === undefined ? [] : [own]), ...wildcardsOf(host).map(([, value]) => value)];
    },
  };
};

/** Those addresses that lie in one of the networks; a network of all addresses tells nothing apart and does not count. */
export const addressesWithin = (addresses: readonly string[], networks: readonly string[]): readonly string[] => {
  const narrow = [...new Set(networks)].filter((network) => !network.endsWith('/0'));
  if (narrow.length === 0) return [];
  return [...new Set(addresses)].filter((address) => isAddress(address) && narrow.some((network) => isWithin(address, network)));
};
