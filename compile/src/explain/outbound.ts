/** A sidecar's client side: which listener gets the connection, which of its chains, and which virtual host the request. */
import { isCapturePort, listenerName, outboundCapturePort, passthroughCluster, virtualOutbound } from '@weft/envoy';
import type { Passage, Request } from '@weft/model';
import {
  addressesWithin,
  anyConnection,
  anywhere,
  type Heard,
  heardAt,
  isAddress,
  ownAddresses,
  signOf,
  type View,
} from '../mesh/index.ts';
import { type BoundListener, boundAt } from './bound.ts';
import { bytesOutside, carried } from './bytes.ts';
import { type ChainChoice, type Connection, chainFor } from './chains.ts';
import { clusterStep } from './clusters.ts';
import { chainsOf, type Lead, resolved, sharedAt } from './entries.ts';
import { bestHost, candidatesAt, hostOf, served } from './hosts.ts';
import { read } from './request.ts';
import { type Routed, straight } from './route.ts';

const nothingHeard: Heard = { entries: [], virtualHosts: new Map() };

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
interface Content extends Pick<BoundListener, 'name' | 'http' | 'bytes' | 'withPorts'> {
  /** Of HTTP services that lie in networks of others. */
  readonly addresses?: readonly string[];
}

const through = ({ name, http, addresses = [], bytes, withPorts }: Content, { view, request, connection }: Dial): Passage => {
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
  const { host, authority } = read(request);
  const found = bestHost(withPorts ? authority.toLowerCase() : host, http ?? []);
  return { ...heading, filterChain: 'http', ...(found ? served(found, request, view) : outside(view)) };
};

/** What all services of a port share, and what goes outside beside them. */
const shared = ({ entries, virtualHosts }: Heard, dial: Dial): Passage => {
  const { view, request } = dial;
  const { port } = request;
  const { http, homeless } = sharedAt(entries, view.outbound);
  const candidates = candidatesAt(port, http, virtualHosts);
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
  const [primary = ''] = anywhere(view.outbound.families);
  return through({ name: listenerName(primary, port), ...(readsHttp && { http: candidates }), addresses, bytes }, dial);
};

/** It would come back to itself for ever [S6]. */
const loop: Passage = {
  ...{ listener: virtualOutbound, filterChain: 'virtualOutbound-trafficloop', tls: 'none' },
  ...{ virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {} },
  outcome: { kind: 'refused', why: `port ${outboundCapturePort} is the proxy’s own: the connection is closed` },
};

/** Nobody is asked for an address by name. */
const serverNameOf = (host: string): string => (isAddress(host) ? '' : host.toLowerCase());

export const outbound = (view: View, request: Request): Passage => {
  const { port, protocol = 'http', host } = request;
  if (port === outboundCapturePort) return loop;
  const heard = isCapturePort(port) ? nothingHeard : heardAt(view.outbound, port);
  const { entries } = heard;
  const { endpoints } = view.outbound;
  const address = request.address ?? resolved(host.toLowerCase(), entries, view.outbound);
  const connection = { address, http: protocol === 'http', ...(protocol === 'tls' && { serverName: serverNameOf(host) }) };
  const dial = { view, request, connection };
  const bound = boundAt(view.outbound, { address, port });
  const own = address === undefined ? undefined : entries.find((entry) => ownAddresses(entry, endpoints).includes(address));
  if (bound && (bound.isExact || !own)) return through(bound, dial);
  if (!own || address === undefined) return shared(heard, dial);
  // A sniffed service's table is its own: whatever comes to its address is meant for it.
  const http = own.port.protocol === 'auto' ? { http: [{ ...hostOf(own), domains: ['*'] }] } : {};
  return through({ name: listenerName(address, port), ...http, bytes: chainsOf(own, anyConnection) }, dial);
};
