/** Address families, which a proxy has by its own addresses. */
import type { Service } from './service.ts';

/** What is not plain IPv4. */
export type Families = 'ipv6' | 'dual';

export const isIPv6 = (address: string): boolean => address.includes(':');

/** Absent: IPv4 alone. */
export const familiesOf = (addresses: readonly string[]): Families | undefined => {
  if (!addresses.some(isIPv6)) return undefined;
  return addresses.every(isIPv6) ? 'ipv6' : 'dual';
};

/** All of a proxy's own addresses, as listeners write it; the first names the listener. */
export const anywhere = (families: Families | undefined): readonly string[] => {
  if (families === undefined) return ['0.0.0.0'];
  return families === 'ipv6' ? ['::'] : ['0.0.0.0', '::'];
};

const low = (address: string): number => {
  const [, , third = 0, fourth = 0] = address.split('.').map(Number);
  return third * 256 + fourth;
};

const second = (address: string): number => Number(address.split('.')[1]);

/**
 * The IPv6 address beside a virtual one that was given out here: it follows from it, so that nothing more has to be remembered.
 * ServiceEntries have Istio's 2001:2::/48 [S74], Services a local network (RFC 4193).
 */
export const twinOf = (address: string): string | undefined => {
  if (address.startsWith('240.240.')) return `2001:2::f0f0:${low(address).toString(16)}`;
  if (/^10\.(9[6-9]|10\d|11[01])\./.test(address)) return `fd00:10:96::${second(address).toString(16)}:${low(address).toString(16)}`;
  return undefined;
};

/** A ServiceEntry's automatic address has its twin in any case [S74]; a Service's stands in its addresses where it is wanted. */
export const twinsOf = ({ shortName, addresses }: Pick<Service, 'shortName' | 'addresses'>): readonly string[] =>
  shortName === undefined && addresses.length === 1 ? addresses.flatMap((address) => twinOf(address) ?? []) : [];
