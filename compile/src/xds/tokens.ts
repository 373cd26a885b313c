/** Envoy's filter that verifies tokens: a valid one of any issuer, or none at all, lets the request go on [S113, S116]. */
import type { Init } from '@weft/envoy';
import {
  JwtAuthenticationSchema,
  type JwtProviderSchema,
  type JwtRequirementSchema,
} from '@weft/envoy/gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js';
import { claimsFilter, claimsKey, type TokenRule } from '../mesh/index.ts';
import { type Extension, extension } from './extensions.ts';
import { everything } from './match.ts';
import { remember } from './remember.ts';

type Provider = Init<typeof JwtProviderSchema>;
type Requirement = Init<typeof JwtRequirementSchema>;

const provider = (rule: TokenRule, clearRouteCache: boolean): Provider => ({
  issuer: rule.issuer,
  audiences: [...rule.audiences],
  forward: rule.forward,
  fromHeaders: rule.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
  fromParams: [...rule.fromParams],
  fromCookies: [...rule.fromCookies],
  ...(rule.payloadHeader && { forwardPayloadHeader: rule.payloadHeader }),
  claimToHeaders: rule.claimHeaders.map(({ header, claim }) => ({ headerName: header, claimName: claim })),
  payloadInMetadata: claimsKey,
  normalizePayloadInMetadata: { spaceDelimitedClaims: [...rule.wordLists] },
  jwksSourceSpecifier: { case: 'localJwks', value: { specifier: { case: 'inlineString', value: rule.keys } } },
  clearRouteCache,
});

const named = (providerName: string): Requirement => ({ requiresType: { case: 'providerName', value: providerName } });
const missing: Requirement = { requiresType: { case: 'allowMissing', value: {} } };
const anyOf = (requirements: readonly Requirement[]): Requirement => ({
  requiresType: { case: 'requiresAny', value: { requirements: [...requirements] } },
});
const allOf = (requirements: readonly Requirement[]): Requirement => ({
  requiresType: { case: 'requiresAll', value: { requirements: [...requirements] } },
});

/**
 * "Any valid, or missing": a token that one issuer's place holds and nobody accepts is refused, also where another place holds
 * nothing (Istio's `convertToEnvoyJwtConfig`).
 */
const requirement = (names: readonly string[]): Requirement => {
  const validOrMissing = names.map((name) => anyOf([named(name), missing]));
  const [only, ...others] = validOrMissing;
  return only && others.length === 0 ? only : anyOf([...names.map(named), allOf(validOrMissing)]);
};

export interface TokenOptions {
  /** Routes look at claims, so that they are chosen again once these are known [S46]. */
  readonly routesByClaims: boolean;
}

const nothing: readonly Extension[] = [];

const verifying = (options: TokenOptions): ((rules: readonly TokenRule[]) => readonly Extension[]) =>
  remember((rules) => {
    const providers = Object.fromEntries(rules.map((rule, index) => [`origins-${index}`, provider(rule, options.routesByClaims)]));
    const requirementType = { case: 'requires' as const, value: requirement(Object.keys(providers)) };
    return [
      extension(claimsFilter, JwtAuthenticationSchema, {
        providers,
        rules: [{ match: everything, requirementType }],
        bypassCorsPreflight: true,
      }),
    ];
  });

const filtersOf = (options: TokenOptions) => {
  const verified = verifying(options);
  return (rules: readonly TokenRule[] | undefined): readonly Extension[] => (rules?.length ? verified(rules) : nothing);
};

/** None where no tokens are spoken of. */
export const tokenFilters = { gateway: filtersOf({ routesByClaims: true }), sidecar: filtersOf({ routesByClaims: false }) };
