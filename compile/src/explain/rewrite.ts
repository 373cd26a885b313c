/** What becomes of a request on its way: its path, its host and its headers, in the order in which Envoy changes them [S41, S43]. */

import type { ClusterStep, Hop, Request, Rewrites } from '@weft/model';
import { replaceRegex } from '@weft/model';
import type { HeaderOperations, HttpMatch, RouteAction } from '../mesh/index.ts';
import { joined, type Lines, linesOf, type Read, read } from './request.ts';

type Forward = Extract<RouteAction, { readonly kind: 'forward' }>;

const isNothing = ({ set, add, remove }: HeaderOperations): boolean =>
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

/** `%%` is a per cent sign in a value that Envoy takes as a format. */
const literal = (value: string): string => value.replaceAll('%%', '%');

/** Removes first, then what all of them set, then what they add, whatever their order (Envoy's HeaderParser). */
const applied = (headers: Lines, ...operations: readonly (HeaderOperations | undefined)[]): Lines => {
  const result: Record<string, readonly string[]> = { ...headers };
  const known = operations.filter((operation) => operation !== undefined);
  for (const name of known.flatMap(({ remove }) => remove)) delete result[name.toLowerCase()];
  for (const [name, value] of known.flatMap(({ set }) => Object.entries(set))) result[name.toLowerCase()] = [literal(value)];
  for (const [name, value] of known.flatMap(({ add }) => Object.entries(add))) {
    result[name.toLowerCase()] = [...(result[name.toLowerCase()] ?? []), literal(value)];
  }
  return result;
};

type Changing = Pick<Hop, 'rewrites' | 'clusters'>;

interface Change {
  readonly hop: Changing;
  readonly cluster: ClusterStep | undefined;
  readonly what: 'request' | 'response';
}

/** What one of several destinations does comes before what the route does; a lone one's stands in the route, behind it [S41]. */
const changed = (headers: Lines, { hop: { rewrites, clusters }, cluster, what }: Change): Lines => {
  const own = cluster?.rewrites?.[what];
  return clusters.length === 1 ? applied(headers, rewrites[what], own) : applied(applied(headers, own), rewrites[what]);
};

/** The request as it leaves for a cluster. */
export const forwarded = (request: Request, hop: Changing, cluster: ClusterStep): Request => {
  const { rewrites } = hop;
  const asked = read(request);
  const headers = changed({ ...linesOf(asked.headers), ...asked.repeated }, { hop, cluster, what: 'request' });
  const authority = rewrites.host ?? cluster.rewrites?.host ?? asked.authority;
  const path = rewrites.path ?? request.path ?? '/';
  return { ...request, host: authority.replace(/:\d+$/, ''), authority, path, method: asked.method, headers };
};

/** The headers of an answer as the client gets it. */
export const answered = (headers: Readonly<Record<string, string>>, hop: Changing, cluster?: ClusterStep) =>
  joined(changed(linesOf(headers), { hop, cluster, what: 'response' }));
