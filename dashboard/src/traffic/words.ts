/** Rules of a VirtualService in words. */
import {
  clusterParts,
  type DestinationSettings,
  type HttpMatchRequest,
  type HttpRouteSettings,
  type StringMatchSettings,
  type TlsMatchSettings,
} from '@weft/model';

const text = ({ exact, prefix, regex }: StringMatchSettings): string => {
  if (exact !== undefined) return `is ${exact}`;
  if (prefix !== undefined) return `begins with ${prefix}`;
  return regex === undefined ? 'is there' : `fits ${regex}`;
};

const each = (what: string, fields: Readonly<Record<string, StringMatchSettings>> = {}): readonly string[] =>
  Object.entries(fields).map(([name, match]) => `${what} ${name} ${text(match)}`);

const oneMatch = (match: HttpMatchRequest): string => {
  const {
    uri,
    method,
    authority,
    scheme,
    headers,
    withoutHeaders,
    queryParams,
    port,
    sourceLabels = {},
    sourceNamespace,
    gateways,
  } = match;
  const parts = [
    ...(uri ? [`path ${text(uri)}`] : []),
    ...(method ? [`method ${text(method)}`] : []),
    ...(authority ? [`host ${text(authority)}`] : []),
    ...(scheme ? [`scheme ${text(scheme)}`] : []),
    ...each('header', headers),
    ...each('not: header', withoutHeaders),
    ...each('query', queryParams),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...Object.entries(sourceLabels).map(([name, value]) => `caller has ${name}=${value}`),
    ...(sourceNamespace ? [`caller in ${sourceNamespace}`] : []),
    ...(gateways?.length ? [`through ${gateways.join(' or ')}`] : []),
  ];
  return parts.join(' and ') || 'any request';
};

export const matchWords = ({ match = [] }: Pick<HttpRouteSettings, 'match'>): string =>
  match.length === 0 ? 'any request' : match.map(oneMatch).join(', or ');

export const destinationWords = ({ host, subset, port }: DestinationSettings): string =>
  [host, subset && `version ${subset}`, port?.number !== undefined && `port ${port.number}`].filter(Boolean).join(', ');

const oneConnectionMatch = (match: TlsMatchSettings): string => {
  const { sniHosts = [], port, destinationSubnets = [], sourceLabels = {}, sourceNamespace, gateways = [] } = match;
  const parts = [
    ...(sniHosts.length > 0 ? [`TLS for ${sniHosts.join(' or ')}`] : []),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(destinationSubnets.length > 0 ? [`to ${destinationSubnets.join(' or ')}`] : []),
    ...Object.entries(sourceLabels).map(([name, value]) => `caller has ${name}=${value}`),
    ...(sourceNamespace ? [`caller in ${sourceNamespace}`] : []),
    ...(gateways.length > 0 ? [`through ${gateways.join(' or ')}`] : []),
  ];
  return parts.join(' and ') || 'any connection';
};

export const connectionMatchWords = ({ match = [] }: { readonly match?: readonly TlsMatchSettings[] }): string =>
  match.length === 0 ? 'any connection' : match.map(oneConnectionMatch).join(', or ');

/** Of what a rule does not name now. */
export const clusterWords = (cluster: string): string => {
  if (cluster === '') return 'answered without being sent anywhere';
  const { host, subset, port } = clusterParts(cluster);
  return [host || cluster, subset && `version ${subset}`, port && `port ${port}`].filter(Boolean).join(', ');
};

const faultWords = ({ fault }: HttpRouteSettings): readonly string[] => {
  if (!fault) return [];
  const { delay, abort } = fault;
  return [
    ...(delay ? [`${delay.percentage?.value ?? 100} % are delayed by ${delay.fixedDelay ?? '?'}`] : []),
    ...(abort ? [`${abort.percentage?.value ?? 100} % are answered ${abort.httpStatus ?? abort.grpcStatus ?? 'with an error'}`] : []),
  ];
};

const mirrorWords = ({ mirror, mirrors = [], mirrorPercentage }: HttpRouteSettings): readonly string[] => [
  ...(mirror ? [`${mirrorPercentage?.value ?? 100} % are copied to ${destinationWords(mirror)}`] : []),
  ...mirrors.flatMap(({ destination, percentage }) =>
    destination ? [`${percentage?.value ?? 100} % are copied to ${destinationWords(destination)}`] : [],
  ),
];

const goneWords = ({ redirect, directResponse, delegate, rewrite }: HttpRouteSettings): readonly string[] => [
  ...(redirect
    ? [`redirected to ${[redirect.scheme && `${redirect.scheme}:`, redirect.authority, redirect.uri].filter(Boolean).join(' ')}`]
    : []),
  ...(directResponse ? [`answered ${directResponse.status}`] : []),
  ...(delegate ? [`decided by VirtualService ${delegate.namespace ?? ''}/${delegate.name ?? ''}`] : []),
  ...(rewrite ? [`rewritten to ${rewrite.uri ?? rewrite.uriRegexRewrite?.rewrite ?? rewrite.authority ?? ''}`] : []),
];

/** What else happens to what a rule takes. */
export const actionWords = (rule: HttpRouteSettings): readonly string[] => {
  const { timeout, retries, corsPolicy, headers } = rule;
  const retried = retries && [
    `retried ${retries.attempts ?? 2} times`,
    retries.perTryTimeout && `${retries.perTryTimeout} each`,
    retries.retryOn && `on ${retries.retryOn}`,
  ];
  return [
    ...goneWords(rule),
    ...(timeout ? [`given up after ${timeout}`] : []),
    ...(retried ? [retried.filter(Boolean).join(', ')] : []),
    ...faultWords(rule),
    ...mirrorWords(rule),
    ...(corsPolicy ? ['other origins may ask (CORS)'] : []),
    ...(headers ? ['headers are changed'] : []),
  ];
};
