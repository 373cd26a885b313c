/** Filters that decide about requests where they come in, in their order, and what each of them is told. */
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import type { AuthorizationPolicy, AuthorizationSlice, View } from '../mesh/index.ts';
import { askingFilters, askingResources } from './ext-authz.ts';
import { discovered, extension, slot } from './extensions.ts';
import type { HttpFilter } from './filters.ts';
import { namedRules, rbac } from './rbac.ts';
import { type Part, remember } from './remember.ts';
import { tokenResources, tokens } from './tokens.ts';

const audit = slot('authorization.http.audit', RBACSchema);
const deny = slot('authorization.http.deny', RBACSchema);
const allow = slot('authorization.http.allow', RBACSchema);

const filters = remember((authorizers: AuthorizationSlice['authorizers']): readonly HttpFilter[] => [
  ...authorizers.flatMap(askingFilters), // before anything is known of the caller [S101]
  discovered(tokens), // whose request it is [S113]
  discovered(audit),
  discovered(deny), // what is denied is not allowed by anybody [S102]
  discovered(allow),
]);

/** All of them are always there, so that the first policy of a kind changes no listener; without policies they do nothing. */
export const httpGuards = ({ authorizers }: AuthorizationSlice): readonly HttpFilter[] => filters(authorizers);

/** Behind the name of a rule that is refused because nobody can be asked; Istio's. */
const undecidable = '-deny-due-to-bad-CUSTOM-action';

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

const auditing = ({ audit: policies }: AuthorizationSlice) => {
  const { enforced } = split(policies);
  return enforced.length === 0 ? {} : { rules: rbac(RBAC_Action.LOG, namedRules(enforced)) };
};

const authorizationResources: (slice: AuthorizationSlice) => Part = remember((slice) => [
  ...slice.custom.flatMap(askingResources),
  extension(audit, auditing(slice)),
  extension(deny, denying(slice)),
  extension(allow, allowing(slice)),
]);

/** What a proxy's guards are told. */
export const guardResources = ({ role, authorization, inbound, gateway }: View): readonly Part[] => [
  authorizationResources(authorization),
  tokenResources(role === 'gateway' ? gateway.tokens : inbound.tokens, { routesByClaims: role === 'gateway' }),
];
