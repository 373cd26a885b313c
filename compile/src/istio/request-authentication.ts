/** RequestAuthentication: whose tokens a workload's requests may bear [S113-S115]. */
import { type JwtRuleSettings, keyAddressOf, parseDuration, type RequestAuthenticationSpec, type Resource, readKeySet } from '@weft/model';
import { type KeySource, keySourceName, type RequestPolicy, type TokenRule } from '../mesh/index.ts';
import { attachedTo } from './authorization-policy.ts';

/**
 * An RSA key whose private half was thrown away when it was made: with no keys at all Envoy refuses every token as well, but says
 * that its configuration is at fault.
 */
export const nobodysKeys =
  '{"keys":[{"kty":"RSA","e":"AQAB","n":"0xObjM0UvS_oaazjpEYlAbwctEJ4L8pH3OuTb7qth7gUwqet-EzQB4dgFdvSdMgrLnSncQGRjpEYz3F3viIbH-3EN3TxSlPNviHxeOdyiBVfumN8dMxbLvVJUpfNOnvmMxJcl-8NNjAwcOjk4otSALaYgYYyOPyvKtgVdrQr-FoubWX4yrjxW-MJ2-7OBeepUUNOsVwGV23YX03sVkkyvY3otRflkBcY3_HKpBxJl9wk2GyOShN4_PNUF9-vwfnvOXMbCDX-w4PTef4geeb_GiT40YCKHTKMSPVanGRn5GExIWmki-mmqh94-mPTJyBR74ShspL3BxPZitDL574T1w"}]}';

/** Istio's time for one fetch [S115]. */
const defaultTimeout = 5000;

/** Where the keys of a rule come from; `undefined` where they stand in it, or nobody can be asked. */
export const keySourceOf = (rule: JwtRuleSettings): KeySource | undefined => {
  if (rule.jwks) return undefined;
  const address = keyAddressOf(rule);
  const timeout = parseDuration(rule.timeout ?? '') ?? defaultTimeout;
  if (address) return { kind: 'keys', address, timeout };
  // Istio's way of finding them: OpenID Connect Discovery.
  return rule.issuer && /^https?:\/\//i.test(rule.issuer) ? { kind: 'discovery', address: rule.issuer, timeout } : undefined;
};

/** Key sets that were fetched, by `keySourceName`. */
export type FetchedKeys = ReadonlyMap<string, string>;

const keysOf = (rule: JwtRuleSettings, fetched: FetchedKeys): string => {
  if (rule.jwks) {
    const set = readKeySet(rule.jwks);
    return typeof set === 'string' || set.count === 0 ? nobodysKeys : set.text;
  }
  const source = keySourceOf(rule);
  return (source && fetched.get(keySourceName(source))) ?? nobodysKeys;
};

/** Istio reads these as lists of words whatever is said. */
const wordLists = ['permission', 'scope'];

const ruleOf = (rule: JwtRuleSettings, fetched: FetchedKeys): TokenRule => ({
  issuer: rule.issuer ?? '',
  audiences: rule.audiences ?? [],
  keys: keysOf(rule, fetched),
  fromHeaders: (rule.fromHeaders ?? []).map(({ name, prefix = '' }) => ({ name, prefix })),
  fromParams: rule.fromParams ?? [],
  fromCookies: rule.fromCookies ?? [],
  forward: rule.forwardOriginalToken ?? false,
  ...(rule.outputPayloadToHeader && { payloadHeader: rule.outputPayloadToHeader }),
  claimHeaders: (rule.outputClaimToHeaders ?? []).map(({ header, claim }) => ({ header, claim })),
  wordLists: [...new Set([...wordLists, ...(rule.spaceDelimitedClaims ?? [])])].sort(),
});

export const requestPolicyOf = ({ metadata, spec }: Resource<RequestAuthenticationSpec>, fetched: FetchedKeys): RequestPolicy => {
  const selector = spec.selector?.matchLabels;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    ...(selector && Object.keys(selector).length > 0 && { selector }),
    ...attachedTo(spec),
    rules: (spec.jwtRules ?? []).map((rule) => ruleOf(rule, fetched)),
  };
};

const byIssuer = (a: TokenRule, b: TokenRule): number => (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0);

/** All that speak of one workload together, nothing overriding [S113]. */
export const mergedRules = (policies: readonly RequestPolicy[]): readonly TokenRule[] =>
  policies.flatMap(({ rules }) => rules).sort(byIssuer);
