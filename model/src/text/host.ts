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

/**
 * One spelling for one network: `10.1.2.3/8` is `10.0.0.0/8`, and a network of one address is that address.
 *
 * @param text an address or CIDR block without `cidrFault`
 */
export const network = (text: string): string => {
  const [address = '', prefix] = text.split('/');
  const family = address.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
  const all = family === ipaddr.IPv6 ? 128 : 32;
  const bits = prefix === undefined ? all : Number(prefix);
  const first = family.networkAddressFromCIDR(`${address}/${bits}`).toString();
  return bits === all ? first : `${first}/${bits}`;
};
