/** Filter chains for connections under policies: one for each class of addresses that the policies treat alike. */
import { blackHoleCluster, type Init } from '@weft/envoy';
import type { FilterChainMatchSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type AddressClass,
  type AddressTest,
  type AuthorizationSlice,
  addressClasses,
  addressTests,
  connectionMayPass,
  type Formula,
  type KnownOfConnection,
} from '../mesh/index.ts';
import { type Delegated, delegatedTo, delegationFilters } from './connection-delegation.ts';
import { destinationGuard, wordsGuard } from './connection-guard.ts';
import { type DialsAfter, type Filters, tcpProxy } from './filters.ts';
import { remember } from './remember.ts';

export type Match = Init<typeof FilterChainMatchSchema>;

/** Where bytes go once they may. */
export interface Passage extends Pick<KnownOfConnection, 'identified' | 'named' | 'port'> {
  /** Its cluster goes where the connection was going, as clusters of type ORIGINAL_DST do. */
  readonly asDialled: boolean;
  readonly proxy: (after?: DialsAfter) => Filters;
}

/** A chain of the passage. */
export interface Guarded {
  /** What tells its chain's name from that of the others; empty where there is one only. */
  readonly suffix: string;
  readonly match: Match;
  readonly filters: Filters;
}

interface Classes {
  readonly sources: readonly AddressClass[];
  readonly destinations: readonly AddressClass[];
}

const classesOf: (authorization: AuthorizationSlice) => Classes = remember((authorization) => {
  const isDestination = ({ kind }: AddressTest): boolean => kind === 'destination-ip';
  const tests = addressTests(authorization);
  return {
    sources: addressClasses(tests.filter((test) => !isDestination(test))),
    destinations: addressClasses(tests.filter(isDestination)),
  };
});

const rangesOf = (classes: readonly AddressClass[]) =>
  classes.flatMap(({ networks }) => networks.map(({ address, bits }) => ({ addressPrefix: address, prefixLen: bits })));

const firstOf = ([first]: readonly AddressClass[]): string => {
  const [network] = first?.networks ?? [];
  return `${network?.address}/${network?.bits}`;
};

/**
 * Envoy goes by the destination's address before nearly everything else and never back: where one chain of a port names
 * networks, all have to.
 */
export const anyDestination = (authorization: AuthorizationSlice): Match => {
  const { destinations } = classesOf(authorization);
  return destinations.length > 1 ? { prefixRanges: rangesOf(destinations) } : {};
};

interface Verdict {
  readonly mayPass: Formula;
  readonly delegated: readonly Delegated[];
}

const filtersOf = ({ mayPass, delegated }: Verdict, { identified, asDialled, proxy }: Passage): Filters => {
  if (mayPass.kind === 'known' && !mayPass.holds) return [tcpProxy(blackHoleCluster)];
  const isOpen = mayPass.kind === 'known';
  if (delegated.length > 0) {
    const guard = isOpen ? [] : asDialled ? destinationGuard(mayPass) : wordsGuard(mayPass);
    return [...guard, ...delegationFilters(delegated), ...proxy('first words')];
  }
  if (isOpen) return proxy(identified ? 'handshake' : undefined);
  return asDialled ? [...destinationGuard(mayPass), ...proxy('handshake')] : [...wordsGuard(mayPass), ...proxy('first words')];
};

/** Chains that together take what the passage did. */
export const guarded = (passage: Passage, authorization: AuthorizationSlice): readonly Guarded[] => {
  const { sources, destinations } = classesOf(authorization);
  const verdictOf = (source: AddressClass, target: AddressClass): Verdict => {
    const holds = new Set([...source.holds, ...target.holds]);
    const { identified, named, port } = passage;
    const known = { identified, named, holds, ...(port !== undefined && { port }) };
    return { mayPass: connectionMayPass(authorization, known), delegated: delegatedTo(authorization, known) };
  };
  return destinations.flatMap((target) => {
    const verdicts = new Map(sources.map((source) => [source, verdictOf(source, target)]));
    const groups = [...Map.groupBy(sources, (source) => JSON.stringify(verdicts.get(source))).values()];
    return groups.flatMap((group) => {
      const verdict = group[0] && verdicts.get(group[0]);
      if (!verdict) return [];
      const to = destinations.length > 1 ? [target] : [];
      const from = groups.length > 1 ? group : [];
      return [
        {
          suffix: `${from.length > 0 ? `-from-${firstOf(from)}` : ''}${to.length > 0 ? `-to-${firstOf(to)}` : ''}`,
          match: {
            ...(to.length > 0 && { prefixRanges: rangesOf(to) }),
            ...(from.length > 0 && { directSourcePrefixRanges: rangesOf(from) }),
          },
          filters: filtersOf(verdict, passage),
        },
      ];
    });
  });
};
