/** Which names the two DNS addresses know (`addresses.ts`). Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { NodeView } from '@weft/model';
import { automaticRange, automaticRange6 } from '../addresses.ts';
import type { Names } from '../dns/answer.ts';

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
};

const automatic = listOf([automaticRange, automaticRange6]);

const isIn = (list: BlockList, address: string): boolean => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** A name none of whose addresses is left is looked up outside; one that never had any exists, without an address. */
const without = (names: NodeView['names'], isLeftOut: (address: string) => boolean): NodeView['names'] =>
  Object.fromEntries(
    Object.entries(names)
      .map(([name, addresses]) => [name, addresses, addresses.filter((address) => !isLeftOut(address))] as const)
      .filter(([, addresses, left]) => left.length > 0 || addresses.length === 0)
      .map(([name, , left]) => [name, left]),
  );

export interface KnownNames {
  readonly all: Names;
  /** Without the addresses that only a sidecar understands. */
  readonly plain: Names;
}

/** @param dual whether pods have IPv6. */
export const knownNames = ({ names, aliases = {}, dnsDomain }: NodeView, dual: boolean): KnownNames => {
  const all = dual ? names : without(names, isIPv6);
  const common = { aliases, dnsDomain };
  return { all: { ...common, names: all }, plain: { ...common, names: without(all, (address) => isIn(automatic, address)) } };
};
