import type { Problem } from '../problem.ts';
import { checkExportTo, invalid } from '../rule.ts';
import { routingClaim } from '../text/claim.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';
import { childPath } from '../yaml/json.ts';
import { checkTcpRoutes, checkTlsRoutes, type TcpRouteSettings, type TlsRouteSettings } from './connection-route.ts';
import type { DurationText } from './duration.ts';
import type { CorsSettings } from './http-cors.ts';
import type { HttpFault, HttpMirror, PercentSettings } from './http-fault.ts';
import { checkGatewayNames } from './http-match.ts';
import { checkReach } from './http-reach.ts';
import { checkHttpRoute } from './http-route.ts';
import { checkRouteCount } from './limits.ts';

/** One of the three, or `{}`: the value is present, whatever it is. */
export interface StringMatchSettings {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface HttpMatchRequest {
  readonly name?: string;
  readonly statPrefix?: string;
  readonly uri?: StringMatchSettings;
  readonly scheme?: StringMatchSettings;
  readonly method?: StringMatchSettings;
  readonly authority?: StringMatchSettings;
  readonly headers?: Readonly<Record<string, StringMatchSettings>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatchSettings>>;
  readonly queryParams?: Readonly<Record<string, StringMatchSettings>>;
  readonly ignoreUriCase?: boolean;
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

export interface DestinationSettings {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

export interface HeaderOperationSettings {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface HeadersSettings {
  readonly request?: HeaderOperationSettings;
  readonly response?: HeaderOperationSettings;
}

export interface HttpRouteDestination {
  readonly destination: DestinationSettings;
  readonly weight?: number;
  readonly headers?: HeadersSettings;
}

export interface HttpRedirect {
  readonly uri?: string;
  readonly authority?: string;
  readonly port?: number;
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT';
  readonly scheme?: string;
  readonly redirectCode?: number;
}

export interface HttpDirectResponse {
  readonly status: number;
  readonly body?: { readonly string?: string; readonly bytes?: string };
}

export interface HttpRewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly uriRegexRewrite?: { readonly match?: string; readonly rewrite?: string };
}

export interface HttpRetry {
  readonly attempts?: number;
  readonly perTryTimeout?: DurationText;
  /** Envoy's words and status codes, separated by commas. */
  readonly retryOn?: string;
  readonly backoff?: DurationText;
  readonly retryIgnorePreviousHosts?: boolean;
  readonly retryRemoteLocalities?: boolean;
}

export interface HttpRouteSettings {
  readonly name?: string;
  readonly match?: readonly HttpMatchRequest[];
  readonly route?: readonly HttpRouteDestination[];
  readonly redirect?: HttpRedirect;
  readonly directResponse?: HttpDirectResponse;
  readonly rewrite?: HttpRewrite;
  readonly timeout?: DurationText;
  readonly retries?: HttpRetry;
  readonly headers?: HeadersSettings;
  readonly fault?: HttpFault;
  readonly corsPolicy?: CorsSettings;
  readonly mirror?: DestinationSettings;
  readonly mirrors?: readonly HttpMirror[];
  readonly mirrorPercentage?: PercentSettings;
  /** Deprecated: whole percents. */
  readonly mirrorPercent?: number;
  readonly mirror_percent?: number;
  /** The VirtualService that says the rest; without namespace one of the own [S50]. */
  readonly delegate?: { readonly name?: string; readonly namespace?: string };
}

export interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  /** Absent means `[mesh]`: all sidecars [S27]. */
  readonly gateways?: readonly string[];
  readonly http?: readonly HttpRouteSettings[];
  readonly tls?: readonly TlsRouteSettings[];
  readonly tcp?: readonly TcpRouteSettings[];
  readonly exportTo?: readonly string[];
}

/** `a.b.c` -> `a.b.c`, `.b.c`, `.c` and the empty text: what may stand behind the star of a wildcard that takes it. */
const endings = (host: string): readonly string[] => [host, ...[...host.matchAll(/\./g)].map(({ index }) => host.slice(index)), ''];

/** @returns for each host the first one before it that takes it, or that it takes */
const overlaps = (hosts: readonly string[]): ReadonlyMap<number, string> => {
  const found = new Map<number, string>();
  /** Places of the first host with that ending, and of the first wildcard for it. */
  const [ended, wild] = [new Map<string, number>(), new Map<string, number>()];
  for (const [index, written] of hosts.entries()) {
    const host = written.toLowerCase();
    const rest = host.startsWith('*') ? host.slice(1) : undefined;
    const places = [...endings(host).map((ending) => wild.get(ending)), ended.get(rest ?? host)].filter((place) => place !== undefined);
    if (places.length > 0) found.set(index, hosts[Math.min(...places)] ?? '');
    for (const ending of endings(host)) if (!ended.has(ending)) ended.set(ending, index);
    if (rest !== undefined && !wild.has(rest)) wild.set(rest, index);
  }
  return found;
};

/** A delegate has no hosts; what it may not have either would be ignored [S50]. */
function* checkDelegate(spec: VirtualServiceSpec): Iterable<Problem> {
  for (const field of ['gateways', 'tls', 'tcp'] as const) {
    if (spec[field]?.length)
      yield invalid(
        `spec.${field}`,
        `a VirtualService without hosts is a delegate, which has no \`${field}\``,
        'Remove it, or add `hosts`.',
      );
  }
}

function* checkHosts({ hosts = [], gateways = [] }: VirtualServiceSpec): Iterable<Problem> {
  const forMesh = gateways.length === 0 || gateways.includes('mesh');
  const before = overlaps(hosts);
  for (const [index, host] of hosts.entries()) {
    const at = `spec.hosts[${index}]`;
    if (!isWildcardHostname(host) && !isIp(host))
      yield invalid(at, `\`${host.slice(0, 80)}\` is no host name`, 'Write a name, or `*.` and a domain.');
    else if (host === '*' && forMesh)
      yield invalid(at, '`*` is for gateways only: in the mesh it would take every host', 'Name the hosts, or name a gateway.');
    const other = before.get(index);
    if (other !== undefined)
      yield invalid(at, `the host \`${host.slice(0, 80)}\` and \`${other.slice(0, 80)}\` before it overlap`, 'Remove one of them.');
  }
}

/** Only a gateway verifies tokens before it chooses a route [S46]. */
function* checkClaims({ gateways = [], http = [] }: VirtualServiceSpec): Iterable<Problem> {
  if (gateways.length > 0 && !gateways.includes('mesh')) return;
  for (const [i, { match = [] }] of http.entries()) {
    for (const [j, one] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        for (const name of Object.keys(one[field] ?? {})) {
          if (!routingClaim(name)) continue;
          const at = childPath(`spec.http[${i}].match[${j}].${field}`, name);
          yield invalid(at, 'sidecars cannot route by claims of a token', 'Name gateways only in `gateways`, or match another header.');
        }
      }
    }
  }
}

/** Istio's admission (pkg/config/validation, `ValidateVirtualService`), and what Envoy takes but reads otherwise. */
export function* checkVirtualService(spec: VirtualServiceSpec): Iterable<Problem> {
  const delegate = (spec.hosts ?? []).length === 0;
  yield* delegate ? checkDelegate(spec) : checkHosts(spec);
  yield* checkRouteCount(spec);
  yield* checkGatewayNames(spec.gateways, 'spec.gateways');
  yield* checkExportTo(spec.exportTo, 'spec.exportTo', { nobody: false });
  if (!spec.http?.length && !spec.tls?.length && !spec.tcp?.length)
    yield invalid('spec', 'the VirtualService has no routes', 'Add `http`, `tls` or `tcp`.');
  for (const [index, route] of (spec.http ?? []).entries()) yield* checkHttpRoute(route, `spec.http[${index}]`, { delegate });
  yield* checkClaims(spec);
  yield* checkReach(spec.http ?? [], 'spec.http');
  yield* checkTlsRoutes(spec.tls ?? [], spec.hosts ?? []);
  yield* checkTcpRoutes(spec.tcp ?? []);
}
