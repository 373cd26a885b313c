/** A gateway: which of its servers has the host, and where its routes lead [S117-S120]. */
import { listenerName, virtualHostName } from '@weft/envoy';
import type { View } from '../mesh/index.ts';
import type { Passage } from './hop.ts';
import { bestHost } from './outbound.ts';
import { type Request, read } from './request.ts';
import { type Routed, routed } from './route.ts';

const nothing = { virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {} };

const refused = (why: string, status?: number): Routed => ({
  ...nothing,
  outcome: { kind: 'refused', ...(status && { status, flag: 'NR' }), why },
});

/** TLS is demanded, and the same address answers there. */
const toHttps = (virtualHost: string, request: Request): Routed => {
  const { authority, pathname, search } = read(request);
  const location = `https://${authority.replace(/:80$/, '')}${pathname}${search}`;
  return { ...nothing, virtualHost, outcome: { kind: 'redirect', status: 301, location, why: 'the server demands HTTPS (httpsRedirect)' } };
};

export const throughGateway = (view: View, request: Request): Passage => {
  const { port } = request;
  const servers = view.gateway.servers.filter((server) => server.port === port);
  const listener = listenerName('0.0.0.0', port);
  if (servers.length === 0)
    return { listener: '', filterChain: '', tls: 'none', ...refused(`the gateway does not listen on port ${port}`) };
  const plain = servers.flatMap(({ chains }) =>
    chains.flatMap(({ content, tls }) => (content.kind === 'http' && !tls ? content.virtualHosts : [])),
  );
  const hosts = plain.map((host) => ({ ...host, domains: host.hosts }));
  const found = bestHost(read(request).host, hosts);
  const name = virtualHostName(found?.hosts[0] ?? '', port);
  const rest = () => {
    if (!found) return refused('no server of the gateway has this host with a route', 404);
    return found.httpsRedirect
      ? toHttps(name, request)
      : routed({ virtualHost: name, routes: found.routes }, { view, asked: read(request) });
  };
  return { listener, filterChain: 'http', tls: 'none', ...rest() };
};
