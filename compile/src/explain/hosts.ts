/** Virtual hosts of a port's route table, and which of them a name leads to [S10-S12]. */
import { outboundCluster, virtualHostName } from '@weft/envoy';
import type { Request } from '@weft/model';
import {
  covers,
  defaultRetry,
  type Entry,
  isIPv6,
  isRange,
  isWildcard,
  type OutboundSlice,
  type ScopedService,
  type View,
} from '../mesh/index.ts';
import { clusterStep } from './clusters.ts';
import { read } from './request.ts';
import { type Host, type Routed, retryStep, routed, straight } from './route.ts';

/** And which names lead there. */
export interface Candidate extends Host {
  readonly domains: readonly string[];
  /** Where no rule speaks, and how often it is tried. */
  readonly cluster?: string;
  readonly retry?: ScopedService['retry'];
}

/** As a client writes it in `Host`. */
const literal = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

const domainsOf = ({ service, aliases }: ScopedService): readonly string[] => {
  const { hostname, addresses, headless } = service;
  const own = isWildcard(hostname) ? [hostname] : [hostname, `${hostname}.`];
  return [...own, ...aliases, ...addresses.filter((address) => !isRange(address)).map(literal), ...(headless ? [`*.${hostname}`] : [])];
};

export const hostOf = ({ scoped, port: { number } }: Entry): Candidate => {
  const { hostname } = scoped.service;
  const routes = scoped.routes.get(number);
  const heading = { virtualHost: virtualHostName(hostname, number), domains: domainsOf(scoped) };
  return routes
    ? { ...heading, routes }
    : { ...heading, routes: [], cluster: outboundCluster({ port: number, host: hostname }), ...(scoped.retry && { retry: scoped.retry }) };
};

/** Rules for hosts that no service has count beside services that they are for, and on port 80 [S49]. */
export const candidatesAt = (port: number, http: readonly Entry[], virtualHosts: OutboundSlice['virtualHosts']): readonly Candidate[] => [
  // Before the services, of which it may be another name.
  ...(port === 80 || http.length > 0 ? (virtualHosts.get(port) ?? []) : []).map(({ host, routes }) => ({
    virtualHost: virtualHostName(host, port),
    domains: [host],
    routes,
  })),
  ...http.map(hostOf),
];

/** Of a proxy that is asked for everything: `name:port`; without port, port 80 is meant. */
export const proxiedCandidates = (entries: readonly Entry[]): readonly Candidate[] =>
  entries.map((entry) => {
    const { domains, ...host } = hostOf(entry);
    const { number } = entry.port;
    return { ...host, domains: [...domains.map((name) => `${name}:${number}`), ...(number === 80 ? domains : [])] };
  });

/** The name itself, then the longest wildcard that covers it; of equals the first. */
export const bestHost = <T extends { readonly domains: readonly string[] }>(host: string, candidates: readonly T[]): T | undefined => {
  const exact = candidates.find(({ domains }) => domains.includes(host));
  if (exact) return exact;
  const wild = candidates.flatMap((candidate) => candidate.domains.filter(isWildcard).map((domain) => ({ domain, candidate })));
  const covering = wild.filter(({ domain }) => domain === '*' || (covers(domain, host) && host.length >= domain.length));
  return covering.sort((a, b) => b.domain.length - a.domain.length)[0]?.candidate;
};

const retriesOf = ({ retry = defaultRetry }: Candidate) => retryStep(retry === 'none' ? undefined : retry);

export const served = (candidate: Candidate, request: Request, view: View): Routed => {
  const { virtualHost, cluster } = candidate;
  if (cluster === undefined) return routed(candidate, { view, asked: read(request, view.outbound.paths) });
  const step = clusterStep(cluster, view);
  return { ...straight({ virtualHost, route: 'default' }, step, 'no rule speaks of it: the service itself'), ...retriesOf(candidate) };
};
