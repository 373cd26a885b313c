/** What policies said, from what Envoy's filters leave behind. */
import type { Refuser, RuleRef, Verdict } from './record.ts';

/** As Istio names rules [S112]. */
export const readRule = (text: string): RuleRef | undefined => {
  const [, namespace, name, rule] = /^ns\[([^\]]+)\]-policy\[([^\]]+)\]-rule\[(\d+)\]/.exec(text) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name, rule: Number(rule) };
};

const ruleOf = (text: string): { rule?: RuleRef } => {
  const rule = readRule(text);
  return rule ? { rule } : {};
};

const refusals: readonly (readonly [reason: RegExp, by: Refuser])[] = [
  [/^rbac_access_denied_matched_policy\[(.*)\]$/, 'policy'],
  [/^ext_authz/, 'authorizer'],
  [/^jwt_authn_access_denied/, 'token'],
  [/^filter_chain_not_found/, 'listener'],
  [/^TLS_error:/, 'handshake'],
];

/** Refused by no policy, but since servers read such a request in different ways [G20]. */
export const isAmbiguous = (verdict: Verdict): boolean =>
  verdict.kind === 'denied' && verdict.reason === 'rbac_access_denied_matched_policy[ambiguous]';

/** Of a connection that is not HTTP: names of rules with a blank before each, or why nothing could be known. */
export const connectionVerdict = (refused: string, passed: boolean): Verdict | undefined =>
  refused === '' || passed ? undefined : { kind: 'denied', by: 'policy', reason: refused.trim(), ...ruleOf(refused.trim()) };

/** @param rule that the last of the filters that decide found, if any */
export const verdictOf = (details: string, rule: string): Verdict => {
  for (const [reason, by] of refusals) {
    const [whole, policy = ''] = reason.exec(details) ?? [];
    if (whole !== undefined) return { kind: 'denied', by, reason: details, ...ruleOf(policy) };
  }
  return { kind: 'allowed', ...ruleOf(rule) };
};
