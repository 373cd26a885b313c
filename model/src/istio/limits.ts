/**
 * How much one object may become [G9]. A few lines that multiply can ask every proxy for gigabytes: a route or a virtual host
 * costs Envoy about 10 KiB, a cluster 50 KiB [E7], and all of them `weftd` the time in which others wait for their changes.
 */
import { doubtful, type Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import type { AuthorizationPolicySpec } from './authorization-policy.ts';
import type { DestinationRuleSpec } from './destination-rule.ts';
import type { ServiceEntrySpec } from './service-entry.ts';
import type { VirtualServiceSpec } from './virtual-service.ts';

export const maxRoutes = 20_000;
const maxClusters = 5_000;
const maxSubsets = 1_000;
/** Envoy reads expressions of up to 100,000 characters, and the rest of one is needed for its form. */
export const maxIdentityText = 60_000;

const number = (count: number): string => count.toLocaleString('en');

/** Every host has a copy of every route, and each entry of `match` is one [S24]. */
export function* checkRouteCount({ hosts = [], http = [] }: VirtualServiceSpec): Iterable<Problem> {
  const routes = http.reduce((sum, { match = [] }) => sum + Math.max(1, match.length), 0);
  const all = routes * Math.max(1, hosts.length);
  if (all <= maxRoutes) return;
  const message = `${number(hosts.length)} hosts with ${number(routes)} routes each are ${number(all)} routes in every proxy, more than ${number(maxRoutes)}`;
  yield invalid('spec', message, 'Split it, or use wildcard hosts and shorter lists of `match`.');
}

export function* checkClusterCount({ hosts, ports = [] }: ServiceEntrySpec): Iterable<Problem> {
  const all = hosts.length * ports.length;
  if (all <= maxClusters) return;
  const message = `${number(hosts.length)} hosts with ${number(ports.length)} ports each are ${number(all)} clusters in every proxy, more than ${number(maxClusters)}`;
  yield invalid('spec', message, 'Split it, and let each part have the ports that its hosts need.');
}

export function* checkSubsetCount({ subsets = [] }: DestinationRuleSpec): Iterable<Problem> {
  if (subsets.length <= maxSubsets) return;
  yield invalid('spec.subsets', `${number(subsets.length)} subsets, more than ${number(maxSubsets)}`, 'Remove some.');
}

const identityFields = /^(?:not)?(?:principals|namespaces|serviceAccounts|trustDomains)$/i;

const lengthOf = (values: unknown): number =>
  Array.isArray(values) ? values.reduce((sum: number, value) => sum + String(value).length, 0) : 0;

/** What one connection can be asked; requests are judged by other means. */
export function* checkIdentityCount({ rules = [] }: AuthorizationPolicySpec): Iterable<Problem> {
  const sources = rules.flatMap(({ from = [] }) => from.map(({ source = {} }) => source));
  const all = sources.flatMap((source) => Object.entries(source)).filter(([field]) => identityFields.test(field));
  const length = all.reduce((sum, [, values]) => sum + lengthOf(values), 0);
  if (length <= maxIdentityText) return;
  const message = `${number(length)} characters of identities are more than a connection can be asked about: to ports that are not HTTP nobody is let pass`;
  yield doubtful('WEFT0102', 'spec.rules', [message, 'Name namespaces, or identities by a common beginning.']);
}
