/** `tls` and `tcp` routes of a VirtualService: their form, and Istio's admission (`validateTLSRoute`, `validateTCPRoute`). */
import { canonical } from '../hash.ts';
import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkLabelMap, type Field, invalid, isPort, portHelp, withoutEffect } from '../rule.ts';
import { cidrFault, isIp, isWildcardHostname } from '../text/host.ts';
import { checkGatewayNames } from './http-match.ts';
import { checkDestination, checkWeights } from './route-destination.ts';
import type { DestinationSettings } from './virtual-service.ts';

export interface TcpMatchSettings {
  readonly destinationSubnets?: readonly string[];
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

export interface TlsMatchSettings extends TcpMatchSettings {
  readonly sniHosts?: readonly string[];
}

export interface ConnectionDestination {
  readonly destination: DestinationSettings;
  readonly weight?: number;
}

export interface TlsRouteSettings {
  readonly match?: readonly TlsMatchSettings[];
  readonly route?: readonly ConnectionDestination[];
}

export interface TcpRouteSettings {
  readonly match?: readonly TcpMatchSettings[];
  readonly route?: readonly ConnectionDestination[];
}

const withinHost = (name: string, host: string): boolean =>
  host === name || (host.startsWith('*') && name.length >= host.length && name.endsWith(host.slice(1)));

function* checkServerName(name: string, hosts: readonly string[], path: string): Iterable<Problem> {
  const shown = name.slice(0, 80);
  if (isIp(name))
    yield doubtful('IST0133', path, [`clients do not send an address (\`${shown}\`) as server name`, 'Name the host that they dial.']);
  else if (!isWildcardHostname(name)) {
    yield invalid(path, `\`${shown}\` is no server name`, 'Write a name, or `*.` and a domain.');
    return;
  }
  if (!hosts.some((host) => withinHost(name.toLowerCase(), host.toLowerCase())))
    yield invalid(path, `the server name \`${shown}\` is outside the hosts of the rule`, 'Add it to `spec.hosts`, or correct it.');
}

function* checkConditions(match: TcpMatchSettings, path: string): Iterable<Problem> {
  for (const [index, subnet] of (match.destinationSubnets ?? []).entries()) {
    const fault = cidrFault(subnet);
    if (fault) yield invalid(`${path}.destinationSubnets[${index}]`, fault, 'Write an address, or `10.0.0.0/24`.');
  }
  if (match.port !== undefined && !isPort(match.port)) yield invalid(`${path}.port`, `${match.port} is no port`, portHelp);
  yield* checkLabelMap(match.sourceLabels, `${path}.sourceLabels`, 'IST0106');
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace))
    yield invalid(`${path}.sourceNamespace`, `\`${match.sourceNamespace.slice(0, 80)}\` is no namespace`, 'Name a namespace.');
  yield* checkGatewayNames(match.gateways, `${path}.gateways`);
}

function* checkDestinations(route: readonly ConnectionDestination[] | undefined, path: string): Iterable<Problem> {
  if (!route?.length) yield invalid(path, 'the route leads nowhere', 'Add a destination to `route`.');
  for (const [index, { destination }] of (route ?? []).entries())
    yield* checkDestination(destination, `${path}.route[${index}].destination`);
  yield* checkWeights(route ?? [], `${path}.route`);
}

/** A match that an earlier one repeats, or everything behind a route without match, is never reached. */
function* checkReach(routes: readonly TcpRouteSettings[], path: string): Iterable<Problem> {
  const seen = new Set<string>();
  let open: number | undefined;
  for (const [index, { match = [] }] of routes.entries()) {
    const at = `${path}[${index}]`;
    if (open !== undefined) {
      yield doubtful('IST0130', at, [
        `the route is never reached: route ${open} before it takes every connection`,
        'Move it up, or remove it.',
      ]);
      continue;
    }
    for (const [place, one] of match.entries()) {
      const text = canonical(one);
      if (seen.has(text))
        yield {
          ...doubtful('IST0131', `${at}.match[${place}]`, ['a route before already has this match', 'Remove it.']),
          severity: 'info',
        };
      seen.add(text);
    }
    if (match.length === 0 || match.some((one) => Object.keys(one ?? {}).length === 0)) open = index;
  }
}

const later: readonly Field[] = [{ field: 'sourceSubnet', message: 'Istio does not look at the source address either' }];

export function* checkTlsRoutes(routes: readonly TlsRouteSettings[], hosts: readonly string[]): Iterable<Problem> {
  for (const [index, { match, route }] of routes.entries()) {
    const path = `spec.tls[${index}]`;
    if (!match?.length) yield invalid(path, 'a `tls` route needs a match with `sniHosts`', 'Add `match: [{ sniHosts: [...] }]`.');
    for (const [place, one] of (match ?? []).entries()) {
      const at = `${path}.match[${place}]`;
      if (!one?.sniHosts?.length) yield invalid(`${at}.sniHosts`, 'a `tls` match names the servers', 'List the names in `sniHosts`.');
      for (const [name, host] of (one?.sniHosts ?? []).entries()) yield* checkServerName(host, hosts, `${at}.sniHosts[${name}]`);
      yield* checkConditions(one ?? {}, at);
      yield* withoutEffect(one, at, later);
    }
    yield* checkDestinations(route, path);
  }
  yield* checkReach(routes, 'spec.tls');
}

export function* checkTcpRoutes(routes: readonly TcpRouteSettings[]): Iterable<Problem> {
  for (const [index, { match, route }] of routes.entries()) {
    const path = `spec.tcp[${index}]`;
    for (const [place, one] of (match ?? []).entries()) {
      yield* checkConditions(one ?? {}, `${path}.match[${place}]`);
      yield* withoutEffect(one, `${path}.match[${place}]`, later);
    }
    yield* checkDestinations(route, path);
  }
  yield* checkReach(routes, 'spec.tcp');
}
