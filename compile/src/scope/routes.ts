/** Routing rules, resolved for one place: who calls, on which port, through which gateway. */
import { outboundCluster } from '@weft/envoy';
import {
  type Destination,
  type HttpMatch,
  type HttpRoute,
  type Labels,
  type RouteAction,
  type Routing,
  type Rule,
  type RuleDestination,
  type RuleMatch,
  type RuleTarget,
  type Service,
  selects,
} from '../mesh/index.ts';

export interface Place {
  /** `mesh`, or the names of the gateways that the request came through. */
  readonly gateways: ReadonlySet<string>;
  /** Of the listener. */
  readonly port: number;
  /** A gateway's server that ends TLS; absent: plaintext. */
  readonly tls?: boolean;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAt: (host: string) => Service | undefined;
}

/** Resolved here and not by Envoy [S26]. */
const applies = ({ port, gateways, sourceLabels, sourceNamespace }: RuleMatch, place: Place): boolean => {
  if (port !== undefined && port !== place.port) return false;
  if (gateways) return gateways.some((name) => place.gateways.has(name));
  return selects(sourceLabels ?? {}, place.labels) && (sourceNamespace === undefined || sourceNamespace === place.namespace);
};

/** A destination without port: the service's only one, otherwise the listener's [S33]. */
export const portOf = ({ host, port }: RuleTarget, place: Place): number => {
  if (port !== undefined) return port;
  const ports = place.serviceAt(host)?.ports ?? [];
  return ports.length === 1 && ports[0] ? ports[0].number : place.port;
};

export const clusterAt = (target: RuleTarget, place: Place): string =>
  outboundCluster({
    port: portOf(target, place),
    subset: target.subset,
    host: place.serviceAt(target.host)?.hostname ?? target.host,
  });

const destinationAt = (destination: RuleDestination, place: Place): Destination => ({
  cluster: clusterAt(destination, place),
  weight: destination.weight,
  request: destination.request,
  response: destination.response,
  ...(destination.authority === undefined ? {} : { authority: destination.authority }),
});

/** The scheme's own port goes without saying in a Location [S42]. */
const isOwnPort = (port: number, scheme: string): boolean => port === (scheme === 'https' ? 443 : 80);

const actionAt = (action: Rule['action'], place: Place): RouteAction => {
  if (action.kind === 'direct') return action;
  if (action.kind === 'redirect') {
    const { portOfRequest, port: written, ...redirect } = action;
    const port = portOfRequest ? place.port : written;
    const scheme = action.scheme ?? (place.tls ? 'https' : 'http');
    return port === undefined || isOwnPort(port, scheme) ? redirect : { ...redirect, port };
  }
  const { destinations, mirrors, ...others } = action;
  const forward = {
    ...others,
    ...(mirrors && { mirrors: mirrors.map((mirror) => ({ cluster: clusterAt(mirror, place), share: mirror.share })) }),
  };
  const resolved = destinations.map((destination) => destinationAt(destination, place));
  const authority = resolved.length === 1 ? resolved[0]?.authority : undefined;
  if (authority === undefined || forward.rewrite?.authority) return { ...forward, destinations: resolved };
  return { ...forward, destinations: resolved, rewrite: { ...forward.rewrite, authority } };
};

/** As Istio joins them: `rule.match`. */
const nameOf = (rule: Rule, match: HttpMatch): string => (match.name === '' ? rule.name : `${rule.name}.${match.name}`);

/** Nothing behind it can be reached [S25]. */
export const isCatchAll = ({ uri, method, authority, scheme, headers, queryParams, claims }: HttpMatch): boolean => {
  const anyPath = uri === undefined || (uri.kind === 'prefix' && uri.value === '/') || (uri.kind === 'regex' && uri.value === '.*');
  return anyPath && !method && !authority && !scheme && headers.length === 0 && queryParams.length === 0 && !claims?.length;
};

/** Each match is a route of its own [S24]; the first catch-all is the last route. */
export const routesAt = (routing: Routing, place: Place): readonly HttpRoute[] => {
  const routes: HttpRoute[] = [];
  for (const rule of routing.rules) {
    const action = actionAt(rule.action, place);
    for (const candidate of rule.matches) {
      if (!applies(candidate, place)) continue;
      const { match, origin } = candidate;
      const { request, response, fault, cors } = rule;
      const more = { ...(fault && { fault }), ...(cors && { cors }) };
      routes.push({ name: nameOf(rule, match), match, action, request, response, ...more, origin });
      if (isCatchAll(match)) return routes;
    }
  }
  return routes;
};

/** Selectors of clients that the rules tell apart. */
export const sourceSelectors = ({ rules, tls, tcp }: Routing): readonly Labels[] => [
  ...rules.flatMap(({ matches }) => matches.flatMap(({ sourceLabels, gateways }) => (sourceLabels && !gateways ? [sourceLabels] : []))),
  ...[...tls, ...tcp].flatMap(({ matches }) => matches.flatMap(({ sourceLabels }) => (sourceLabels ? [sourceLabels] : []))),
];

const ofRouting = <T>(make: (routing: Routing) => T): ((routing: Routing) => T) => {
  const made = new WeakMap<Routing, { readonly value: T }>();
  return (routing) => {
    const known = made.get(routing) ?? { value: make(routing) };
    made.set(routing, known);
    return known.value;
  };
};

/** Hosts that the rules lead to: the services whose ports are looked up. */
export const destinationHosts = ofRouting(({ rules, tls, tcp }): readonly string[] => {
  const found = rules.flatMap(({ action }) =>
    action.kind === 'forward' ? [...action.destinations, ...(action.mirrors ?? [])].map(({ host }) => host) : [],
  );
  const ofConnections = [...tls, ...tcp].flatMap(({ destinations }) => destinations.map(({ host }) => host));
  return [...new Set([...found, ...ofConnections])];
});

export const tellsLabelsApart = ofRouting((routing) => sourceSelectors(routing).length > 0);

/** Whether the rules say different things to different clients. */
export const tellsClientsApart = ofRouting(({ rules }) =>
  rules.some(({ matches }) =>
    matches.some(({ gateways, sourceLabels, sourceNamespace }) => !gateways && (sourceLabels || sourceNamespace)),
  ),
);
