/** A gateway: which chain of its listener takes the connection, and where its routes lead [S117-S121]. */
import { listenerName, virtualHostName } from '@weft/envoy';
import type { Claims, Passage, Request } from '@weft/model';
import { covers, type GatewayChain, type GatewayServer, isAddress, pathsOfGateway, type ServerTls, type View } from '../mesh/index.ts';
import { carried } from './bytes.ts';
import { chainFor } from './chains.ts';
import { clusterStep } from './clusters.ts';
import { leadOf } from './entries.ts';
import { bestHost } from './hosts.ts';
import { type Read, read } from './request.ts';
import { type Routed, routed, straight } from './route.ts';
import { objection } from './server-tls.ts';

const nothing = { virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {} };

const refused = (why: string, status?: number): Routed => ({
  ...nothing,
  outcome: { kind: 'refused', ...(status && { status, flag: 'NR' }), why },
});

/** TLS is demanded, and the same address answers there. */
const toHttps = (virtualHost: string, { authority, pathname, search }: Read): Routed => {
  const location = `https://${authority.replace(/:80$/, '')}${pathname}${search}`;
  return { ...nothing, virtualHost, outcome: { kind: 'redirect', status: 301, location, why: 'the server demands HTTPS (httpsRedirect)' } };
};

type Http = Extract<GatewayChain['content'], { readonly kind: 'http' }>;

interface Question {
  readonly view: View;
  readonly request: Request;
  readonly encrypted: boolean;
  readonly claims?: Claims;
}

const overHttp = ({ virtualHosts }: Http, { view, request, encrypted, claims }: Question): Routed => {
  const hosts = virtualHosts.map((host) => ({ ...host, domains: host.hosts.map((domain) => domain.toLowerCase()) }));
  const found = bestHost(read(request).host, hosts);
  if (!found) return refused('no server of the gateway has this host with a route', 404);
  const virtualHost = virtualHostName(found.domains[0] ?? '', request.port);
  if (found.misdirected) {
    const why = 'another server of the gateway answers for this host, and asks clients for certificates that this connection did not show';
    return { ...nothing, virtualHost, outcome: { kind: 'direct', status: 421, body: '', why } };
  }
  const asked = { ...read(request, pathsOfGateway(view.gateway)), ...(claims && { claims }) };
  if (found.httpsRedirect && !encrypted) return toHttps(virtualHost, asked);
  return routed({ virtualHost, routes: found.routes }, { view, asked });
};

/** `outbound_.80_.v1_.host`, of which one service's clusters bear the name: those that speak the mesh's TLS, which is not added to. */
const bySni = ({ host: asked, certificate }: Request, hosts: readonly string[], view: View): Routed => {
  const sni = asked.toLowerCase();
  if (certificate !== 'mesh') return refused('only the mesh’s TLS is passed on: the connection is closed');
  const [, port = '', subset = '', host = ''] = /^outbound_\.(\d+)_\.(.*?)_\.(.+)$/.exec(sni) ?? [];
  const cluster = clusterStep(`outbound|${port}|${subset}|${host}`, view);
  if (!hosts.some((allowed) => covers(allowed, host)) || cluster.failure?.flag === 'NC')
    return refused(`no service that this server passes on is called ${sni}: the connection is closed`);
  const why = 'the mesh’s TLS is passed on unopened to the service that its server name says';
  return straight({ virtualHost: '', route: '' }, { ...cluster, name: sni, tls: { mode: 'plaintext' } }, why);
};

const demanded = (tls: ServerTls | undefined): string => (tls ? `${tls.mode}, ended here` : 'passed on unopened');

const throughChain = ({ tls, content }: GatewayChain, question: Question): Routed => {
  const { view, request } = question;
  const why = tls && objection(tls, request.certificate, view.credentials);
  if (why !== undefined) return refused(`${why}: the connection is closed`);
  switch (content.kind) {
    case 'http':
      if (request.protocol === 'tcp' || request.protocol === 'tls' || (question.encrypted && !tls))
        return refused('the server reads HTTP, and gets something else: the connection is closed');
      return overHttp(content, question);
    case 'connection':
      return carried(leadOf(content.route), view);
    case 'auto-passthrough':
      return bySni(request, content.hosts, view);
  }
};

const isPassedOn = ({ content }: GatewayChain): boolean =>
  content.kind === 'auto-passthrough' || (content.kind === 'connection' && content.route.match.serverNames.length > 0);

/** What the server's chains look at: those without TLS take whatever comes. */
const choicesOf = ({ chains }: GatewayServer, encrypted: boolean) =>
  chains.map((chain) => {
    const looksAtTls = chain.tls !== undefined || isPassedOn(chain);
    // A chain for TLS alone has nothing for a connection without it.
    const serverNames = looksAtTls && chain.serverNames.length === 0 && !encrypted ? ['no TLS'] : chain.serverNames;
    return { subnets: [], serverNames, http: false, leads: chain, looksAtTls };
  });

export const throughGateway = (view: View, request: Request, claims?: Claims): Passage => {
  const { port, protocol = 'http', scheme, host, address } = request;
  const servers = view.gateway.servers.filter((server) => server.port === port);
  const server = servers.find(({ bind }) => bind === address) ?? servers.find(({ bind }) => bind === '0.0.0.0') ?? servers[0];
  const heading = { listener: '', filterChain: '', tls: 'none' };
  if (!server) {
    // A Service in front may have other numbers: the pod's are meant.
    const ports = new Set(view.gateway.servers.map((other) => other.port));
    return { ...heading, ...refused(`the gateway does not listen on port ${port}, but on ${[...ports].join(', ') || 'none'}`) };
  }
  const encrypted = protocol === 'tls' || scheme === 'https';
  const listener = listenerName(server.bind, port);
  const all = choicesOf(server, encrypted);
  const choices = encrypted && all.some(({ looksAtTls }) => looksAtTls) ? all.filter(({ looksAtTls }) => looksAtTls) : all;
  const found = chainFor(choices, {
    http: protocol === 'http',
    ...(encrypted && { serverName: isAddress(host) ? '' : host.toLowerCase() }),
  });
  if (!found) {
    const why = encrypted
      ? `no server on port ${port} has the name ${host}: the connection is closed`
      : 'the server demands TLS: the connection is closed';
    return { ...heading, listener, ...refused(why) };
  }
  const tls = found.looksAtTls ? demanded(found.leads.tls) : 'none';
  const filterChain = found.looksAtTls ? found.serverNames.join(' ') || '*' : found.leads.content.kind;
  return { listener, filterChain, tls, ...throughChain(found.leads, { view, request, encrypted, ...(claims && { claims }) }) };
};
