/**
 * Addresses that policies do not tell apart. Expressions about connections know no networks, but filter chains do: each class of
 * addresses gets a chain of its own, in which everything about addresses is decided already.
 */
import { leadingBits, type Network } from '@weft/model';
import type { Test } from './authorization.ts';

export type AddressTest = Extract<Test, { readonly kind: 'source-ip' | 'remote-ip' | 'destination-ip' }>;

export interface AddressClass {
  /** The most specific network that an address lies in says to which class it belongs. */
  readonly networks: readonly Network[];
  /** Those that one of their values holds for. */
  readonly holds: ReadonlySet<AddressTest>;
}

const everything: readonly Network[] = [
  { address: '0.0.0.0', bits: 0 },
  { address: '::', bits: 0 },
];

interface Region {
  readonly bits: string;
  readonly network: Network;
  readonly holds: Set<AddressTest>;
}

/** Wide networks before those inside them. */
const regionsOf = (tests: readonly AddressTest[]): readonly Region[] => {
  const regions = new Map<string, Region>();
  const regionOf = (network: Network): Region => {
    const bits = leadingBits(network);
    const region = regions.get(bits) ?? { bits, network, holds: new Set<AddressTest>() };
    regions.set(bits, region);
    return region;
  };
  for (const network of everything) regionOf(network);
  for (const test of tests) for (const network of test.values) regionOf(network).holds.add(test);
  return [...regions.values()].sort((a, b) => (a.bits < b.bits ? -1 : 1));
};

/** What holds for a network holds for those inside it; one that adds nothing to what it lies in is left out. */
const inherited = (regions: readonly Region[]): readonly Region[] => {
  const around: Region[] = [];
  return regions.filter((region) => {
    while (around.length > 0 && !region.bits.startsWith(around.at(-1)?.bits ?? '')) around.pop();
    const outer = around.at(-1);
    for (const test of outer?.holds ?? []) region.holds.add(test);
    around.push(region);
    return outer === undefined || region.holds.size > outer.holds.size;
  });
};

/** At least one class; the classes together have all addresses. */
export const addressClasses = (tests: readonly AddressTest[]): readonly AddressClass[] => {
  const numbers = new Map(tests.map((test, index) => [test, index]));
  const said = ({ holds }: Region): string =>
    [...holds]
      .map((test) => numbers.get(test) ?? -1)
      .sort((a, b) => a - b)
      .join();
  return [...Map.groupBy(inherited(regionsOf(tests)), said).values()].map((members) => ({
    networks: members.map(({ network }) => network),
    holds: members[0]?.holds ?? new Set(),
  }));
};
