/**
 * Whom weftd may connect to. Addresses come from manifests and from strangers' answers, and weftd stands where others do not: it
 * must lead nobody to what is inside (CVE-2026-31837 of Istio). Judged is the address that is connected to, never the name.
 */
import { isWithin } from '@weft/model';
import ipaddr from 'ipaddr.js';

/** IPv4 inside IPv6, in the forms in which a network or a gateway turns one into the other (RFC 4291, 6052, 6145, 3056). */
const embedded: readonly { readonly range: string; readonly at: number }[] = [
  { range: '::ffff:0:0/96', at: 12 },
  { range: '::ffff:0:0:0/96', at: 12 },
  { range: '64:ff9b::/96', at: 12 },
  { range: '2002::/16', at: 2 },
];

/** The address that is meant. */
const meant = (address: string): string => {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  const plain = parsed.toNormalizedString().replace(/%.*$/, '');
  const form = embedded.find(({ range }) => isWithin(plain, range));
  return form
    ? parsed
        .toByteArray()
        .slice(form.at, form.at + 4)
        .join('.')
    : plain;
};

/** Where clouds keep what belongs to the machine, outside the networks below: Azure's. */
const metadata = ['168.63.129.16'];

/** May be allowed, since issuers stand there too. */
const inside = ['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'];

/** Of IPv6 only this is the public Internet (IANA), less what tunnels and documents have. */
const isPublic6 = (address: string): boolean =>
  isWithin(address, '2000::/3') && !['2001::/23', '2001:db8::/32', '3fff::/20'].some((range) => isWithin(address, range));

/** @param allowed networks inside that may be connected to. @returns why nobody may connect there */
export const refusalOf = (address: string, allowed: readonly string[]): string | undefined => {
  const plain = meant(address);
  if (!ipaddr.isValid(plain)) return `${address} is no address`;
  if (metadata.includes(plain)) return `${address} is the cloud's own`;
  const kind = ipaddr.parse(plain).range();
  if (inside.includes(kind))
    return allowed.some((range) => isWithin(plain, range))
      ? undefined
      : `${address} is inside (${kind}), and no network of the mesh's settings`;
  if (kind !== 'unicast' || (plain.includes(':') && !isPublic6(plain))) return `${address} is no public address`;
  return undefined;
};
