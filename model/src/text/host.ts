/** Host names as Istio writes them: full, short, with a leading wildcard. */
import ipaddr from 'ipaddr.js';

const label = /^[a-zA-Z0-9]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9])?$/;

export const isIp = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);

/** Without wildcard; one label or more, the last one may be followed by a dot. */
export const isHostname = (text: string): boolean =>
  text.length > 0 &&
  text.length <= 255 &&
  text
    .replace(/\.$/, '')
    .split('.')
    .every((part) => label.test(part));

/** `*`, `*.example.com`, or a host name. `a.*.com` and `w*w.com` are neither, though Envoy takes the former as a literal. */
export const isWildcardHostname = (text: string): boolean => text === '*' || isHostname(text.startsWith('*.') ? text.slice(2) : text);

/** @returns why the text is no address or CIDR block; `10.0.0.0/64` is what Envoy takes and reads as something else */
export const cidrFault = (text: string): string | undefined => {
  const [address = '', prefix, more] = text.split('/');
  if (more !== undefined || !isIp(address)) return `\`${text.slice(0, 80)}\` is no IP address or CIDR block`;
  if (prefix === undefined) return undefined;
  const bits = address.includes(':') ? 128 : 32;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return `the prefix length of \`${text.slice(0, 80)}\` is not between 0 and ${bits}`;
  return undefined;
};

export interface Network {
  /** Its first address. */
  readonly address: string;
  readonly bits: number;
}

const bitsOf = (address: string): number => (address.includes(':') ? 128 : 32);

/** @param text an address or CIDR block without `cidrFault`; `10.1.2.3/8` and `10.0.0.0/8` are one network */
export const networkOf = (text: string): Network => {
  const [address = '', prefix] = text.split('/');
  const bits = prefix === undefined ? bitsOf(address) : Number(prefix);
  const family = address.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
  return { address: family.networkAddressFromCIDR(`${address}/${bits}`).toString(), bits };
};

/** IPv4 in IPv6's spelling (`::ffff:10.0.0.1`, RFC 4291 2.5.5.2) as IPv4; anything else as it is. */
export const unmapped = (network: Network): Network => {
  if (network.bits < 96 || !network.address.includes(':')) return network;
  const address = ipaddr.IPv6.parse(network.address);
  return address.isIPv4MappedAddress() ? { address: address.toIPv4Address().toString(), bits: network.bits - 96 } : network;
};

/** The bits that all its addresses begin with, after their family: one network lies in another if its text begins with the other's. */
export const leadingBits = ({ address, bits }: Network): string => {
  const bytes = ipaddr.parse(address).toByteArray();
  const text = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return `${bytes.length}:${text.slice(0, bits)}`;
};

/** An IPv4 address has one spelling when no number of it begins with a zero: a mesh has thousands, and reading each takes long. */
const plainAddress = /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/;

/** One spelling for one network; that of a single address is the address. */
export const network = (text: string): string => {
  if (plainAddress.test(text)) return text;
  const { address, bits } = networkOf(text);
  return bits === bitsOf(address) ? address : `${address}/${bits}`;
};

/** @param range an address or CIDR block without `cidrFault` */
export const isWithin = (address: string, range: string): boolean => {
  const { address: first, bits } = networkOf(range);
  return bitsOf(address) === bitsOf(first) && networkOf(`${address}/${bits}`).address === first;
};
