/** View + request → the path that it takes, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import {
  covers,
  defaultRetry,
  type GatewaySlice,
  type HttpMatch,
  type HttpRoute,
  isHttp,
  type OutboundSlice,
  type ScopedService,
  type StringMatch,
  type View,
} from './mesh/index.ts';

export interface Request {
  /** As the client says it, without port; an address for connections that name none. */
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Step {
  readonly cluster: string;
  /** Share of the requests. */
  readonly percent: number;
  readonly endpoints: number;
  readonly mtls: 'all' | 'some' | 'none';
}

export interface Explanation {
  readonly virtualHost: string;
  /** Name of the route; empty for the default one. */
  readonly route: string;
  readonly outcome: 'forward' | 'redirect' | 'direct' | 'tcp' | 'passthrough' | 'refused';
  readonly to: readonly Step[];
  readonly why: string;
  readonly status?: number;
  readonly attempts?: number;
}

/** RE2 as far as JavaScript reads it; an expression that it cannot read matches nothing here. */
const pattern = (text: string): RegExp | undefined => {
  const insensitive = text.startsWith('(?i)');
  try {
    return new RegExp(`^(?:${insensitive ? text.slice(4) : text})$`, insensitive ? 'i' : '');
  } catch {
    return undefined;
  }
};

const matchesString = (match: StringMatch, value: string | undefined, ignoreCase = false): boolean => {
  if (match.kind === 'present' || value === undefined) return match.kind === 'present' && value !== undefined;
  if (match.kind === 'regex') return pattern(match.value)?.test(value) ?? false;
  const [said, wanted] = ignoreCase ? [value.toLowerCase(), match.value.toLowerCase()] : [value, match.value];
  return match.kind === 'exact' ? said === wanted : said.startsWith(wanted);
};

/** A header that is missing counts as empty where the match is inverted [S30]. */
const matchesHeader = ({ name, match, invert }: HttpMatch['headers'][number], headers: Readonly<Record<string, string>>): boolean => {
  const value = headers[name];
  if (!invert) return matchesString(match, value);
  return !matchesString(match, match.kind === 'present' ? value : (value ?? ''));
};

const matches = (match: HttpMatch, request: Request): boolean => {
  const { path = '/', method = 'GET' } = request;
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const [pathname = '', query = ''] = path.split('?', 2);
  const parameters = new Map(query.split('&').map((pair) => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)] as const));
  return (
    (!match.uri || matchesString(match.uri, pathname, match.ignoreUriCase)) &&
    (!match.method || matchesString(match.method, method)) &&
    (!match.authority || matchesString(match.authority, request.host)) &&
    (!match.scheme || matchesString(match.scheme, 'http')) &&
    match.headers.every((header) => matchesHeader(header, headers)) &&
    match.queryParams.every(({ name, match: wanted }) => matchesString(wanted, parameters.get(name)))
  );
};

interface Endpoints {
  readonly outbound: OutboundSlice;
}

/** `outbound|80|v1|host`: the endpoints of the port that carry the subset's labels. */
const stepOf = (cluster: string, percent: number, { outbound }: Endpoints): Step => {
  const [, port = '', subset = '', host = ''] = cluster.split('|');
  const scoped = outbound.services.find(({ service }) => service.hostname === host);
  const all = scoped ? (outbound.endpoints.get(`${scoped.service.key}:${port}`)?.endpoints ?? []) : [];
  const labels = scoped?.destination.subsets.find(({ name }) => name === subset)?.labels ?? {};
  const chosen = all.filter((endpoint) => Object.entries(labels).every(([key, value]) => endpoint.labels[key] === value));
  const mtls = chosen.filter((endpoint) => endpoint.mtls).length;
  return { cluster, percent, endpoints: chosen.length, mtls: mtls === 0 ? 'none' : mtls === chosen.length ? 'all' : 'some' };
};

const isKnown = (cluster: string, { services }: OutboundSlice): boolean => {
  const [, port = '', subset = '', host = ''] = cluster.split('|');
  const scoped = services.find(({ service }) => service.hostname === host);
  const hasPort = scoped?.service.ports.some(({ number }) => number === Number(port)) ?? false;
  return hasPort && (subset === '' || (scoped?.destination.subsets.some(({ name }) => name === subset) ?? false));
};

interface Host {
  readonly virtualHost: string;
  readonly routes: readonly HttpRoute[];
}

const routed = ({ virtualHost, routes }: Host, { outbound }: View, request: Request): Explanation => {
  const route = routes.find(({ match }) => matches(match, request));
  if (!route) return { virtualHost, route: '', outcome: 'refused', status: 404, to: [], why: 'no route matches' };
  const { action, name } = route;
  if (action.kind === 'redirect') return { virtualHost, route: name, outcome: 'redirect', status: action.code, to: [], why: 'redirected' };
  if (action.kind === 'direct')
    return { virtualHost, route: name, outcome: 'direct', status: action.status, to: [], why: 'answered by the proxy' };
  const total = action.destinations.reduce((sum, { weight }) => sum + weight, 0);
  const to = action.destinations.map(({ cluster, weight }) => stepOf(cluster, Math.round((weight / total) * 100), { outbound }));
  const missing = to.filter(({ cluster }) => !isKnown(cluster, outbound)).map(({ cluster }) => cluster);
  const attempts = action.retry?.attempts ?? 0;
  const why = missing.length > 0 ? `503 NC: no such cluster: ${missing.join(', ')}` : 'first route that matches';
  return { virtualHost, route: name, outcome: 'forward', to, attempts, why };
};

const named = (host: string, { service, aliases }: ScopedService): boolean =>
  service.hostname === host || service.addresses.includes(host) || aliases.some((alias) => covers(alias, host));

const elsewhere = ({ outboundTrafficPolicy, virtualHosts }: OutboundSlice, view: View, request: Request): Explanation => {
  const unknown = request.port === 80 ? virtualHosts.find(({ host }) => covers(host, request.host)) : undefined;
  if (unknown) return routed({ virtualHost: `${unknown.host}:80`, routes: unknown.routes }, view, request);
  if (outboundTrafficPolicy === 'ALLOW_ANY') {
    return { virtualHost: 'allow_any', route: 'allow_any', outcome: 'passthrough', to: [], why: 'the host is in no registry; ALLOW_ANY' };
  }
  return {
    virtualHost: 'block_all',
    route: 'block_all',
    outcome: 'refused',
    status: 502,
    to: [],
    why: 'the host is in no registry; REGISTRY_ONLY',
  };
};

const fromSidecar = (view: View, request: Request): Explanation => {
  const { outbound } = view;
  const hasPort = ({ service }: ScopedService) => service.ports.some(({ number }) => number === request.port);
  const wild = outbound.services.filter(({ service }) => covers(service.hostname, request.host));
  const scoped = outbound.services.filter((one) => named(request.host, one)).find(hasPort) ?? wild.find(hasPort);
  if (!scoped) return elsewhere(outbound, view, request);
  const { service, routes } = scoped;
  const virtualHost = `${service.hostname}:${request.port}`;
  const cluster = `outbound|${request.port}||${service.hostname}`;
  const protocol = service.ports.find(({ number }) => number === request.port)?.protocol ?? 'auto';
  if (!isHttp(protocol) && protocol !== 'auto') {
    return { virtualHost, route: '', outcome: 'tcp', to: [stepOf(cluster, 100, view)], why: `the port's protocol is ${protocol}` };
  }
  const own = routes.get(request.port);
  if (own) return routed({ virtualHost, routes: own }, view, request);
  const to = [stepOf(cluster, 100, view)];
  return { virtualHost, route: 'default', outcome: 'forward', to, attempts: defaultRetry.attempts, why: 'no rule: the service itself' };
};

const throughGateway = (view: View, { servers }: GatewaySlice, request: Request): Explanation => {
  const server = servers.find(({ port }) => port === request.port);
  if (!server) return { virtualHost: '', route: '', outcome: 'refused', to: [], why: `the gateway does not serve port ${request.port}` };
  const found = server.virtualHosts.find(({ hosts }) => hosts.some((host) => covers(host, request.host)));
  if (!found) return { virtualHost: '', route: '', outcome: 'refused', status: 404, to: [], why: 'no server has this host' };
  const virtualHost = `${found.hosts[0] ?? ''}:${request.port}`;
  if (found.httpsRedirect) return { virtualHost, route: '', outcome: 'redirect', status: 301, to: [], why: 'httpsRedirect' };
  return routed({ virtualHost, routes: found.routes }, view, request);
};

export const explain = (view: View, request: Request): Explanation =>
  view.role === 'gateway' ? throughGateway(view, view.gateway, request) : fromSidecar(view, request);
