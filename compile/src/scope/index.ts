/** Mesh + Proxy → View: all that this proxy's configuration may depend on, in slices that it shares with proxies that are told the same. */
import type { Proxy } from '@weft/model';
import { familiesOf, type Mesh, type Surface, type View } from '../mesh/index.ts';
import { authorizationSlice, subjectOf } from './authorization.ts';
import { credentialSlice } from './credentials.ts';
import { meshFor, servedAs } from './families.ts';
import { gatewaySlice, noServers } from './gateway.ts';
import { narrowedIn } from './in-force.ts';
import { closed, inboundSlice } from './inbound.ts';
import { originOf } from './origin.ts';
import { outboundSlice } from './outbound.ts';
import { sharedBy } from './shared.ts';
import { telemetryFor } from './telemetry.ts';
import { tokensOf, withTokens } from './tokens.ts';
import { trustIn } from './unread-clients.ts';

type Slices = Omit<View, 'role' | 'trustDomain'>;

const views = sharedBy<readonly object[], View>();

const surfaceOf = ({ rules: { paths, compatibility, tcp, aliases } }: Mesh, families: Surface['families']): Surface => ({
  ...(families && { families }),
  ...(paths && { paths }),
  ...(compatibility && { compatibility }),
  ...(aliases && { aliases }),
  ...(Object.keys(tcp).length > 0 && { tcp }),
});

/** Proxies that are told the same get the same object. */
export const scope = (mesh: Mesh, proxy: Proxy): View => {
  const isGateway = proxy.role === 'gateway';
  const families = familiesOf(proxy.addresses);
  const seen = meshFor(mesh, families);
  const subject = subjectOf(seen, proxy);
  const called = outboundSlice(seen, proxy);
  const plain = surfaceOf(mesh, families);
  const surface = { ...plain, ...telemetryFor(seen, subject, called.services) };
  const tokens = tokensOf(seen, subject);
  const entrance: Surface = { ...surface, ...narrowedIn(seen, proxy) };
  const trust = trustIn(seen, proxy);
  const gateway = isGateway ? withTokens(servedAs(gatewaySlice(seen, proxy), { ...entrance, ...(trust && { trust }) }), tokens) : noServers;
  const slices: Slices = {
    origin: servedAs(originOf(seen, proxy), plain),
    outbound: servedAs(called, surface),
    inbound: isGateway ? closed : withTokens(servedAs(inboundSlice(seen, proxy), entrance), tokens),
    gateway,
    authorization: authorizationSlice(seen, proxy),
    credentials: credentialSlice(seen, proxy, gateway),
  };
  const { role } = proxy;
  const { trustDomain } = mesh.rules;
  return views(...Object.values(slices))(`${role} ${trustDomain}`, () => ({ role, trustDomain, ...slices }));
};
