/** A sidecar's client side: which listener gets the connection, which of its chains, and which virtual host the request. */
import { blackHoleCluster, listenerName, outboundCluster, passthroughCluster, virtualHostName, virtualOutbound } from '@weft/envoy';
import { covers, isHttp, isWildcard, type OutboundSlice, type ScopedService, type ServicePort, type View } from '../mesh/index.ts';
import { clusterStep } from './clusters.ts';
import type { Passage } from './hop.ts';
import { type Request, read } from './request.ts';
import { type Host, ownRetries, type Routed, routed, straight } from './route.ts';

/** One port of one service. */
interface Entry {
  readonly scoped: ScopedService;
  readonly port: ServicePort;
}

const isRange = (address: string): boolean => address.includes('/');

const number32 = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const inRange = (range: string, address: string): boolean => {
  const [prefix = '', length = '32'] = range.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(number32(prefix) / size) === Math.floor(number32(address) / size);
};

const entriesAt = ({ services }: OutboundSlice, number: number): readonly Entry[] =>
  services.flatMap((scoped) =>
    scoped.service.ports.filter((port) => port.number === number && port.protocol !== 'udp').map((port) => ({ scoped, port })),
  );

const endpointAddresses = ({ scoped, port }: Entry, { endpoints }: OutboundSlice): readonly string[] =>
  (endpoints.get(`${scoped.service.key}:${port.number}`)?.endpoints ?? []).map(({ address }) => address);

/** Addresses of which the service has listeners of its own: HTTP shares the port's [S7, S8, S72]. */
const ownAddresses = (entry: Entry, slice: OutboundSlice): readonly string[] => {
  if (isHttp(entry.port.protocol)) return [];
  const { headless, addresses } = entry.scoped.service;
  return headless ? endpointAddresses(entry, slice) : addresses.filter((address) => !isRange(address));
};

const names = ({ scoped: { service, aliases } }: Entry): readonly string[] => [service.hostname, `${service.hostname}.`, ...aliases];

/** Where the client's resolver leads it: a virtual address, or for a headless service one of its endpoints. */
const dialled = ({ address, host }: Request, entries: readonly Entry[], slice: OutboundSlice): string | undefined => {
  if (address !== undefined) return address;
  const lower = host.toLowerCase();
  if (/^[\d.]+$|:/.test(lower)) return lower;
  const entry = entries.find((one) => names(one).some((name) => covers(name, lower)));
  if (!entry) return undefined;
  return entry.scoped.service.headless ? endpointAddresses(entry, slice)[0] : entry.scoped.service.addresses.find((one) => !isRange(one));
};

/** A virtual host as its port's table has it, and which names lead there. */
interface Candidate extends Host {
  readonly domains: readonly string[];
  /** Absent where rules speak. */
  readonly cluster?: string;
}

const domainsOf = ({ service, aliases }: ScopedService): readonly string[] => {
  const { hostname, addresses, headless } = service;
  const own = isWildcard(hostname) ? [hostname] : [hostname, `${hostname}.`];
  return [...own, ...aliases, ...addresses.filter((address) => !isRange(address)), ...(headless ? [`*.${hostname}`] : [])];
};

const hostOf = ({ scoped, port: { number } }: Entry): Candidate => {
  const { hostname } = scoped.service;
  const routes = scoped.routes.get(number);
  const cluster = outboundCluster({ port: number, host: hostname });
  return { virtualHost: virtualHostName(hostname, number), domains: domainsOf(scoped), ...(routes ? { routes } : { routes: [], cluster }) };
};

const candidatesAt = (port: number, entries: readonly Entry[], { virtualHosts }: OutboundSlice): readonly Candidate[] => [
  ...entries.filter((entry) => isHttp(entry.port.protocol)).map(hostOf),
  ...(port === 80 ? virtualHosts : []).map(({ host, routes }) => ({ virtualHost: virtualHostName(host, 80), domains: [host], routes })),
];

/** The name itself, then the longest wildcard that covers it; of equals the first. */
export const bestHost = <T extends { readonly domains: readonly string[] }>(host: string, candidates: readonly T[]): T | undefined => {
  const exact = candidates.find(({ domains }) => domains.includes(host));
  if (exact) return exact;
  const wild = candidates.flatMap((candidate) => candidate.domains.filter(isWildcard).map((domain) => ({ domain, candidate })));
  const covering = wild.filter(({ domain }) => domain === '*' || (covers(domain, host) && host.length >= domain.length));
  return covering.sort((a, b) => b.domain.length - a.domain.length)[0]?.candidate;
};

const served = (candidate: Candidate, request: Request, view: View): Routed => {
  const { virtualHost, cluster } = candidate;
  if (cluster === undefined) return routed(candidate, { view, asked: read(request) });
  const step = clusterStep(cluster, view);
  return { ...straight({ virtualHost, route: 'default' }, step, 'no rule speaks of it: the service itself'), ...ownRetries };
};

/** Whoever no virtual host names [S12]. */
const outside = (view: View): Routed => {
  const nothing = { clusters: [], timeout: 0, rewrites: {} };
  if (view.outbound.outboundTrafficPolicy === 'ALLOW_ANY') {
    const why = 'the host is in no registry; ALLOW_ANY lets it go where it was dialled';
    return {
      ...nothing,
      ...{ virtualHost: 'allow_any', route: 'allow_any' },
      clusters: [clusterStep(passthroughCluster, view)],
      outcome: { kind: 'passthrough', why },
    };
  }
  const why = 'the host is in no registry; REGISTRY_ONLY refuses it';
  return { ...nothing, virtualHost: 'block_all', route: 'block_all', outcome: { kind: 'refused', status: 502, why } };
};

const bytesOutside = (view: View, why: string): Routed => {
  const open = view.outbound.outboundTrafficPolicy === 'ALLOW_ANY';
  const cluster = clusterStep(open ? passthroughCluster : blackHoleCluster, view);
  return {
    ...{ virtualHost: '', route: '', timeout: 0, rewrites: {}, clusters: [cluster] },
    outcome: open
      ? { kind: 'passthrough', why: `${why}; ALLOW_ANY lets it go where it was dialled` }
      : { kind: 'refused', why: `${why}; REGISTRY_ONLY closes the connection` },
  };
};

/** Bytes, to one cluster. Who is not there closes the connection. */
const carried = ({ scoped, port }: Entry, view: View): Routed => {
  const cluster = clusterStep(outboundCluster({ port: port.number, host: scoped.service.hostname }), view);
  const { failure } = cluster;
  return {
    ...{ virtualHost: '', route: '', timeout: 0, rewrites: {}, clusters: [cluster] },
    outcome: failure
      ? { kind: 'refused', flag: failure.flag, why: failure.why }
      : { kind: 'forward', why: `the port's protocol is ${port.protocol}: bytes are carried as they are` },
  };
};

const at = (listener: string, filterChain: string, rest: Routed): Passage => ({ listener, filterChain, tls: 'none', ...rest });

const speaksHttp = ({ protocol = 'http' }: Request): boolean => protocol === 'http';

/** The service has the address for itself. */
const atOwnAddress = (entry: Entry, address: string, { view, request }: Dial): Passage => {
  const { number, protocol } = entry.port;
  const name = listenerName(address, number);
  if (protocol !== 'auto' || !speaksHttp(request)) return at(name, protocol === 'auto' ? 'default' : 'tcp', carried(entry, view));
  return at(name, 'http', served(hostOf(entry), request, view));
};

interface Dial {
  readonly view: View;
  readonly request: Request;
}

const isHomeless = ({ port, scoped: { service } }: Entry): boolean =>
  !isHttp(port.protocol) && !service.headless && (service.addresses.length === 0 || service.addresses.some(isRange));

const carriesTls = ({ port: { protocol } }: Entry): boolean => protocol === 'tls' || protocol === 'https';

/** What is not HTTP on a shared port: told apart by address, by server name, or not at all [S8]. */
const bytesAtPort = (entries: readonly Entry[], address: string | undefined, { view, request }: Dial): readonly [string, Routed] => {
  const homeless = entries.filter(isHomeless);
  const ranges = ({ scoped }: Entry) => scoped.service.addresses.filter(isRange);
  const byRange = homeless.find((entry) => address !== undefined && ranges(entry).some((range) => inRange(range, address)));
  if (byRange) return [byRange.scoped.service.hostname, carried(byRange, view)];
  const named = homeless.filter((entry) => ranges(entry).length === 0 && carriesTls(entry));
  const domains = named.map((entry) => ({ entry, domains: [entry.scoped.service.hostname] }));
  const byName = request.protocol === 'tls' ? bestHost(request.host.toLowerCase(), domains) : undefined;
  if (byName) return [byName.entry.scoped.service.hostname, carried(byName.entry, view)];
  const rest = homeless.find((entry) => ranges(entry).length === 0 && !carriesTls(entry));
  return ['default', rest ? carried(rest, view) : bytesOutside(view, 'no service on this port takes bytes')];
};

export const outbound = (view: View, request: Request): Passage => {
  const slice = view.outbound;
  const { port } = request;
  const entries = entriesAt(slice, port);
  const dial = { view, request };
  const address = dialled(request, entries, slice);
  const own = address === undefined ? undefined : entries.find((entry) => ownAddresses(entry, slice).includes(address));
  if (own && address !== undefined) return atOwnAddress(own, address, dial);
  const candidates = candidatesAt(port, entries, slice);
  if (candidates.length === 0 && !entries.some(isHomeless)) {
    return at(virtualOutbound, 'virtualOutbound-catchall-tcp', bytesOutside(view, `no service has port ${port}`));
  }
  const name = listenerName('0.0.0.0', port);
  if (candidates.length > 0 && speaksHttp(request)) {
    const found = bestHost(read(request).host, candidates);
    return at(name, 'http', found ? served(found, request, view) : outside(view));
  }
  return at(name, ...bytesAtPort(entries, address, dial));
};
