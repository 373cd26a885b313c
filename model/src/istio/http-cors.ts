/** `corsPolicy` of an HTTP route: which origins browsers may call from. */
import { parseDuration } from '../duration.ts';
import { doubtful, type Problem } from '../problem.ts';
import { checkRegex, invalid } from '../rule.ts';
import { isHeaderName } from '../text/header.ts';
import type { DurationText } from './duration.ts';
import type { StringMatchSettings } from './virtual-service.ts';

export interface CorsSettings {
  readonly allowOrigins?: readonly StringMatchSettings[];
  /** Deprecated: exact origins, read where `allowOrigins` is absent. */
  readonly allowOrigin?: readonly string[];
  readonly allowMethods?: readonly string[];
  readonly allowHeaders?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly maxAge?: DurationText;
  readonly allowCredentials?: boolean;
  /** What becomes of a preflight that is not allowed; unspecified: it is forwarded [S45]. */
  readonly unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE';
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*']);

function* checkOrigins({ allowOrigins = [], allowOrigin }: CorsSettings, path: string): Iterable<Problem> {
  for (const [index, origin] of allowOrigins.entries()) {
    const at = `${path}.allowOrigins[${index}]`;
    if (origin.regex) yield* checkRegex(origin.regex, `${at}.regex`);
    else if (!origin.exact && !origin.prefix) yield invalid(at, 'an origin that matches nothing', 'Write `exact`, `prefix` or `regex`.');
  }
  if (allowOrigin)
    yield doubtful('IST0002', `${path}.allowOrigin`, ['`allowOrigin` is deprecated', 'Write `allowOrigins: [{exact: ...}]`.']);
  if (allowOrigins.length === 0 && !allowOrigin?.length)
    yield doubtful('IST0133', path, ['no origin is allowed: the policy does nothing', 'Add `allowOrigins`.']);
}

export function* checkCors(cors: CorsSettings, path: string): Iterable<Problem> {
  yield* checkOrigins(cors, path);
  for (const [index, method] of (cors.allowMethods ?? []).entries()) {
    if (!methods.has(method))
      yield invalid(
        `${path}.allowMethods[${index}]`,
        `\`${method.slice(0, 40)}\` is no method of HTTP`,
        'Write it in capitals: GET, POST, ...',
      );
  }
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [index, name] of (cors[field] ?? []).entries()) {
      if (!isHeaderName(name))
        yield invalid(`${path}.${field}[${index}]`, `\`${name.slice(0, 80)}\` is no header name`, 'Use letters, digits and `-`.');
    }
  }
  const maxAge = cors.maxAge === undefined ? 0 : parseDuration(cors.maxAge);
  if (maxAge !== undefined && maxAge % 1000 !== 0)
    yield invalid(`${path}.maxAge`, `\`${cors.maxAge}\` is no whole number of seconds`, 'Browsers count seconds.');
}
