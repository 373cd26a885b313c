import { type HttpMatchRequest, routingClaim, type StringMatchSettings } from '@weft/model';
import { expandHost, type HttpMatch, mesh, type RuleMatch, type StringMatch, type Written } from '../mesh/index.ts';

/** An empty match object means "present", as does `*`, which is no expression [S29]. */
export const stringMatch = ({ exact, prefix, regex }: StringMatchSettings): StringMatch => {
  if (exact !== undefined) return { kind: 'exact', value: exact };
  if (prefix !== undefined) return { kind: 'prefix', value: prefix };
  if (regex !== undefined && regex !== '*') return { kind: 'regex', value: regex };
  return { kind: 'present' };
};

const optional = <K extends string>(key: K, settings: StringMatchSettings | undefined): Partial<Record<K, StringMatch>> =>
  settings === undefined ? {} : ({ [key]: stringMatch(settings) } as Partial<Record<K, StringMatch>>);

type Headers = Readonly<Record<string, StringMatchSettings>>;

const headerMatches = (headers: Headers | undefined, invert: boolean): HttpMatch['headers'] =>
  Object.entries(headers ?? {})
    .filter(([name]) => routingClaim(name) === undefined)
    .map(([name, settings]) => ({ name: name.toLowerCase(), match: stringMatch(settings ?? {}), invert }));

type Claims = NonNullable<HttpMatch['claims']>;

const claimMatches = (headers: Headers | undefined, invert: boolean): Claims =>
  Object.entries(headers ?? {}).flatMap(([name, settings]) => {
    const path = routingClaim(name);
    return path ? [{ path, match: stringMatch(settings ?? {}), invert }] : [];
  });

const sorted = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

export const everything: HttpMatch = { name: '', ignoreUriCase: false, headers: [], queryParams: [] };

const httpMatch = (request: HttpMatchRequest): HttpMatch => {
  const claims = [...claimMatches(request.headers, false), ...claimMatches(request.withoutHeaders, true)];
  return {
    name: request.name ?? '',
    ...(request.statPrefix ? { statPrefix: request.statPrefix } : {}),
    ignoreUriCase: request.ignoreUriCase ?? false,
    // A path is always there: `uri: {}` says nothing.
    ...optional('uri', Object.keys(request.uri ?? {}).length > 0 ? request.uri : undefined),
    ...optional('method', request.method),
    ...optional('authority', request.authority),
    ...optional('scheme', request.scheme),
    headers: sorted([...headerMatches(request.headers, false), ...headerMatches(request.withoutHeaders, true)]),
    queryParams: sorted(
      Object.entries(request.queryParams ?? {}).map(([name, settings]) => ({ name, match: stringMatch(settings ?? {}) })),
    ),
    ...(claims.length > 0 ? { claims } : {}),
  };
};

/** `name` is one of the rule's own namespace; `name.namespace.svc...` is the old way of saying `namespace/name`. */
export const gatewayName = (name: string, namespace: string): string => {
  if (name === mesh || name.includes('/')) return name.replace(/^\.\//, `${namespace}/`);
  const [short = '', other] = expandHost(name, namespace).split('.');
  return `${other ?? namespace}/${short}`;
};

export const ruleMatch = (request: HttpMatchRequest, origin: Written): RuleMatch => ({
  match: httpMatch(request),
  ...(request.port ? { port: request.port } : {}),
  ...(request.sourceLabels && Object.keys(request.sourceLabels).length > 0 ? { sourceLabels: request.sourceLabels } : {}),
  ...(request.sourceNamespace ? { sourceNamespace: request.sourceNamespace } : {}),
  ...(request.gateways?.length ? { gateways: request.gateways.map((name) => gatewayName(name, origin.namespace)) } : {}),
  origin,
});
