/**
 * Whom pods may call through the host, as the edge reads it in the target's text. Forbidden is what the connection would reach only
 * because it comes from the host itself: the host's loopback (weftd's API among it; Linux takes 0.0.0.0 for it too), what only its
 * own link knows (169.254.0.0/16, fe80::/10: a cloud's metadata service with the machine's credentials, and the mesh's own
 * addresses), and what pods have no way to anyhow: multicast and reserved ranges. Each expression must be a small one (Envoy's
 * `re2.max_program_size`, 100).
 */
import { meshRanges6, metadataRanges6 } from '../addresses.ts';

/** The beginning of the range in the one spelling that is allowed. */
const startOf = (range: string): string => String.raw`\[${range.replace(/::?\/\d+$/, '')}:.*`;

export const forbiddenTargets: readonly string[] = [
  String.raw`(0|127|22[4-9]|2[3-5][0-9]|169\.254)\..*`,
  // In another spelling than with hexadecimal groups without leading zeros a forbidden address would not be known.
  String.raw`.*[\[:]0[0-9a-f].*`,
  ...[...metadataRanges6, ...meshRanges6].map(startOf),
  // A translator's address stands for the IPv4 one in its end (RFC 6052 2.1).
  String.raw`\[64:ff9b::(7f[0-9a-f]{2}|a9fe):.*`,
  // 6to4 and Teredo carry IPv4 addresses too, of whoever the host has such a tunnel to (RFC 3056, RFC 4380).
  String.raw`\[2002:.*|\[2001:(0|:).*`,
];

export const allowedTargets: readonly string[] = [
  String.raw`[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]+`,
  // Global unicast and unique local addresses: neither ::1, nor ::ffff:127.0.0.1, nor fe80::/10, nor multicast.
  String.raw`\[([23][0-9a-f]{3}|f[cd][0-9a-f]{2}):[0-9a-f:]+\]:[0-9]+`,
  String.raw`\[64:ff9b::([1-9a-f][0-9a-f]{2}|[1-9a-d][0-9a-f]{3}):[0-9a-f]{1,4}\]:[0-9]+`,
];
