/** Checks of the conditions of an HTTP route. */
import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkLabelMap, checkRegex, invalid, isPort, portHelp } from '../rule.ts';
import { routingClaim } from '../text/claim.ts';
import { hasControl, isHeaderName } from '../text/header.ts';
import { childPath } from '../yaml/json.ts';
import type { HttpMatchRequest, StringMatchSettings } from './virtual-service.ts';

interface TextOptions {
  /** `*`, which is no expression, means "there" [S29]. */
  readonly star?: boolean;
  /** Every path begins with nothing. */
  readonly emptyPrefix?: boolean;
}

function* checkStringMatch(match: StringMatchSettings, path: string, { star, emptyPrefix }: TextOptions = {}): Iterable<Problem> {
  if (match.regex !== undefined && !(star && match.regex === '*')) yield* checkRegex(match.regex, `${path}.regex`);
  if (match.prefix === '' && !emptyPrefix)
    yield invalid(`${path}.prefix`, 'an empty prefix', 'Leave the match out, or write `{}` for "is there".');
}

/** Istio's own fields for these; as header names they are ignored (VirtualService reference, `headers`). */
const ownFields = new Set(['uri', 'scheme', 'method', 'authority']);

function* checkHeaders(
  headers: Readonly<Record<string, StringMatchSettings>> | undefined,
  path: string,
  options?: TextOptions,
): Iterable<Problem> {
  for (const [name, match] of Object.entries(headers ?? {})) {
    const at = childPath(path, name);
    const claim = routingClaim(name);
    if (claim ? claim.includes('') : !isHeaderName(name) && !/^:(?:authority|method|path|scheme|status)$/.test(name)) {
      yield invalid(at, `\`${name.slice(0, 80)}\` is no header name`, 'Use letters, digits and `-`.');
    }
    if (ownFields.has(name))
      yield doubtful('IST0133', at, [`a header called \`${name}\` is probably not meant`, `Use the field \`${name}\` of the match.`]);
    yield* checkStringMatch(match, at, options);
  }
}

/** `mesh`, a name in the own namespace, `namespace/name`, or the old `name.namespace.svc...`. */
export function* checkGatewayNames(names: readonly string[] | undefined, path: string): Iterable<Problem> {
  for (const [index, name] of (names ?? []).entries()) {
    const parts = name.split('/');
    const valid =
      parts.length <= 2 && parts.every((part, at) => (at === 0 && parts.length === 2 && part === '.') || part.split('.').every(isDnsLabel));
    if (!valid)
      yield invalid(`${path}[${index}]`, `\`${name.slice(0, 80)}\` is no gateway's name`, 'Write `mesh`, a name, or `namespace/name`.');
  }
}

export function* checkMatch(match: HttpMatchRequest, path: string): Iterable<Problem> {
  for (const field of ['uri', 'scheme', 'method', 'authority'] as const) {
    const value = match[field];
    if (value) yield* checkStringMatch(value, `${path}.${field}`, { emptyPrefix: field === 'uri' });
  }
  if (match.uri?.exact !== undefined && !match.uri.exact.startsWith('/') && match.uri.exact !== '*') {
    yield doubtful('IST0133', `${path}.uri.exact`, ['a path begins with `/`, so this never matches', 'Begin it with `/`.']);
  }
  // Both are part of lines that are read: statistics, and the log.
  for (const field of ['name', 'statPrefix'] as const) {
    if (hasControl(match[field])) yield invalid(`${path}.${field}`, 'a control character', 'Remove it.');
  }
  yield* checkHeaders(match.headers, `${path}.headers`);
  yield* checkHeaders(match.withoutHeaders, `${path}.withoutHeaders`, { star: true });
  for (const [name, value] of Object.entries(match.queryParams ?? {})) {
    const at = childPath(`${path}.queryParams`, name);
    if (name === '') yield invalid(at, 'an empty parameter name', 'Name the parameter.');
    yield* checkStringMatch(value, at);
  }
  if (match.port !== undefined && !isPort(match.port)) yield invalid(`${path}.port`, `${match.port} is no port`, portHelp);
  yield* checkLabelMap(match.sourceLabels, `${path}.sourceLabels`, 'IST0106');
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace)) {
    yield invalid(`${path}.sourceNamespace`, `\`${match.sourceNamespace.slice(0, 80)}\` is no namespace`, 'Name a namespace.');
  }
  yield* checkGatewayNames(match.gateways, `${path}.gateways`);
}

/** Matches every request that comes this way: the first such route ends the list [S25]. */
export const isCatchAll = (match: HttpMatchRequest): boolean => {
  const conditions = [
    'headers',
    'withoutHeaders',
    'queryParams',
    'method',
    'authority',
    'scheme',
    'port',
    'sourceLabels',
    'sourceNamespace',
    'gateways',
  ] as const;
  const free = conditions.every((field) => match[field] === undefined || Object.keys(match[field] as object).length === 0);
  const { uri = {} } = match;
  return free && match.port === undefined && (Object.keys(uri).length === 0 || uri.prefix === '/' || uri.regex === '.*');
};
