/**
 * Tokens of a request, as Envoy's filter looks for them and takes or refuses them [S113, S116]. Who signed them is for the programs to
 * find out, which have cryptography.
 */
import { textInBase64 } from '@weft/envoy';
import type { Claim, Claims, Request, TokenReader } from '@weft/model';
import type { TokenRule } from '../mesh/index.ts';
import { claimAt } from './claims.ts';
import { linesIn, type Read, valuesOf, withLines, withoutHeaders } from './request.ts';
import { type Located, tokensFor, withoutToken } from './token-places.ts';

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

const withWords = (claims: Claims, { wordLists }: TokenRule): Claims => {
  const split = (value: Claim): Claim => (typeof value === 'string' ? value.split(' ').filter(Boolean) : value);
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, wordLists.includes(name) ? split(value) : value]));
};

/** As a header has it: lists and objects as JSON in base64; what is empty is not there. */
const headerText = (value: Claim | undefined): string => {
  if (typeof value !== 'object' || value === null) return `${value ?? ''}`;
  return textInBase64(JSON.stringify(value));
};

type Header = readonly [name: string, value: string];

/** What is said of one token. */
const headersOf = ({ token, claims }: Valid, { claimHeaders, payloadHeader }: TokenRule): readonly Header[] => {
  const own = claimHeaders.map(({ header, claim }): Header => [header.toLowerCase(), headerText(claimAt(claims, claim.split('.')))]);
  const payload: readonly Header[] = payloadHeader === undefined ? [] : [[payloadHeader.toLowerCase(), token.split('.')[1] ?? '']];
  return [...own, ...payload].filter(([, value]) => value !== '');
};

/** What becomes of it when one of its tokens was verified: payload and claims stand in headers, and the token may be gone. */
const accepted = (request: Read, found: Located, { rule, valid }: { readonly rule: TokenRule; readonly valid: Valid }): Read => {
  const kept = rule.forward ? request : withoutToken(request, found);
  const lines = { ...linesIn(kept) };
  for (const [name, value] of headersOf(valid, rule)) lines[name] = [...valuesOf(kept, name), value];
  return { ...withLines(kept, lines), claims: withWords(valid.claims, rule) };
};

interface Tried {
  readonly heard: Read;
  /** Absent: there are tokens, and all are valid. */
  readonly fault?: Fault;
}

/** Clients do not say what claims are. */
const withoutClaimHeaders = (request: Read, rules: readonly TokenRule[]): Read => {
  const names = rules.flatMap(({ claimHeaders, payloadHeader }) => [
    ...claimHeaders.map(({ header }) => header),
    ...(payloadHeader === undefined ? [] : [payloadHeader]),
  ]);
  return withoutHeaders(request, new Set(names.map((name) => name.toLowerCase())));
};

/** Where a rule looks for tokens, all of them have to be valid. */
const tried = (rule: TokenRule, before: Read, powers: TokenPowers): Tried => {
  let heard = before;
  const tokens = tokensFor(rule, heard);
  if (tokens.length === 0) return { heard, fault: 'missing' };
  for (const found of tokens) {
    const valid = checked(found.token, rule, powers);
    if (valid.kind === 'refused') return { heard, fault: valid.fault };
    heard = accepted(heard, found, { rule, valid });
  }
  return { heard };
};

export interface TokenRefusal {
  readonly status: 401 | 403;
  readonly why: string;
}

const isPreflight = ({ method, headers }: Read): boolean =>
  method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method']);

export type Bearing = ({ readonly kind: 'refused' } & TokenRefusal) | { readonly kind: 'taken'; readonly request: Read };

const refusal = (faults: readonly Fault[]): Bearing => {
  const told = faults.filter((one) => one !== 'missing');
  const fault = told.findLast((one) => one !== 'of another issuer') ?? told[0] ?? 'missing';
  return { kind: 'refused', status: fault === 'for another audience' ? 403 : 401, why: `the request’s token is ${fault}` };
};

/**
 * A valid token of any issuer, or none at all (`xds/tokens.ts`). The filter goes from rule to rule, and what one has done to the request
 * the next one finds: a token that was taken out is none that another rule could refuse.
 */
export const bearing = (said: Read, rules: readonly TokenRule[], powers: TokenPowers): Bearing => {
  let heard = withoutClaimHeaders(said, rules);
  if (rules.length === 0 || isPreflight(said)) return { kind: 'taken', request: heard };
  const faults: Fault[] = [];
  for (const rule of rules) {
    const one = tried(rule, heard, powers);
    heard = one.heard;
    if (one.fault === undefined) return { kind: 'taken', request: heard };
    faults.push(one.fault);
  }
  // None is valid: now nothing else may be there.
  for (const rule of rules.length > 1 ? rules : []) {
    const one = tried(rule, heard, powers);
    heard = one.heard;
    if (one.fault !== undefined && one.fault !== 'missing') return refusal([...faults, one.fault]);
  }
  return rules.length > 1 || faults[0] === 'missing' ? { kind: 'taken', request: heard } : refusal(faults);
};
