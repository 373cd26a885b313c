/**
 * How a connection manager reads a request before any rule looks at it [S86, G20]: what it refuses, and what it puts right. What is
 * put right is told like what a rule rewrites.
 */
import type { Outcome, Passage, Request, Rewrites } from '@weft/model';
import { type PathNormalization, pathsOfGateway, pathsOfServer, type Surface, type View } from '../mesh/index.ts';
import { linesIn, type Read, read } from './request.ts';

interface Reading {
  readonly paths: PathNormalization;
  /** A name with a dot at its end is the same name. */
  readonly dot: 'kept' | 'left out';
  /** Headers that some servers take for others: `x_role` for `x-role`. */
  readonly underscores: 'kept' | 'left out' | 'refused';
}

export const readingOfServer = (surface: Surface): Reading => {
  const isStrict = surface.compatibility !== 'istio';
  const kept = isStrict ? 'left out' : 'kept';
  return { paths: pathsOfServer(surface), dot: kept, underscores: kept };
};

export const readingOf = ({ role, gateway, outbound: { paths = 'BASE' } }: View): Reading => {
  if (role === 'sidecar') return { paths, dot: 'kept', underscores: 'kept' };
  const isStrict = gateway.compatibility !== 'istio';
  return { paths: pathsOfGateway(gateway), dot: isStrict ? 'left out' : 'kept', underscores: isStrict ? 'refused' : 'kept' };
};

/** Those of HTTP/1.1 that Envoy knows, as they are written: asked of Envoy 1.40 itself. */
const methods = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH POST ' +
    'PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
  ).split(' '),
);

const underscored = ({ headers = {} }: Request): readonly string[] => Object.keys(headers).filter((name) => name.includes('_'));

/** As the server's rules see it: what they would take for another header is gone. */
export const withoutUnderscores = (request: Read, { underscores }: Reading): Read => {
  if (underscores !== 'left out') return request;
  return { ...request, headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.includes('_'))) };
};

/** What servers read in different ways, and nobody can put right (`xds/ambiguous.ts`). */
export const ambiguityOf = ({ authority, pathname }: Read): string | undefined => {
  if (/[,@]/.test(authority)) return `${authority} is more than one host to some servers`;
  return pathname.includes('/..;') ? `${pathname} has a way up that only some servers see` : undefined;
};

/** HTTP: not bytes, nor a connection that is closed before anything is read. */
export const isRead = ({ virtualHost, outcome }: Pick<Passage, 'virtualHost' | 'outcome'>): boolean =>
  virtualHost !== '' || outcome.status !== undefined;

/** Why it is no request at all. */
export const objectionTo = (request: Request, { underscores, paths }: Reading): Outcome | undefined => {
  const { method = 'GET', path = '/' } = request;
  const refused = (why: string): Outcome => ({ kind: 'refused', status: 400, why });
  const [odd] = /[^\x21-\x7e]/.exec(path) ?? [];
  if (odd !== undefined) return refused(`a path has no ${JSON.stringify(odd)} in it, unless escaped: ${encodeURIComponent(odd)}`);
  if (paths !== 'NONE' && /%00/.test(read(request, 'NONE').pathname))
    return refused('a path with %00 in it is not normalised, but refused');
  if (!methods.has(method)) return refused(`HTTP/1.1 knows no method ${method}; upper and lower case are not the same`);
  const [first] = underscores === 'refused' ? underscored(request) : [];
  return first === undefined ? undefined : refused(`headers with underscores are refused from outside: ${first}`);
};

const withoutDot = (authority: string): string => authority.replace(/\.(?=(?::\d+)?$)/, '');

/** As routes see it. */
export const tidied = (request: Request, { dot }: Reading): Request => {
  if (dot === 'kept') return request;
  const asRead = read(request);
  return { ...request, authority: withoutDot(asRead.authority), headers: linesIn(asRead) };
};

/** What becomes of a request on which no rule has a word. */
export const rewritesOf = (request: Request, { paths, dot, underscores }: Reading): Rewrites => {
  const { pathname, search, authority } = read(request, paths);
  const host = withoutDot(authority);
  const dropped = underscores === 'left out' ? underscored(request) : [];
  return {
    ...(pathname + search !== (request.path ?? '/') && { path: pathname + search }),
    ...(dot === 'left out' && host !== authority && { host }),
    ...(dropped.length > 0 && { request: { set: {}, add: {}, remove: dropped } }),
  };
};

/** Rules have the last word, a destination's own too. */
export const withRewrites = (passage: Passage, { host, ...own }: Rewrites): Passage => {
  const { rewrites, clusters } = passage;
  const isPerCluster = clusters.some((cluster) => cluster.rewrites?.host !== undefined);
  if (host === undefined || !isPerCluster) return { ...passage, rewrites: { ...own, ...(host !== undefined && { host }), ...rewrites } };
  const named = clusters.map((cluster) => ({ ...cluster, rewrites: { host, ...cluster.rewrites } }));
  return { ...passage, rewrites: { ...own, ...rewrites }, clusters: named };
};
