/** Mesh + Proxy → View: all that this proxy's configuration may depend on, in slices that it shares with proxies that are told the same. */
import type { Proxy } from '@weft/model';
import {
  type AuthorizationSlice,
  type CredentialSlice,
  familiesOf,
  type GatewaySlice,
  type InboundSlice,
  type Mesh,
  type Origin,
  type OutboundSlice,
  type Surface,
  type View,
} from '../mesh/index.ts';
import { authorizationSlice } from './authorization.ts';
import { credentialSlice } from './credentials.ts';
import { meshFor, servedAs } from './families.ts';
import { gatewaySlice, noServers } from './gateway.ts';
import { closed, inboundSlice } from './inbound.ts';
import { originOf } from './origin.ts';
import { outboundSlice } from './outbound.ts';
import { tokensOf, withTokens } from './tokens.ts';

interface Slices {
  readonly origin: Origin;
  readonly outbound: OutboundSlice;
  readonly inbound: InboundSlice;
  readonly gateway: GatewaySlice;
  readonly authorization: AuthorizationSlice;
  readonly credentials: CredentialSlice;
}

type Secured = WeakMap<AuthorizationSlice, WeakMap<CredentialSlice, View>>;
const views = new WeakMap<Origin, WeakMap<OutboundSlice, WeakMap<InboundSlice, WeakMap<GatewaySlice, Secured>>>>();

const below = <K extends object, V extends object>(map: WeakMap<K, V>, key: K, make: () => V): V => {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
};

/** Role and trust domain stand outside the slices: a view that another role or domain made is made anew. */
const viewOf = (
  { origin, outbound, inbound, gateway, authorization, credentials }: Slices,
  role: View['role'],
  trustDomain: string,
): View => {
  const ofOrigin = below(views, origin, () => new WeakMap());
  const ofOutbound = below(ofOrigin, outbound, () => new WeakMap());
  const ofInbound = below(ofOutbound, inbound, () => new WeakMap());
  const ofGateway = below(ofInbound, gateway, () => new WeakMap());
  const byCredentials = below(ofGateway, authorization, () => new WeakMap());
  const known = byCredentials.get(credentials);
  if (known && known.role === role && known.trustDomain === trustDomain) return known;
  const view: View = { role, trustDomain, origin, outbound, inbound, gateway, authorization, credentials };
  byCredentials.set(credentials, view);
  return view;
};

/** The pod's own word replaces the mesh's, as the annotation does in Istio. */
const trustIn = ({ workloads, rules }: Mesh, { namespace, name }: Proxy): Pick<GatewaySlice, 'trust'> => {
  const trust = workloads.get(`${namespace}/${name}`)?.trust ?? rules.trust;
  return trust ? { trust } : {};
};

const surfaceOf = ({ rules: { paths, compatibility, tcp } }: Mesh, families: Surface['families']): Surface => ({
  ...(families && { families }),
  ...(paths && { paths }),
  ...(compatibility && { compatibility }),
  ...(Object.keys(tcp).length > 0 && { tcp }),
});

/** Proxies that are told the same get the same object. */
export const scope = (mesh: Mesh, proxy: Proxy): View => {
  const isGateway = proxy.role === 'gateway';
  const families = familiesOf(proxy.addresses);
  const seen = meshFor(mesh, families);
  const surface = surfaceOf(mesh, families);
  const tokens = tokensOf(seen, proxy);
  const gateway = isGateway ? withTokens(servedAs(gatewaySlice(seen, proxy), { ...surface, ...trustIn(seen, proxy) }), tokens) : noServers;
  return viewOf(
    {
      origin: servedAs(originOf(seen, proxy), surface),
      outbound: servedAs(outboundSlice(seen, proxy), surface),
      inbound: isGateway ? closed : withTokens(servedAs(inboundSlice(seen, proxy), surface), tokens),
      gateway,
      authorization: authorizationSlice(seen, proxy),
      credentials: credentialSlice(seen, proxy, gateway),
    },
    proxy.role,
    mesh.rules.trustDomain,
  );
};
