/** What becomes of a request on its way: its path, its host and its headers, in the order in which Envoy changes them [S41, S43]. */

import type { ClusterStep, Hop, Request, Rewrites } from '@weft/model';
import { replaceRegex } from '@weft/model';
import type { HeaderOperations, HttpMatch, RouteAction } from '../mesh/index.ts';
import { type Read, read } from './request.ts';

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

export const isNothing = ({ set, add, remove }: HeaderOperations): boolean =>
  remove.length === 0 && Object.keys(set).length === 0 && Object.keys(add).length === 0;

export const operations = (request: HeaderOperations, response: HeaderOperations): Pick<Rewrites, 'request' | 'response'> => ({
  ...(!isNothing(request) && { request }),
  ...(!isNothing(response) && { response }),
});

/** A prefix match's prefix is swapped; of any other match the whole path. The query stays. */
const swapped = (uri: HttpMatch['uri'], pathname: string, insert: string): string => {
  const prefix = uri === undefined ? '/' : uri.kind === 'prefix' ? uri.value : undefined;
  return prefix === undefined ? insert : insert + pathname.slice(prefix.length);
};

export const rewrittenPath = ({ rewrite }: Forward, match: HttpMatch, { pathname, search }: Read): string | undefined => {
  if (rewrite?.regex) return replaceRegex(rewrite.regex.match, pathname, rewrite.regex.rewrite) + search;
  return rewrite?.uri === undefined ? undefined : swapped(match.uri, pathname, rewrite.uri) + search;
};

type Headers = Readonly<Record<string, string>>;

/** `%%` is a per cent sign in a value that Envoy takes as a format. */
const literal = (value: string): string => value.replaceAll('%%', '%');

/** Removes first, then sets and adds. */
export const applied = (headers: Headers, operation: HeaderOperations | undefined): Headers => {
  if (!operation) return headers;
  const result: Record<string, string> = { ...headers };
  for (const name of operation.remove) delete result[name.toLowerCase()];
  for (const [name, value] of Object.entries(operation.set)) result[name.toLowerCase()] = literal(value);
  for (const [name, value] of Object.entries(operation.add)) {
    const known = result[name.toLowerCase()];
    result[name.toLowerCase()] = known === undefined ? literal(value) : `${known},${literal(value)}`;
  }
  return result;
};

/** The request as it leaves for a cluster: what the destination does comes before what the route does (Envoy's finalizeRequestHeaders). */
export const forwarded = (request: Request, { rewrites }: Pick<Hop, 'rewrites'>, cluster: ClusterStep): Request => {
  const asked = read(request);
  const headers = applied(applied(asked.headers, cluster.rewrites?.request), rewrites.request);
  const authority = rewrites.host ?? cluster.rewrites?.host ?? asked.authority;
  const path = rewrites.path ?? asked.pathname + asked.search;
  return { ...request, host: authority.replace(/:\d+$/, ''), authority, path, method: asked.method, headers };
};

/** The headers of an answer as the client gets it. */
export const answered = (headers: Headers, { rewrites }: Pick<Hop, 'rewrites'>, cluster?: ClusterStep): Headers =>
  applied(applied(headers, cluster?.rewrites?.response), rewrites.response);
