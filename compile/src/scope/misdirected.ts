/**
 * One connection with TLS may carry requests for any host, whatever name it was opened for. Where the name's own server asks clients for
 * certificates that the connection's did not ask for, such a request is misdirected: 421 (RFC 9110, 15.5.20), after which clients
 * open a connection for it [G20].
 */
import { covers, type GatewayChain, type GatewayHost, type ServerTls } from '../mesh/index.ts';

type HttpChain = GatewayChain & { readonly tls: ServerTls; readonly content: Extract<GatewayChain['content'], { readonly kind: 'http' }> };

const isHttps = (chain: GatewayChain): chain is HttpChain => chain.tls !== undefined && chain.content.kind === 'http';

const asksClients = ({ mode }: ServerTls): boolean => mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL';

/** What a client must have shown. */
const shown = ({ mode, authority, subjectAltNames, spki, hashes }: ServerTls): string =>
  JSON.stringify([mode, authority, subjectAltNames, spki, hashes]);

const isFor = ({ serverNames }: GatewayChain, name: string): boolean =>
  serverNames.length === 0 || serverNames.some((own) => covers(own, name));

/** Names that only another server may answer for, though this one's are wider. */
const foreignNames = (chain: HttpChain, strict: readonly HttpChain[]): readonly string[] =>
  strict
    .filter((other) => other !== chain && shown(other.tls) !== shown(chain.tls))
    .flatMap(({ serverNames }) => serverNames.filter((name) => isFor(chain, name) && !chain.serverNames.includes(name)));

const closed = (chain: HttpChain, names: readonly string[]): GatewayChain => {
  const own = chain.content.virtualHosts.filter(({ hosts }) => !hosts.some((host) => names.some((name) => covers(name, host))));
  const others = names.map((name): GatewayHost => ({ hosts: [name], routes: [], httpsRedirect: false, misdirected: true }));
  return { ...chain, content: { ...chain.content, virtualHosts: [...others, ...own] } };
};

export const withMisdirected = (chains: readonly GatewayChain[]): readonly GatewayChain[] => {
  const strict = chains.filter(isHttps).filter(({ tls }) => asksClients(tls));
  if (strict.length === 0) return chains;
  return chains.map((chain) => {
    const names = isHttps(chain) ? foreignNames(chain, strict) : [];
    return isHttps(chain) && names.length > 0 ? closed(chain, names) : chain;
  });
};
