/** Which connections a chain takes. Envoy refuses a listener of which two chains take the same: the first that has it keeps it. */
import type { ConnectionMatch } from '../mesh/index.ts';
import type { Way } from './connections.ts';
import type { Chain } from './filters.ts';

/** Absent: any address. A network of all addresses is not looked at, as in Istio. */
const networksOf = ({ subnets }: ConnectionMatch): readonly (string | undefined)[] => {
  const networks = subnets.filter((subnet) => !subnet.endsWith('/0'));
  return networks.length === 0 ? [undefined] : [...new Set(networks)];
};

/** Absent: any name, or no TLS at all. */
const namesOf = ({ serverNames }: ConnectionMatch): readonly (string | undefined)[] =>
  serverNames.length === 0 || serverNames.includes('*') ? [undefined] : [...new Set(serverNames)];

export const rangeOf = (network: string) => {
  const [addressPrefix = '', length] = network.split('/');
  return { addressPrefix, prefixLen: length === undefined ? (addressPrefix.includes(':') ? 128 : 32) : Number(length) };
};

const matchOf = (networks: readonly string[], names: readonly string[]): NonNullable<Chain['filterChainMatch']> => ({
  ...(networks.length > 0 && { prefixRanges: networks.map(rangeOf) }),
  ...(names.length > 0 && { transportProtocol: 'tls', serverNames: [...names] }),
});

export interface Chains {
  readonly chains: readonly Chain[];
  /** Takes whatever no other chain does. */
  readonly rest?: Chain;
}

const isText = (value: string | undefined): value is string => value !== undefined;

export const distinct = (ways: readonly Way[]): Chains => {
  const taken = new Set<string>();
  const chains: Chain[] = [];
  let rest: Chain | undefined;
  for (const { match, filters } of ways) {
    const free = networksOf(match).map((network) => ({
      network,
      names: namesOf(match).filter((name) => {
        const key = `${network ?? ''} ${name ?? ''}`;
        return !taken.has(key) && taken.add(key);
      }),
    }));
    const left = free.filter(({ names }) => names.length > 0);
    for (const members of Map.groupBy(left, ({ names }) => names.join(' ')).values()) {
      const names = members[0]?.names ?? [];
      const networks = members.map(({ network }) => network).filter(isText);
      if (networks.length === 0 && !names.some(isText)) rest = { filters };
      else chains.push({ filterChainMatch: matchOf(networks, names.filter(isText)), filters });
    }
  }
  return { chains, ...(rest && { rest }) };
};
