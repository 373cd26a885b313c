/**
 * What a policy forbids it forbids in every spelling that servers take for the same [G20]: a host with a port (Istio's `hosts` are exact),
 * and a path with parameters behind it, which some servers leave out.
 */
import type { AuthorizationPolicy, AuthorizationRule, Conditions, PathTemplate, Test, TextMatch } from '../mesh/index.ts';

const withPorts = (value: TextMatch): readonly TextMatch[] =>
  value.kind === 'exact' && !value.value.includes(':') ? [value, { kind: 'prefix', value: `${value.value}:` }] : [value];

const withParameters = (value: TextMatch | PathTemplate): readonly (TextMatch | PathTemplate)[] =>
  value.kind === 'exact' ? [value, { kind: 'prefix', value: `${value.value};` }] : [value];

const widened = (test: Test): Test => {
  switch (test.kind) {
    case 'host':
      return { ...test, values: test.values.flatMap(withPorts) };
    case 'path':
      return { ...test, values: test.values.flatMap(withParameters) };
    default:
      return test;
  }
};

const everySpelling = (conditions: Conditions): Conditions =>
  conditions.map((condition) => (condition.negated ? condition : { ...condition, test: widened(condition.test) }));

const ruleOf = ({ from, to, when }: AuthorizationRule): AuthorizationRule => ({
  from,
  to: to.map(everySpelling),
  when: everySpelling(when),
});

/** Only what refuses: a policy that allows means what it says. */
export const inEverySpelling = (policy: AuthorizationPolicy): AuthorizationPolicy =>
  policy.action === 'DENY' ? { ...policy, rules: policy.rules.map(ruleOf) } : policy;
