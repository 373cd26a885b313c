import { parseDuration } from '../duration.ts';
import { doubtful, type Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import { utf8Length } from '../text/bytes.ts';
import { isHeaderName } from '../text/header.ts';
import { maxKeySetBytes, maxKeys, readKeySet } from '../text/key-set.ts';
import { type AuthorizationPolicySpec, checkTargets } from './authorization-policy.ts';

export interface JwtRuleSettings {
  readonly issuer?: string;
  readonly audiences?: readonly string[];
  readonly jwks?: string;
  readonly jwksUri?: string;
  /** The old spelling of `jwksUri`. */
  readonly jwks_uri?: string;
  readonly fromHeaders?: readonly { readonly name: string; readonly prefix?: string }[];
  readonly fromParams?: readonly string[];
  readonly fromCookies?: readonly string[];
  readonly outputPayloadToHeader?: string;
  readonly outputClaimToHeaders?: readonly { readonly header: string; readonly claim: string }[];
  readonly forwardOriginalToken?: boolean;
  readonly spaceDelimitedClaims?: readonly string[];
  /** Of each fetch of the keys. */
  readonly timeout?: string;
}

/** Attached as an AuthorizationPolicy is. */
export interface RequestAuthenticationSpec extends Pick<AuthorizationPolicySpec, 'selector' | 'targetRef' | 'targetRefs'> {
  readonly jwtRules?: readonly JwtRuleSettings[];
}

type JwtRule = JwtRuleSettings;

/** Where Envoy would look for keys; a `user:password@` would be sent in the clear of every log. */
const flawOfUri = (text: string): string | undefined => {
  const [, scheme, authority = ''] = /^(https?):\/\/([^/?#]*)/i.exec(text) ?? [];
  if (!scheme) return 'it is no http:// or https:// address';
  if (authority.includes('@')) return 'it holds a user name or password';
  // An IPv6 address stands in brackets.
  const [, host = '', port] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d*))?$/.exec(authority) ?? [];
  if (host === '' || /[\s\x00-\x1f]/.test(text)) return 'it has no host';
  return port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535) ? 'its port is none' : undefined;
};

export const keyAddressOf = ({ jwksUri, jwks_uri }: JwtRule): string | undefined => jwksUri || jwks_uri || undefined;

function* checkKeys({ jwks }: JwtRule, path: string): Iterable<Problem> {
  if (!jwks) return;
  const at = `${path}.jwks`;
  if (utf8Length(jwks) > maxKeySetBytes)
    return void (yield invalid(at, 'the key set is larger than 128 KiB', 'Write the keys that are in use, or set `jwksUri`.'));
  const set = readKeySet(jwks);
  if (typeof set === 'string')
    return void (yield invalid(at, `this is no key set: ${set}`, 'Write JSON of the form {"keys": [...]} (RFC 7517).'));
  if (set.count > maxKeys) yield invalid(at, `the set has more than ${maxKeys} keys`, 'Write those that are in use, or set `jwksUri`.');
  else if (set.count === 0)
    yield doubtful('IST0133', at, ['no key of the set can verify a token: every token is refused', 'Write the public keys of the issuer.']);
  else if (set.leftOut.length > 0)
    yield doubtful('IST0133', at, [
      `keys ${set.leftOut.join(', ')} of the set cannot verify signatures and are left out`,
      'Write keys for RS, PS, ES, EdDSA or HS signatures.',
    ]);
  if (set.private.length > 0)
    yield doubtful('IST0133', at, [
      `keys ${set.private.join(', ')} of the set hold private halves, which nobody needs to verify tokens`,
      'Remove `d` and the like, and make new keys: these stand in a manifest.',
    ]);
  if (set.symmetric.length > 0)
    yield doubtful('IST0133', at, [
      `keys ${set.symmetric.join(', ')} of the set are symmetric: whoever may read this object can sign tokens`,
      'Use an issuer with public keys.',
    ]);
}

/** What a request's own form hangs on (RFC 9110 7.2, 7.6.1; RFC 9112 6): a claim there would make another request of it, or none. */
const ofTheForm = new Set(
  'host connection keep-alive proxy-connection te trailer transfer-encoding upgrade content-length http2-settings'.split(' '),
);

const flawOfHeader = (name: string): readonly [string, string] | undefined => {
  if (!isHeaderName(name)) return ['this is no header name', 'Use letters, digits and `-`.'];
  if (!ofTheForm.has(name.toLowerCase())) return undefined;
  return [`\`${name}\` says how a request is to be read, and is taken from every client's requests`, 'Name a header of your own.'];
};

function* checkOutputs({ outputClaimToHeaders = [], outputPayloadToHeader }: JwtRule, path: string): Iterable<Problem> {
  const payload = outputPayloadToHeader ? [{ header: outputPayloadToHeader, at: `${path}.outputPayloadToHeader` }] : [];
  const claims = outputClaimToHeaders.map(({ header }, index) => ({ header, at: `${path}.outputClaimToHeaders[${index}].header` }));
  const written = new Set<string>();
  for (const { header, at } of [...payload, ...claims]) {
    const flaw = flawOfHeader(header);
    if (flaw) yield invalid(at, ...flaw);
    else if (written.has(header.toLowerCase()))
      yield doubtful('IST0133', at, [`\`${header}\` is written twice: servers see both values`, 'Name a header for each.']);
    written.add(header.toLowerCase());
  }
}

function* checkRule(rule: JwtRule, path: string): Iterable<Problem> {
  const address = keyAddressOf(rule);
  if (!rule.issuer && !address) yield invalid(path, 'neither `issuer` nor `jwksUri` is set', 'Name the issuer of the tokens.');
  else if (!rule.issuer)
    yield doubtful('IST0133', `${path}.issuer`, ['without `issuer` tokens of any issuer with these keys are accepted', 'Name the issuer.']);
  if (address !== undefined) {
    const field = rule.jwksUri ? 'jwksUri' : 'jwks_uri';
    const flaw = flawOfUri(address);
    if (flaw) yield invalid(`${path}.${field}`, `keys cannot be fetched from there: ${flaw}`, 'Write https://HOST/PATH.');
    else if (/^http:/i.test(address))
      yield doubtful('IST0133', `${path}.${field}`, ['keys that come without TLS can be anybody’s', 'Use https://.']);
  } else if (!rule.jwks && rule.issuer && flawOfUri(rule.issuer))
    yield doubtful('IST0133', `${path}.issuer`, [
      'no keys are given, and the issuer is no address to ask for them: every token is refused',
      'Set `jwksUri` or `jwks`.',
    ]);
  yield* checkKeys(rule, path);
  for (const [index, { name }] of (rule.fromHeaders ?? []).entries()) {
    if (!isHeaderName(name)) yield invalid(`${path}.fromHeaders[${index}].name`, 'this is no header name', 'Use letters, digits and `-`.');
  }
  yield* checkOutputs(rule, path);
  if (rule.timeout !== undefined && !(parseDuration(rule.timeout) ?? 0))
    yield invalid(`${path}.timeout`, 'this is no time', 'Write a duration like 5s.');
}

export function* checkRequestAuthentication(spec: RequestAuthenticationSpec): Iterable<Problem> {
  yield* checkTargets(spec);
  for (const [index, rule] of (spec.jwtRules ?? []).entries()) yield* checkRule(rule, `spec.jwtRules[${index}]`);
}
