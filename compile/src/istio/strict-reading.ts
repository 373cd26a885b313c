/**
 * How policies are read unless the mesh is to be like Istio [G20]. What they keep out they keep out in every spelling that servers take for
 * the same: a host with a port (Istio's `hosts` are exact), and a path with parameters, which some servers leave out. And to be allowed
 * for who it is not, a caller has to show who it is.
 */
import type { AuthorizationPolicy, AuthorizationRule, Condition, Conditions, PathTemplate, Test, TextMatch } from '../mesh/index.ts';

const withPorts = (value: TextMatch): readonly TextMatch[] => {
  if (value.kind === 'suffix') return [value, { kind: 'contains', value: `${value.value}:` }];
  return value.kind === 'exact' && !value.value.includes(':') ? [value, { kind: 'prefix', value: `${value.value}:` }] : [value];
};

const withParameters = (value: TextMatch | PathTemplate): readonly (TextMatch | PathTemplate)[] => {
  switch (value.kind) {
    case 'exact':
      return [value, { kind: 'prefix', value: `${value.value};` }];
    case 'prefix':
      return /[^/]\/$/.test(value.value) ? [value, { kind: 'prefix', value: `${value.value.slice(0, -1)};` }] : [value];
    case 'suffix':
      return [value, { kind: 'contains', value: `${value.value};` }];
    default:
      return [value];
  }
};

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

/** Of a rule that allows, what it excepts; of all others, what they name: who is asked by CUSTOM rules is not passed by either. */
const inEverySpelling = (condition: Condition, { action }: AuthorizationPolicy): Condition =>
  condition.negated === (action === 'ALLOW') ? { ...condition, test: widened(condition.test) } : condition;

const identities: ReadonlySet<Test['kind']> = new Set(['principal', 'namespace', 'service-account', 'trust-domain']);

const isSomebody = (path: string): Condition => ({ path, negated: false, test: { kind: 'principal', values: [{ kind: 'present' }] } });

/** Istio lets those in who come without a certificate: they are nobody, so not who is excepted either [S108]. */
const ofSomebody = (conditions: Conditions): Conditions => {
  const asked = conditions.filter(({ test }) => identities.has(test.kind));
  const [excepted] = asked;
  return excepted && asked.every(({ negated }) => negated) ? [isSomebody(excepted.path), ...conditions] : conditions;
};

const ruleOf = ({ from, to, when }: AuthorizationRule, policy: AuthorizationPolicy): AuthorizationRule => {
  const caller = (conditions: Conditions): Conditions => (policy.action === 'ALLOW' ? ofSomebody(conditions) : conditions);
  return {
    from: from.map(caller),
    to: to.map((conditions) => conditions.map((condition) => inEverySpelling(condition, policy))),
    when: caller(when),
  };
};

export const strictlyRead = (policy: AuthorizationPolicy): AuthorizationPolicy => ({
  ...policy,
  rules: policy.rules.map((rule) => ruleOf(rule, policy)),
});
