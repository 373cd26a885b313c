/** What is asked about, as the client says it, and as Envoy reads it before it looks for a route. */

import type { Claims, Request } from '@weft/model';
import type { PathNormalization } from '../mesh/index.ts';

/** An HTTP request as routes see it. */
export interface Read {
  /** Lower case and without port: what virtual hosts are looked up by. */
  readonly host: string;
  readonly authority: string;
  /** Normalised, without query. */
  readonly pathname: string;
  /** With `?`; empty where there is none. */
  readonly search: string;
  readonly method: string;
  readonly scheme: string;
  /** Lower-case names; several values of one are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** The values of those that come several times. */
  readonly repeated: Readonly<Record<string, readonly string[]>>;
  /** Of a token that was verified. */
  readonly claims?: Claims;
}

/**
 * Headers whose lines Envoy makes one line of while it reads them (its "inline headers" that clients may send): asked of Envoy 1.40 itself.
 */
const joining = new Set(
  (
    'accept accept-encoding access-control-request-headers access-control-request-method access-control-request-private-network ' +
    'authorization cache-control content-encoding content-type expect grpc-accept-encoding grpc-timeout if-match if-modified-since ' +
    'if-none-match if-range if-unmodified-since origin pragma referer user-agent via x-client-trace-id x-forwarded-for ' +
    'x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id'
  ).split(' '),
);

/** All values of a header, of which there may be none. */
export const valuesOf = ({ headers, repeated }: Pick<Read, 'headers' | 'repeated'>, name: string): readonly string[] => {
  if (!Object.hasOwn(headers, name)) return [];
  return (Object.hasOwn(repeated, name) ? repeated[name] : undefined) ?? [headers[name] ?? ''];
};

export type Lines = Readonly<Record<string, readonly string[]>>;

/** As they come: what is joined is one. */
export const linesOf = (headers: NonNullable<Request['headers']>): Lines => {
  const lines = new Map<string, readonly string[]>();
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase();
    const all = [...(lines.get(name) ?? []), ...[value].flat()];
    lines.set(name, joining.has(name) ? [all.join()] : all);
  }
  return Object.fromEntries(lines);
};

export const joined = (lines: Lines): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(lines).map(([name, values]) => [name, values.join()]));

export const linesIn = (request: Pick<Read, 'headers' | 'repeated'>): Lines =>
  Object.fromEntries(Object.keys(request.headers).map((name) => [name, valuesOf(request, name)]));

/** The request with these headers instead of its own. */
export const withLines = <Asked extends Pick<Read, 'headers' | 'repeated'>>(request: Asked, lines: Lines): Asked => ({
  ...request,
  headers: joined(lines),
  repeated: Object.fromEntries(Object.entries(lines).filter(([, values]) => values.length > 1)),
});

export const withoutHeaders = (request: Read, names: ReadonlySet<string>): Read =>
  withLines(request, Object.fromEntries(Object.entries(linesIn(request)).filter(([name]) => !names.has(name))));

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

const isDots = (part: string): boolean => part === '.' || part === '..';

/** `..;a=b` is `..`, unless its dots are escaped: Envoy looks for parameters before it unescapes. */
const withoutParameters = (part: string): string => {
  const [name = ''] = part.split(';', 1);
  return isDots(name) ? name : part;
};

/** What need not be escaped, unescaped, and what must be, escaped. */
const respelled = (part: string): string =>
  part
    .replace(/%([0-9a-fA-F]{2})/g, (escape, digits: string) => {
      const character = String.fromCharCode(Number.parseInt(digits, 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : escape;
    })
    .replace(/[\x00-\x20"<>^`{|}\x7f-\xff]/g, escaped);

/** Segments `.` and `..` are resolved (RFC 3986, 6.2.2, as Envoy's googleurl does it; `e2e/simulation` compares them). */
const normalized = (pathname: string): string => {
  const segments: string[] = [];
  const [, ...parts] = pathname.replaceAll('\\', '/').split('/');
  for (const [index, written] of parts.entries()) {
    const part = respelled(withoutParameters(written));
    const last = index === parts.length - 1;
    if (part === '..') segments.pop();
    if (!isDots(part)) segments.push(part);
    else if (last) segments.push('');
  }
  return `/${segments.join('/')}`;
};

/** Of slashes alone two are left (Envoy's `PathUtil::mergeSlashes`). */
const merged = (pathname: string): string => (/^\/{2,}$/.test(pathname) ? '//' : pathname.replace(/\/{2,}/g, '/'));

/** As the mesh's `pathNormalization` has it [S86]. */
const asRead = (pathname: string, paths: PathNormalization): string => {
  if (paths === 'NONE') return pathname;
  const decoded = paths === 'DECODE_AND_MERGE_SLASHES' ? pathname.replace(/%(?:2f|5c)/gi, '/') : pathname;
  const plain = normalized(decoded);
  return paths === 'BASE' ? plain : merged(plain);
};

/** A path as the client wrote it, in its parts; a fragment never counts. */
const parts = (path: string): readonly [pathname: string, search: string] => {
  const [whole = ''] = path.split('#', 1);
  const mark = whole.indexOf('?');
  return mark < 0 ? [whole, ''] : [whole.slice(0, mark), whole.slice(mark)];
};

const withoutPort = (authority: string): string => authority.replace(/:\d+$/, '').toLowerCase();

/** @param paths absent: as for a workload's own calls */
export const read = (request: Request, paths: PathNormalization = 'BASE'): Read => {
  const { host, authority = host, path = '/', method = 'GET', headers = {}, scheme = 'http' } = request;
  const [pathname, search] = parts(path);
  const lines = linesOf(headers);
  const { host: said = authority, ...others } = joined(lines);
  return {
    host: withoutPort(said),
    authority: said,
    pathname: asRead(pathname, paths),
    search,
    method,
    scheme,
    headers: others,
    repeated: Object.fromEntries(Object.entries(lines).filter(([, values]) => values.length > 1)),
  };
};

/** What has become of a request; its path is still to be read. */
export const asRequest = (heard: Read, request: Request): Request => {
  const [pathname] = parts(request.path ?? '/');
  return { ...request, path: pathname + heard.search, headers: linesIn(heard) };
};

/** Envoy's parser: the first value of a name counts, keys and values are taken as they are written. */
export const queryOf = ({ search }: Pick<Read, 'search'>): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>();
  for (const pair of search.slice(1).split('&').filter(Boolean)) {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
};
