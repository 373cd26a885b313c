/** Filter chains for connections under policies: one for each class of addresses that the policies treat alike. */
import type { Init } from '@weft/envoy';
import type { FilterChainMatchSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type AddressClass,
  type AddressDivision,
  type AuthorizationSlice,
  addressDivision,
  always,
  type ConnectionRefusal,
  type ConnectionVerdict,
  connectionVerdict,
  type KnownOfConnection,
} from '../mesh/index.ts';
import { isTooLong } from './cel.ts';
import { type Delegated, delegatedTo, delegationFilters } from './connection-delegation.ts';
import { blindRefusal, destinationGuard, refusal, wordsGuard } from './connection-guard.ts';
import { trialFilters } from './connection-trials.ts';
import { nobodyAllows } from './connection-verdict.ts';
import type { DialsAfter, Filters, Told } from './filters.ts';
import { remember } from './remember.ts';

export type Match = Init<typeof FilterChainMatchSchema>;

/** Where bytes go once they may. */
export interface Passage extends Pick<KnownOfConnection, 'identified' | 'named' | 'port'> {
  /** Its cluster goes where the connection was going, as clusters of type ORIGINAL_DST do. */
  readonly asDialled: boolean;
  /** A PROXY header says who the client is; whoever opened the connection is somebody else then [S109]. */
  readonly proxied?: boolean;
  readonly proxy: (after?: DialsAfter) => Filters;
  /** What is told of connections that nobody passes. */
  readonly told: Told;
}

/** A chain of the passage. */
export interface Guarded {
  /** What tells its chain's name from that of the others; empty where there is one only. */
  readonly suffix: string;
  readonly match: Match;
  readonly filters: Filters;
}

const divisionOf = remember(addressDivision);

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
  const { destinations = [] } = divisionOf(authorization) ?? {};
  return destinations.length > 1 ? { prefixRanges: rangesOf(destinations) } : {};
};

interface Verdict extends ConnectionVerdict {
  readonly delegated: readonly Delegated[];
}

const filtersOf = (verdict: Verdict, { identified, asDialled, proxy, told }: Passage): Filters => {
  const { mayPass, delegated } = verdict;
  if (mayPass.kind === 'known' && !mayPass.holds) return refusal(verdict, { identified, told });
  // Of whom too much would have to be asked, nothing is known.
  if ([mayPass, ...delegated.map(({ asked }) => asked)].some(isTooLong))
    return blindRefusal('policies that ask too much', { identified, told });
  const isOpen = mayPass.kind === 'known';
  if (delegated.length > 0) {
    const guard = isOpen ? [] : asDialled ? destinationGuard(verdict) : wordsGuard(verdict);
    return [...guard, ...delegationFilters(delegated), ...trialFilters, ...proxy('first words')];
  }
  if (isOpen) return [...trialFilters, ...proxy(identified ? 'handshake' : undefined)];
  if (asDialled) return [...destinationGuard(verdict), ...trialFilters, ...proxy('handshake')];
  return [...wordsGuard(verdict), ...trialFilters, ...proxy('first words')];
};

/** So many chains may differ by nothing but the reasons for which they refuse. */
const mostReasons = 4;

interface Judged {
  readonly one: AddressClass;
  readonly verdict: Verdict;
}

const isCertain = ({ refuses }: ConnectionRefusal): boolean => refuses.kind === 'known';

/** Of addresses that are treated alike for different reasons. */
const together = (group: readonly Judged[]): Verdict | undefined => {
  const [first] = group;
  const someAreCertain = group.some(({ verdict }) => verdict.refusals.some(isCertain));
  const refusals = group.flatMap(({ verdict: { refusals: own } }) =>
    someAreCertain && !own.some(isCertain) ? [...own, { rule: nobodyAllows, refuses: always }] : own,
  );
  return first && { ...first.verdict, refusals };
};

/** Classes that may share a chain. */
const sharing = (judged: readonly Judged[]): readonly (readonly Judged[])[] => {
  const exact = Map.groupBy(judged, ({ verdict }) => JSON.stringify(verdict));
  const served = () => Map.groupBy(judged, ({ verdict: { mayPass, delegated } }) => JSON.stringify([mayPass, delegated]));
  return [...(exact.size > mostReasons ? served() : exact).values()];
};

/** Classes of which each has chains of its own, and those of which the ones with the same verdict share a chain. */
interface Division {
  readonly outer: readonly { readonly target: AddressClass; readonly source?: AddressClass }[];
  readonly inner: readonly AddressClass[];
}

const divided = ({ sources, clients, callers, destinations }: AddressDivision, proxied: boolean): Division => ({
  outer: destinations.flatMap((target) => (proxied ? sources.map((source) => ({ target, source })) : [{ target }])),
  inner: proxied ? clients : callers,
});

const suffixOf = (word: string, classes: readonly AddressClass[]): string => (classes.length > 0 ? `-${word}-${firstOf(classes)}` : '');

/** Chains that together take what the passage did. */
export const guarded = (passage: Passage, authorization: AuthorizationSlice): readonly Guarded[] => {
  const { identified, named, port, told, proxied = false } = passage;
  const classes = divisionOf(authorization);
  // So many addresses are told apart that nobody's is known.
  if (!classes) {
    const filters = blindRefusal('policies that tell too many addresses apart', { identified, told });
    return [{ suffix: '', match: {}, filters }];
  }
  const verdictOf = (held: readonly AddressClass[]): Verdict => {
    const holds = new Set(held.flatMap((one) => [...one.holds]));
    const known = { identified, named, holds, ...(port !== undefined && { port }) };
    return { ...connectionVerdict(authorization, known), delegated: delegatedTo(authorization, known) };
  };
  const { outer, inner } = divided(classes, proxied);
  return outer.flatMap(({ target, source }) => {
    const verdicts = inner.map((one) => ({ one, verdict: verdictOf([target, one, ...(source ? [source] : [])]) }));
    const groups = sharing(verdicts);
    const to = classes.destinations.length > 1 ? [target] : [];
    const by = source && classes.sources.length > 1 ? [source] : [];
    return groups.flatMap((group) => {
      const verdict = together(group);
      if (!verdict) return [];
      const from = groups.length > 1 ? group.map(({ one }) => one) : [];
      const direct = proxied ? by : from;
      return [
        {
          suffix: suffixOf('from', from) + suffixOf('by', by) + suffixOf('to', to),
          match: {
            ...(to.length > 0 && { prefixRanges: rangesOf(to) }),
            ...(direct.length > 0 && { directSourcePrefixRanges: rangesOf(direct) }),
            ...(proxied && from.length > 0 && { sourcePrefixRanges: rangesOf(from) }),
          },
          filters: filtersOf(verdict, passage),
        },
      ];
    });
  });
};
