/**
 * Which filter chain of a listener takes a connection: the narrowest network that was dialled decides first, then the server name,
 * then whether HTTP can be read; nothing is looked at twice (Envoy's FilterChainManagerImpl).
 */
import { isWithin } from '@weft/model';
import { covers, isWildcard } from '../mesh/index.ts';

/** `leads` says where to. */
export interface ChainChoice<T> {
  /** Networks dialled; empty: any. */
  readonly subnets: readonly string[];
  /** Names of the ClientHello; empty: any, or no TLS at all. */
  readonly serverNames: readonly string[];
  /** Only what can be read as HTTP. */
  readonly http: boolean;
  readonly leads: T;
}

export interface Connection {
  readonly address?: string | undefined;
  /** Absent: no TLS. */
  readonly serverName?: string | undefined;
  readonly http: boolean;
}

/** How many bits of the address the network fixes; absent: the address lies outside. */
const narrowness = (subnet: string, address: string | undefined): number | undefined => {
  const [prefix = '', length] = subnet.split('/');
  const bits = length === undefined ? (prefix.includes(':') ? 128 : 32) : Number(length);
  if (bits === 0) return 0;
  return address !== undefined && isWithin(address, subnet) ? bits : undefined;
};

const narrowest = (subnets: readonly string[], address: string | undefined): number | undefined => {
  if (subnets.length === 0) return 0;
  const found = subnets.flatMap((subnet) => narrowness(subnet, address) ?? []);
  return found.length === 0 ? undefined : Math.max(...found);
};

/** The length of the pattern that has the name; absent: none has it. */
const nearness = (names: readonly string[], serverName: string | undefined): number | undefined => {
  if (names.length === 0 || names.includes('*')) return 0;
  if (serverName === undefined) return undefined;
  const found = names.flatMap((name) => {
    if (name === serverName) return 1_000;
    return isWildcard(name) && serverName.length >= name.length && covers(name, serverName) ? name.length : [];
  });
  return found.length === 0 ? undefined : Math.max(...found);
};

/** Those for which `rank` is highest; none where it is absent for all. */
const best = <T>(items: readonly T[], rank: (item: T) => number | undefined): readonly T[] => {
  const ranked = items.map((item) => [rank(item), item] as const).filter(([value]) => value !== undefined);
  const top = Math.max(...ranked.map(([value]) => value ?? 0));
  return ranked.filter(([value]) => value === top).map(([, item]) => item);
};

/** @returns nothing where the listener's default chain, or nobody, takes it */
export const chainFor = <Choice extends ChainChoice<unknown>>(
  chains: readonly Choice[],
  { address, serverName, http }: Connection,
): Choice | undefined => {
  const dialled = best(chains, ({ subnets }) => narrowest(subnets, address));
  const named = best(dialled, ({ serverNames }) => nearness(serverNames, serverName));
  return named.find((chain) => chain.http && http) ?? named.find((chain) => !chain.http);
};
