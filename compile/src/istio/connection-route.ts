/** `tls` and `tcp` routes of a VirtualService → ConnectionRules [S51]. */
import {
  type ConnectionDestination,
  network,
  type Resource,
  type TcpRouteSettings,
  type TlsMatchSettings,
  type TlsRouteSettings,
  type VirtualServiceSpec,
} from '@weft/model';
import { type ConnectionRule, type ConnectionRuleMatch, expandHost, type Routing, type Written } from '../mesh/index.ts';
import { gatewayName } from './match.ts';

/** One destination takes everything, whatever its weight; of several, those without weight get nothing [S32]. */
const weighed = (route: readonly ConnectionDestination[], namespace: string): ConnectionRule['destinations'] =>
  route
    .filter(({ weight = 0 }) => route.length === 1 || weight > 0)
    .map(({ destination, weight }) => ({
      host: expandHost(destination.host, namespace),
      subset: destination.subset ?? '',
      ...(destination.port?.number ? { port: destination.port.number } : {}),
      weight: weight || 1,
    }));

const matchOf = (match: TlsMatchSettings, origin: Written): ConnectionRuleMatch => ({
  origin,
  serverNames: (match.sniHosts ?? []).map((name) => name.toLowerCase()),
  subnets: (match.destinationSubnets ?? []).map(network),
  ...(match.port ? { port: match.port } : {}),
  ...(match.sourceLabels && Object.keys(match.sourceLabels).length > 0 ? { sourceLabels: match.sourceLabels } : {}),
  ...(match.sourceNamespace ? { sourceNamespace: match.sourceNamespace } : {}),
  ...(match.gateways?.length ? { gateways: match.gateways.map((name) => gatewayName(name, origin.namespace)) } : {}),
});

/** A rule without match takes every connection. */
const matchesOf = (match: readonly TlsMatchSettings[] | undefined, origin: Written): readonly ConnectionRuleMatch[] =>
  match?.length
    ? match.map((one, index) => matchOf(one ?? {}, { ...origin, path: `${origin.path}.match[${index}]` }))
    : [{ origin, serverNames: [], subnets: [] }];

/** @param origin the list of routes */
const rulesOf = (routes: readonly (TlsRouteSettings | TcpRouteSettings)[] | undefined, origin: Written): readonly ConnectionRule[] =>
  (routes ?? []).map(({ match, route = [] }, index) => ({
    matches: matchesOf(match, { ...origin, path: `${origin.path}[${index}]` }),
    destinations: weighed(route, origin.namespace),
  }));

export const connectionRules = ({ metadata, spec }: Resource<VirtualServiceSpec>): Pick<Routing, 'tls' | 'tcp'> => {
  const origin = { kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name };
  return { tls: rulesOf(spec.tls, { ...origin, path: 'spec.tls' }), tcp: rulesOf(spec.tcp, { ...origin, path: 'spec.tcp' }) };
};
