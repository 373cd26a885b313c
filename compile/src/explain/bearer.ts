/**
 * Tokens of a request, as Envoy's filter looks for them and takes or refuses them [S113, S116]. Who signed them is for the programs to
 * find out, which have cryptography.
 */
import type { Claim, Claims, Request, TokenReader } from '@weft/model';
import type { TokenRule } from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import { queryOf, type Read } from './request.ts';

export interface TokenPowers extends TokenReader {
  /** Milliseconds since 1970. */
  now(): number;
}

/** `missing`: no token where this rule looks for one. */
type Fault =
  | 'missing'
  | 'not a JSON Web Token'
  | 'of another issuer'
  | 'not in its time'
  | 'for another audience'
  | 'not signed by the issuer';

/** A token as it was written, and what it says. */
interface Valid {
  readonly kind: 'valid';
  readonly token: string;
  readonly claims: Claims;
}

type Checked = Valid | { readonly kind: 'refused'; readonly fault: Fault };

/** What is no part of a token ends it. */
const tokenIn = (value: string, prefix: string): string[] => {
  if (prefix === '') return [value];
  const at = value.indexOf(prefix);
  const [token] = at < 0 ? [] : (/[\w\-.=]+/.exec(value.slice(at + prefix.length)) ?? []);
  return token === undefined ? [] : [token];
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

export const tokensFor = (rule: TokenRule, request: Read): readonly string[] => {
  const { headers, params, cookies } = placesOf(rule);
  const [query, jar] = [queryOf(request), cookiesOf(request)];
  return [
    ...headers.flatMap(({ name, prefix }) => {
      const value = Object.hasOwn(request.headers, name.toLowerCase()) ? request.headers[name.toLowerCase()] : undefined;
      return value === undefined ? [] : tokenIn(value, prefix);
    }),
    ...params.flatMap((name) => query.get(name) ?? []),
    ...cookies.flatMap((name) => jar.get(name) ?? []),
  ];
};

/** Whatever in a request looks like a token. */
export const tokensIn = ({ headers = {}, path = '' }: Request): readonly string[] => [
  ...new Set([...Object.values(headers).flat(), path].flatMap((text) => text.match(/[\w-]+\.[\w-]+\.[\w-]*/g) ?? [])),
];

/** As Envoy compares them. */
const audience = (text: string): string => text.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** Clocks may differ by so many seconds. */
const skew = 60;

const isInTime = ({ exp, nbf }: Claims, seconds: number): boolean =>
  !(typeof exp === 'number' && exp > 0 && seconds > exp + skew) && !(typeof nbf === 'number' && seconds < nbf - skew);

const checked = (token: string, rule: TokenRule, { claimsOf, isSigned, now }: TokenPowers): Checked => {
  const refused = (fault: Fault): Checked => ({ kind: 'refused', fault });
  const claims = claimsOf(token);
  if (!claims) return refused('not a JSON Web Token');
  if (rule.issuer !== '' && claims.iss !== rule.issuer) return refused('of another issuer');
  if (!isInTime(claims, now() / 1000)) return refused('not in its time');
  const said = [claims.aud ?? []].flat().filter((one) => typeof one === 'string');
  const wanted = new Set(rule.audiences.map(audience));
  if (wanted.size > 0 && !said.some((one) => wanted.has(audience(one)))) return refused('for another audience');
  return isSigned(token, rule.keys) ? { kind: 'valid', token, claims } : refused('not signed by the issuer');
};

const ofRule = (rule: TokenRule, request: Read, powers: TokenPowers): Checked => {
  const all = tokensFor(rule, request).map((token) => checked(token, rule, powers));
  return all.find(({ kind }) => kind === 'refused') ?? all.at(-1) ?? { kind: 'refused', fault: 'missing' };
};

const withWords = (claims: Claims, { wordLists }: TokenRule): Claims => {
  const split = (value: Claim): Claim => (typeof value === 'string' ? value.split(' ').filter(Boolean) : value);
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, wordLists.includes(name) ? split(value) : value]));
};

/** What the request is once its token was verified: its payload and claims stand in headers, and the token may be gone. */
const accepted = (request: Read, rule: TokenRule, { token, claims }: Valid): Pick<Facts, 'request' | 'claims'> => {
  const said = rule.claimHeaders.flatMap(({ header, claim }) => {
    const value = claim.split('.').reduce<Claim | undefined>((at, name) => (at as Claims | undefined)?.[name], claims);
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[header.toLowerCase(), String(value)] as const] : [];
  });
  const payload = rule.payloadHeader === undefined ? {} : { [rule.payloadHeader.toLowerCase()]: token.split('.')[1] ?? '' };
  const gone = rule.forward ? [] : placesOf(rule).headers.map(({ name }) => name.toLowerCase());
  const kept = Object.entries(request.headers).filter(([name]) => !gone.includes(name));
  return {
    request: { ...request, headers: { ...Object.fromEntries(kept), ...payload, ...Object.fromEntries(said) } },
    claims: withWords(claims, rule),
  };
};

export interface TokenRefusal {
  readonly status: 401 | 403;
  readonly why: string;
}

const isPreflight = ({ method, headers }: Read): boolean =>
  method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method']);

/** Clients do not say what claims are. */
const withoutClaimHeaders = (request: Read, rules: readonly TokenRule[]): Read => {
  const names = new Set(
    rules.flatMap(({ claimHeaders, payloadHeader }) => [
      ...claimHeaders.map(({ header }) => header.toLowerCase()),
      ...(payloadHeader === undefined ? [] : [payloadHeader.toLowerCase()]),
    ]),
  );
  const kept = <Value>(headers: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)));
  return { ...request, headers: kept(request.headers), repeated: kept(request.repeated) };
};

export type Bearing = ({ readonly kind: 'refused' } & TokenRefusal) | ({ readonly kind: 'taken' } & Pick<Facts, 'request' | 'claims'>);

/** A valid token of any issuer or none at all. */
export const bearing = (said: Read, rules: readonly TokenRule[], powers: TokenPowers): Bearing => {
  if (isPreflight(said)) return { kind: 'taken', request: said };
  const request = withoutClaimHeaders(said, rules);
  const results = rules.map((rule) => ({ rule, result: ofRule(rule, request, powers) }));
  for (const { rule, result } of results) if (result.kind === 'valid') return { kind: 'taken', ...accepted(request, rule, result) };
  const faults = results.flatMap(({ result }) => (result.kind === 'refused' && result.fault !== 'missing' ? [result.fault] : []));
  if (faults.length === 0) return { kind: 'taken', request };
  const fault = faults.findLast((one) => one !== 'of another issuer') ?? faults.at(-1);
  return { kind: 'refused', status: fault === 'for another audience' ? 403 : 401, why: `the request’s token is ${fault}` };
};
