/** Filters that decide about requests where they come in, in their order, and what each of them is told. */
import { decidingPlace } from '@weft/envoy';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { type AuthorizationPolicy, type AuthorizationSlice, undecidable, type View } from '../mesh/index.ts';
import { trialResources } from './connection-trials.ts';
import { askingChain, askingPlace, refusingUnasked } from './ext-authz.ts';
import { chainAt, discovered, discoveredLate, type Extension, extension } from './extensions.ts';
import type { HttpFilter } from './filters.ts';
import { namedRules, rbac } from './rbac.ts';
import { type Part, remember, rememberPair } from './remember.ts';
import { stateFilters } from './request-states.ts';
import { tokenFilters } from './tokens.ts';

/**
 * One place for all that decide by themselves: were DENY and ALLOW resources of their own, a request between the change of one and of
 * the other would be judged by half of the old and half of the new.
 */
const places = remember((authorizers: AuthorizationSlice['authorizers']): readonly HttpFilter[] => {
  // Authorizers are asked before anything is known of the caller [S101], and requests wait for each.
  const [first = decidingPlace, ...later] = [...authorizers.map(askingPlace), decidingPlace];
  return [discovered(first), ...later.map(discoveredLate)];
});

/** What stands before every way in, without policies too, so that the first one changes no listener. */
export const httpGuards = ({ authorizers }: AuthorizationSlice): readonly HttpFilter[] => places(authorizers);

interface Split {
  readonly enforced: readonly AuthorizationPolicy[];
  readonly tried: readonly AuthorizationPolicy[];
}

const split = (policies: readonly AuthorizationPolicy[]): Split => ({
  enforced: policies.filter(({ dryRun }) => !dryRun),
  tried: policies.filter(({ dryRun }) => dryRun),
});

/** Policies that are only tried have their verdict told and decide nothing: a lone one leaves everything served [S111]. */
const shadow = (action: RBAC_Action, tried: readonly AuthorizationPolicy[], shadowRulesStatPrefix: string) =>
  tried.length === 0 ? {} : { shadowRules: rbac(action, namedRules(tried)), shadowRulesStatPrefix };

const denying = ({ deny: policies, undecided }: AuthorizationSlice) => {
  const { enforced, tried } = split(policies);
  const rules = { ...namedRules(enforced), ...namedRules(undecided, { after: undecidable }) };
  return {
    ...(Object.keys(rules).length > 0 && { rules: rbac(RBAC_Action.DENY, rules) }),
    ...shadow(RBAC_Action.DENY, tried, 'istio_dry_run_deny_'),
  };
};

const allowing = ({ allow: policies }: AuthorizationSlice) => {
  const { enforced, tried } = split(policies);
  return {
    ...(enforced.length > 0 && { rules: rbac(RBAC_Action.ALLOW, namedRules(enforced)) }),
    ...shadow(RBAC_Action.ALLOW, tried, 'istio_dry_run_allow_'),
  };
};

/** Envoy's own action for it (LOG) counts nothing and is told nobody: what is audited is what shadow rules would let pass. */
const auditing = ({ audit: policies }: AuthorizationSlice) => shadow(RBAC_Action.ALLOW, split(policies).enforced, 'istio_audit_');

/** A filter that has nothing to say is left out. */
const told = (name: string, init: Parameters<typeof extension<typeof RBACSchema>>[2]): Extension[] =>
  Object.keys(init).length === 0 ? [] : [extension(name, RBACSchema, init)];

const chainOf = (slice: AuthorizationSlice, tokens: readonly Extension[]): Part => [
  ...slice.authorizers.map((authorizer) => askingChain(authorizer, slice)),
  chainAt(decidingPlace, [
    ...refusingUnasked(slice),
    ...tokens, // whose request it is [S113]
    ...stateFilters('authorization.headers', [...slice.audit, ...slice.deny, ...slice.undecided, ...slice.allow]), // tokens' claims among them
    ...told('authorization.audit', auditing(slice)),
    ...told('authorization.deny', denying(slice)), // what is denied is not allowed by anybody [S102]
    ...told('authorization.allow', allowing(slice)),
  ]),
  ...trialResources(slice),
];

const chains = rememberPair(chainOf);

/** What a proxy's guards are told. */
export const guardResources = ({ role, authorization, inbound, gateway }: View): Part =>
  chains(authorization, role === 'gateway' ? tokenFilters.gateway(gateway.tokens) : tokenFilters.sidecar(inbound.tokens));
