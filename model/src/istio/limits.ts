/**
 * How much one object may become [G9]. A few lines that multiply can ask every proxy for gigabytes: a route or a virtual host
 * costs Envoy about 10 KiB, a cluster 50 KiB [E7], and all of them `weftd` the time in which others wait for their changes.
 */
import type { Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import type { DestinationRuleSpec } from './destination-rule.ts';
import type { ServiceEntrySpec } from './service-entry.ts';
import type { VirtualServiceSpec } from './virtual-service.ts';

export const maxRoutes = 20_000;
const maxClusters = 5_000;
const maxSubsets = 1_000;

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
