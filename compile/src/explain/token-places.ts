/** Where in a request Envoy's filter looks for tokens, and takes them out. */
import type { TokenRule } from '../mesh/index.ts';
import { queryOf, type Read, valuesOf, withoutHeaders } from './request.ts';

/** A token, and where it was found. */
export interface Located {
  readonly place: 'header' | 'param' | 'cookie';
  readonly name: string;
  readonly token: string;
}

/** What is no part of a token ends it. */
const tokenIn = (value: string, prefix: string): string | undefined => {
  if (prefix === '') return value;
  const at = value.indexOf(prefix);
  return at < 0 ? undefined : /[\w\-.=]+/.exec(value.slice(at + prefix.length))?.[0];
};

const cookiesOf = ({ headers }: Read): ReadonlyMap<string, string> =>
  new Map(
    (headers.cookie ?? '').split(/;\s*/).map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );

const usual = [{ name: 'authorization', prefix: 'Bearer ' }];

/** Where a rule looks for tokens. */
const placesOf = ({ fromHeaders, fromParams, fromCookies }: TokenRule) =>
  fromHeaders.length + fromParams.length + fromCookies.length === 0
    ? { headers: usual, params: ['access_token'], cookies: [] }
    : { headers: fromHeaders, params: fromParams, cookies: fromCookies };

const sorted = (names: readonly string[]): readonly string[] => [...names].sort((a, b) => (a < b ? -1 : 1));

/** In the order in which Envoy looks at them: cookies, the query, headers, each from the last name to the first. */
export const tokensFor = (rule: TokenRule, request: Read): readonly Located[] => {
  const { headers, params, cookies } = placesOf(rule);
  const [query, jar] = [queryOf(request), cookiesOf(request)];
  const places = headers.map(({ name, prefix }) => ({ name: name.toLowerCase(), prefix }));
  const located = (place: Located['place'], name: string, token: string | undefined): readonly Located[] =>
    token === undefined ? [] : [{ place, name, token }];
  return [
    ...places
      .sort((a, b) => (a.name + a.prefix < b.name + b.prefix ? -1 : 1))
      .flatMap(({ name, prefix }) => {
        return valuesOf(request, name).flatMap((value) => located('header', name, tokenIn(value, prefix)));
      }),
    ...sorted(params).flatMap((name) => located('param', name, query.get(name))),
    ...sorted(cookies).flatMap((name) => located('cookie', name, jar.get(name))),
  ].reverse();
};

/** As it goes on: out of cookies nothing is taken. */
export const withoutToken = (request: Read, { place, name }: Located): Read => {
  if (place === 'header') return withoutHeaders(request, new Set([name]));
  if (place === 'cookie') return request;
  const kept = request.search
    .slice(1)
    .split('&')
    .filter((pair) => pair.split('=', 1)[0] !== name);
  return { ...request, search: kept.length === 0 ? '' : `?${kept.join('&')}` };
};
