/** A sidecar's client side: which listener gets the connection, which of its chains, and which virtual host the request. */
import { listenerName, passthroughCluster, virtualOutbound } from '@weft/envoy';
import type { Passage, Request } from '@weft/model';
import { addressesWithin, anyConnection, heardAt, ownAddresses, signOf, type View } from '../mesh/index.ts';
import { bytesOutside, carried } from './bytes.ts';
import { type ChainChoice, type Connection, chainFor } from './chains.ts';
import { clusterStep } from './clusters.ts';
import { chainsOf, entriesAt, type Lead, resolved, sharedAt } from './entries.ts';
import { bestHost, type Candidate, candidatesAt, hostOf, served } from './hosts.ts';
import { read } from './request.ts';
import { type Routed, straight } from './route.ts';

/** Whoever no virtual host names [S12]. */
const outside = (view: View): Routed => {
  const { outboundTrafficPolicy, egressProxy } = view.outbound;
  if (outboundTrafficPolicy === 'REGISTRY_ONLY') {
    const why = 'the host is in no registry; REGISTRY_ONLY refuses it';
    const outcome = { kind: 'refused', status: 502, why } as const;
    return { virtualHost: 'block_all', route: 'block_all', clusters: [], timeout: 0, rewrites: {}, outcome };
  }
  const names = { virtualHost: 'allow_any', route: 'allow_any' };
  if (egressProxy !== undefined)
    return straight(names, clusterStep(egressProxy, view), 'the host is in no registry; the Sidecar’s egress proxy gets it');
  const why = 'the host is in no registry; ALLOW_ANY lets it go where it was dialled';
  const outcome = { kind: 'passthrough', why } as const;
  return { ...names, clusters: [clusterStep(passthroughCluster, view)], timeout: 0, rewrites: {}, outcome };
};

interface Dial {
  readonly view: View;
  readonly request: Request;
  readonly connection: Connection;
}

const labelOf = ({ http, serverNames, subnets }: ChainChoice<unknown>): string =>
  http ? 'http' : [...subnets, ...serverNames].join(' ') || 'default';

/** What a listener holds: HTTP, where it reads it, and ways for bytes. */
interface Content {
  readonly name: string;
  /** Virtual hosts of its table; absent: nothing is read as HTTP. */
  readonly http?: readonly Candidate[];
  /** Of HTTP services that lie in networks of others. */
  readonly addresses?: readonly string[];
  readonly bytes: readonly ChainChoice<Lead>[];
}

const through = ({ name, http, addresses = [], bytes }: Content, { view, request, connection }: Dial): Passage => {
  const heading = { listener: name, tls: 'none' };
  const places = addresses.length === 0 ? [[]] : [[], addresses];
  const httpChains = http ? places.map((subnets) => ({ subnets, serverNames: [], http: true, leads: undefined })) : [];
  const chain = chainFor<ChainChoice<Lead | undefined>>([...httpChains, ...bytes], connection);
  if (chain?.leads) return { ...heading, filterChain: labelOf(chain), ...carried(chain.leads, view) };
  if (!chain) {
    const why =
      request.protocol === 'tls'
        ? `no service on port ${request.port} is called ${request.host} in TLS`
        : 'nothing on this port takes bytes';
    return { ...heading, filterChain: 'default', ...bytesOutside(view, why) };
  }
  const found = bestHost(read(request).host, http ?? []);
  return { ...heading, filterChain: 'http', ...(found ? served(found, request, view) : outside(view)) };
};

export const outbound = (view: View, request: Request): Passage => {
  const { port, protocol = 'http', host } = request;
  const slice = heardAt(view.outbound, port);
  const entries = entriesAt(slice, port);
  const address = request.address ?? resolved(host.toLowerCase(), entries, slice);
  const connection = { address, http: protocol === 'http', ...(protocol === 'tls' && { serverName: host.toLowerCase() }) };
  const dial = { view, request, connection };
  const own = address === undefined ? undefined : entries.find((entry) => ownAddresses(entry, slice.endpoints).includes(address));
  if (own && address !== undefined) {
    // A sniffed service's table is its own: whatever comes to its address is meant for it.
    const http = own.port.protocol === 'auto' ? { http: [{ ...hostOf(own), domains: ['*'] }] } : {};
    return through({ name: listenerName(address, port), ...http, bytes: chainsOf(own, anyConnection) }, dial);
  }
  const { http, homeless } = sharedAt(entries, slice);
  const candidates = candidatesAt(port, http, slice);
  if (candidates.length === 0 && homeless.length === 0) {
    const rest = bytesOutside(view, `no service has port ${port}`);
    return { listener: virtualOutbound, filterChain: 'virtualOutbound-catchall-tcp', tls: 'none', ...rest };
  }
  const readsHttp = candidates.length > 0 || homeless.some((entry) => entry.port.protocol === 'auto');
  const bytes = homeless.flatMap((entry) => chainsOf(entry, signOf(entry)));
  const named = http.flatMap(({ scoped }) => scoped.service.addresses);
  const addresses = addressesWithin(
    named,
    bytes.flatMap(({ subnets }) => subnets),
  );
  return through({ name: listenerName('0.0.0.0', port), ...(readsHttp && { http: candidates }), addresses, bytes }, dial);
};
